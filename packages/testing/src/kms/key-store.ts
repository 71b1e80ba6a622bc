import type { Environment } from '../endpoint/endpoint.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import type { KmsKeySpec } from './key-spec.ts'
import { notFound } from './kms-errors.ts'
import { type BackingKey, type KeyKind, KmsKey } from './kms-key.ts'

/** An alias and the key it names. */
export interface Alias {
  readonly name: string
  readonly arn: string
  readonly key: KmsKey
  readonly createdAt: number
  readonly updatedAt: number
}

const KEY_ID = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/

/** The keys and aliases of one account and region. */
export class KeyStore {
  readonly #environment: Environment
  readonly #keys = new Map<string, KmsKey>()
  readonly #aliases = new Map<string, Alias>()

  constructor(environment: Environment) {
    this.#environment = environment
  }

  get keys(): readonly KmsKey[] {
    this.#sweep()
    return [...this.#keys.values()]
  }

  get aliases(): readonly Alias[] {
    this.#sweep()
    return [...this.#aliases.values()]
  }

  create(description: string, kind: KeyKind = 'single-Region', spec?: KmsKeySpec): KmsKey {
    const key = new KmsKey(this.#environment, description, kind, spec)
    this.#keys.set(key.id, key)
    return key
  }

  /** Finds a key by id, key ARN, alias name or alias ARN. Throws NotFoundException. */
  resolve(name: string): KmsKey {
    const local = this.#localName(name)
    return local.startsWith('alias/') ? this.requireAlias(local).key : this.#requireKey(local, name)
  }

  /** Finds a key by id or key ARN: management operations take no alias. */
  resolveKeyOnly(name: string): KmsKey {
    const local = this.#localName(name)
    if (local.startsWith('alias/')) throw notFound(`Invalid keyId ${JSON.stringify(name)}`)
    return this.#requireKey(local, name)
  }

  find(name: string): KmsKey | undefined {
    try {
      return this.resolve(name)
    } catch (error) {
      if (error instanceof ServiceError) return undefined
      throw error
    }
  }

  findByBackingKey(id: Uint8Array): { key: KmsKey; backingKey: BackingKey } | undefined {
    for (const key of this.keys) {
      const backingKey = key.backingKeys.find((each) => Buffer.compare(each.id, id) === 0)
      if (backingKey !== undefined) return { key, backingKey }
    }
    return undefined
  }

  alias(name: string): Alias | undefined {
    this.#sweep()
    return this.#aliases.get(name)
  }

  requireAlias(name: string): Alias {
    const alias = this.alias(name)
    if (alias === undefined) throw notFound(`Alias ${this.aliasArn(name)} is not found.`)
    return alias
  }

  setAlias(name: string, key: KmsKey): void {
    const now = this.#environment.clock()
    const createdAt = this.#aliases.get(name)?.createdAt ?? now
    this.#aliases.set(name, { name, arn: this.aliasArn(name), key, createdAt, updatedAt: now })
  }

  deleteAlias(name: string): void {
    this.requireAlias(name)
    this.#aliases.delete(name)
  }

  aliasArn(name: string): string {
    return `arn:aws:kms:${this.#environment.region}:${this.#environment.accountId}:${name}`
  }

  #requireKey(id: string, asked: string): KmsKey {
    if (!KEY_ID.test(id)) throw notFound(`Invalid keyId ${JSON.stringify(asked)}`)
    this.#sweep()
    const key = this.#keys.get(id)
    if (key === undefined) {
      throw notFound(`Key 'arn:aws:kms:${this.#environment.region}:${this.#environment.accountId}:key/${id}' does not exist`)
    }
    return key
  }

  /** `key id` or `alias/name` of an ARN of this account and region; a name that is no ARN as it is. */
  #localName(name: string): string {
    if (!name.startsWith('arn:')) return name
    const [, , service, region, account, resource = ''] = name.split(':')
    if (service !== 'kms' || !/^(key|alias)\/./.test(resource)) throw notFound(`Invalid arn ${name}`)
    if (region !== this.#environment.region) throw notFound(`Invalid arn ${region}`)
    if (account !== this.#environment.accountId) throw notFound(`Key '${name}' does not exist`)
    return resource.startsWith('key/') ? resource.slice('key/'.length) : resource
  }

  // A key whose waiting period is over goes with its aliases.
  #sweep(): void {
    for (const [id, key] of this.#keys) if (key.deleted) this.#keys.delete(id)
    for (const [name, { key }] of this.#aliases) if (key.deleted) this.#aliases.delete(name)
  }
}
