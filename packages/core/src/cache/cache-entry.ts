import type { EncryptedDataKey } from '../keyring.ts'
import type { SecretBytes } from '../secret-bytes.ts'
import type { DestroyedKey } from './destroyed-keys.ts'
import { SharedCall } from './shared-call.ts'

/** Bounds of one data key's use. */
export interface UseLimits {
  readonly maxAgeMs: number
  readonly maxMessages: number
  readonly maxBytes: number
}

/** Destroyed keys that an entry remembers while its call is under way; with more, it goes unasked. */
const MAX_DESTROYED = 64

/** What is cached. Materials to encrypt with name their encrypted data keys; those of materials to decrypt with are in the request. */
export interface Cached {
  readonly dataKey: SecretBytes
  readonly edks?: readonly EncryptedDataKey[]
}

/**
 * One cached answer of a materials manager. It holds a handle of its own on the data key; every user gets another. The key is overwritten when
 * the entry was evicted and its last user is done.
 */
export class CacheEntry<T extends Cached> {
  readonly #limits: UseLimits
  readonly #now: () => number
  readonly #call: SharedCall<T>
  /** Which keys the data key is wrapped under, once that is known. Copies: the originals may be views of a whole message. */
  #wrappedUnder: readonly DestroyedKey[] | undefined
  /** Keys that were destroyed before that. */
  readonly #destroyed: DestroyedKey[] = []
  #value: T | undefined
  #readyAt = 0
  #users = 0
  #messages = 0
  #bytes = 0
  #evicted = false

  constructor(
    limits: UseLimits,
    now: () => number,
    start: (signal: AbortSignal) => Promise<T>,
    onReady: () => void,
    onFailure: () => void,
    edks?: readonly EncryptedDataKey[],
  ) {
    this.#limits = limits
    this.#now = now
    if (edks !== undefined) this.#wrappedUnder = edks.map(keyOf)
    this.#call = new SharedCall(start)
    this.#call.result.then((value) => {
      this.#value = value
      this.#readyAt = now()
      this.#wrappedUnder ??= (value.edks ?? []).map(keyOf)
      this.#wipeIfUnused()
      // Whoever waited gets what was asked for before the key was destroyed; nobody else does.
      if (this.#destroyed.some((key) => this.endsWith(key))) onFailure()
      else onReady()
    }, onFailure)
  }

  /** Whether the data key is wrapped under a key that was destroyed. Where that is not known yet, the entry goes as soon as it is. */
  endsWith(key: DestroyedKey): boolean {
    if (this.#wrappedUnder === undefined) return this.#destroyed.push(key) > MAX_DESTROYED
    return this.#wrappedUnder.some(
      ({ providerId, providerInfo }) => providerId === key.providerId && Buffer.compare(providerInfo, key.providerInfo) === 0,
    )
  }

  /** The instant, on the given clock, from which the entry must not be used; infinite while the call is under way. */
  get expiresAt(): number {
    return this.#value === undefined ? Number.POSITIVE_INFINITY : this.#readyAt + this.#limits.maxAgeMs
  }

  /** Whether the entry must not be used any more, at most `maxAgeMs` after it came. */
  expired(maxAgeMs: number = this.#limits.maxAgeMs): boolean {
    if (this.#value === undefined) return false
    const age = this.#now() - this.#readyAt
    // A clock that went backwards cannot tell the age: the entry counts as expired.
    return age < 0 || age >= maxAgeMs
  }

  /**
   * Books one message of `bytes` against the limits; false where the entry cannot serve it any more. Managers that share entries may differ in
   * their limits: the stricter count.
   */
  reserve(bytes: number, asked: UseLimits = this.#limits): boolean {
    const { maxAgeMs, maxMessages, maxBytes } = this.#limits
    if (this.#evicted || this.#messages + 1 > Math.min(maxMessages, asked.maxMessages)) return false
    if (this.#bytes + bytes > Math.min(maxBytes, asked.maxBytes) || this.expired(Math.min(maxAgeMs, asked.maxAgeMs))) return false
    if (this.#value === undefined && this.#call.abandoned) return false
    this.#messages += 1
    this.#bytes += bytes
    return true
  }

  /** The materials with a handle of the receiver's own: at once where they are there, else when they come. */
  lease(signal: AbortSignal | undefined): T | Promise<T> {
    return this.#value === undefined ? this.#leaseLater(signal) : withOwnHandle(this.#value)
  }

  /** Whether `lease` answers without waiting. */
  get ready(): boolean {
    return this.#value !== undefined
  }

  /** Takes the entry out of use. */
  evict(): void {
    this.#evicted = true
    this.#wipeIfUnused()
  }

  async #leaseLater(signal: AbortSignal | undefined): Promise<T> {
    // Counted until the handle is made, not just until the call ends: an eviction in between must not wipe the key.
    this.#users += 1
    try {
      return withOwnHandle(await this.#call.wait(signal))
    } finally {
      this.#users -= 1
      this.#wipeIfUnused()
    }
  }

  #wipeIfUnused(): void {
    if (this.#evicted && this.#users === 0) this.#value?.dataKey.dispose()
  }
}

function withOwnHandle<T extends Cached>(value: T): T {
  return { ...value, dataKey: value.dataKey.share() }
}

function keyOf({ providerId, providerInfo }: EncryptedDataKey): DestroyedKey {
  return { providerId, providerInfo: Uint8Array.from(providerInfo) }
}
