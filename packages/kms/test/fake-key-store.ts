import { createHash, createHmac } from 'node:crypto'
import { type CallOptions, SecretBytes, StrongroomError } from '@strongroom/core'
import { abortable } from '@strongroom/core/keyring-tools'
import type { BeaconKey, BranchKey, BranchKeyStore } from '../src/branch-keys/branch-key-store.ts'
import { BranchKeyError } from '../src/branch-keys/errors.ts'
import type { CreatingKeyStore } from '../src/tenants/tenant-branch-keys.ts'

/** A key store in memory that makes keys, rotates, shreds, fails and waits as it is told, and remembers what it was asked. */
export class FakeKeyStore implements BranchKeyStore {
  /** What it was asked, as `active blue`, `version blue 2`, `beacon blue`. */
  readonly calls: string[] = []
  /** Every secret that it gave out. */
  readonly secrets: SecretBytes[] = []
  /** Branch keys, with the number of their versions. */
  readonly #versions = new Map<string, number>()
  readonly #shredded = new Set<string>()
  #failure: Error | undefined
  #gate: Promise<void> | undefined

  constructor(...branchKeyIds: string[]) {
    for (const id of branchKeyIds) this.#versions.set(id, 1)
  }

  /** The nth version of a branch key as a UUID. */
  static version(branchKeyId: string, nth: number): string {
    const hex = createHash('sha256').update(`${nth} ${branchKeyId}`).digest('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  }

  rotate(branchKeyId: string): void {
    this.#versions.set(branchKeyId, this.#countOf(branchKeyId) + 1)
  }

  shred(branchKeyId: string): void {
    this.#shredded.add(branchKeyId)
  }

  /** Fails every call with this from now on; undefined ends it. */
  fail(error: Error | undefined): void {
    this.#failure = error
  }

  /** Keeps every call waiting, with the answer that it had when it came, until the function that is answered is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#gate = promise
    return () => {
      this.#gate = undefined
      resolve()
    }
  }

  createKey(options: Parameters<CreatingKeyStore['createKey']>[0]): Promise<void> {
    const { branchKeyId, encryptionContext } = options
    return this.#answer(`create ${branchKeyId} ${JSON.stringify(encryptionContext)}`, options, () => {
      if (this.#versions.has(branchKeyId)) throw new StrongroomError('BRANCH_KEY_EXISTS', `${branchKeyId} is there already`)
      this.#versions.set(branchKeyId, 1)
    })
  }

  getActive(branchKeyId: string, options?: CallOptions): Promise<BranchKey> {
    return this.#answer(`active ${branchKeyId}`, options, () => this.#key(branchKeyId, this.#countOf(branchKeyId)))
  }

  getVersion(branchKeyId: string, version: string, options?: CallOptions): Promise<BranchKey> {
    const nths = Array.from({ length: this.#versions.get(branchKeyId) ?? 0 }, (_, index) => index + 1)
    const nth = nths.find((each) => FakeKeyStore.version(branchKeyId, each) === version)
    return this.#answer(`version ${branchKeyId} ${nth ?? 'of a forger'}`, options, () => {
      this.#countOf(branchKeyId)
      if (nth === undefined) throw notFound(branchKeyId)
      return this.#key(branchKeyId, nth)
    })
  }

  getBeaconKey(branchKeyId: string, options?: CallOptions): Promise<BeaconKey> {
    return this.#answer(`beacon ${branchKeyId}`, options, () => {
      this.#countOf(branchKeyId)
      return { branchKeyId, secret: this.#secret(`beacon ${branchKeyId}`) }
    })
  }

  #countOf(branchKeyId: string): number {
    if (this.#shredded.has(branchKeyId)) throw new StrongroomError('KEY_SHREDDED', `${branchKeyId} was shredded`)
    const count = this.#versions.get(branchKeyId)
    if (count === undefined) throw notFound(branchKeyId)
    return count
  }

  #key(branchKeyId: string, nth: number): BranchKey {
    const version = FakeKeyStore.version(branchKeyId, nth)
    return { branchKeyId, version, secret: this.#secret(version) }
  }

  #secret(label: string): SecretBytes {
    const secret = SecretBytes.take(createHmac('sha256', 'a key for tests').update(label).digest())
    this.secrets.push(secret)
    return secret
  }

  async #answer<T>(call: string, options: CallOptions | undefined, make: () => T): Promise<T> {
    this.calls.push(call)
    let answer: { readonly value: T } | { readonly error: unknown }
    try {
      if (this.#failure !== undefined) throw this.#failure
      answer = { value: make() }
    } catch (error) {
      answer = { error }
    }
    if (this.#gate !== undefined) await abortable(this.#gate, options?.signal)
    if ('error' in answer) throw answer.error
    return answer.value
  }
}

function notFound(branchKeyId: string): BranchKeyError {
  return new BranchKeyError('BRANCH_KEY_NOT_FOUND', `no such key ${branchKeyId}`, { branchKeyId })
}
