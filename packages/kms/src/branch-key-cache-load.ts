import { type CallOptions, type Observer, SecretBytes, StrongroomError } from '@strongroom/core'
import { SharedCall } from '@strongroom/core/keyring-tools'

/** What a key store answers: a version of a branch key, or its beacon key. */
export interface FetchedKey {
  readonly branchKeyId: string
  /** Of a branch key. */
  readonly version?: string
  readonly secret: SecretBytes
}

/** What is asked for. */
export interface KeyQuestion {
  readonly slot: string
  readonly branchKeyId: string
  /** The version that has to come, where one is asked for. */
  readonly version?: string
  ask(call: CallOptions): Promise<FetchedKey>
}

/** One call of a key store that several wait for. The key that comes is wiped when each of them has a handle of its own. */
export class BranchKeyLoad {
  readonly branchKeyId: string
  readonly #call: SharedCall<FetchedKey>
  #key: FetchedKey | undefined
  #users = 0
  #forgotten = false

  /** `onKey` is given the key unless the load was forgotten; the handle is not its to keep. */
  constructor(
    question: KeyQuestion,
    observer: Observer | undefined,
    onKey: (key: FetchedKey) => void,
    onFailure: (error: unknown) => void,
  ) {
    this.branchKeyId = question.branchKeyId
    this.#call = new SharedCall(async (signal) => checked(question, await question.ask({ signal, observer })))
    this.#call.result.then((key) => {
      this.#key = key
      if (!this.#forgotten) onKey(key)
      this.#wipeIfUnused()
    }, onFailure)
  }

  /** Whether somebody new may wait for it. */
  get joinable(): boolean {
    return !this.#call.abandoned
  }

  /** What it brings is not to be kept. */
  forget(): void {
    this.#forgotten = true
  }

  /** The key with a handle of the receiver's own. */
  async lease(signal: AbortSignal | undefined): Promise<FetchedKey> {
    this.#users += 1
    try {
      const key = await this.#call.wait(signal)
      return { ...key, secret: key.secret.share() }
    } finally {
      this.#users -= 1
      this.#wipeIfUnused()
    }
  }

  #wipeIfUnused(): void {
    if (this.#users === 0) this.#key?.secret.dispose()
  }
}

/** Kept under what was asked for, so it has to be that. */
function checked({ branchKeyId, version }: KeyQuestion, key: FetchedKey): FetchedKey {
  const right = key?.branchKeyId === branchKeyId && (version === undefined || key.version === version)
  if (right && SecretBytes.is(key.secret)) return key
  if (SecretBytes.is(key?.secret)) key.secret.dispose()
  throw new StrongroomError(
    'MATERIALS_INVALID',
    'A branch key store answered another key than was asked for. That is a defect of the store.',
  )
}
