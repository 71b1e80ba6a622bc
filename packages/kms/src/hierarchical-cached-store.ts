import { type CallOptions, type ObserverEvent, observe, StrongroomError } from '@strongroom/core'
import { hasMethods } from '@strongroom/core/options'
import { type BranchKeyCaching, validateCaching } from './branch-key-cache.ts'
import { BranchKeyEntries, type HeldKey } from './branch-key-cache-entries.ts'
import { BranchKeyLoad, type FetchedKey, type KeyQuestion } from './branch-key-cache-load.ts'
import type { BeaconKey, BranchKey, BranchKeyStore } from './branch-keys/branch-key-store.ts'
import { announceShredded } from './shredded-keys.ts'

/** Share of the ttl after which a key in use is fetched anew. */
const REFRESH_AFTER = 0.8
/** How often a key that is in use is fetched anew while that fails. */
const RETRY_MS = 1000
/** Calls at a time that bring keys up to date: keys that came together expire together. */
const MAX_BACKGROUND_LOADS = 32
/** How long a key store's word that it has no such key is believed, for reads: names come out of messages that may be forged. */
const NOT_FOUND_MS = 1000

let scopes = 0
const scopeOf = new WeakMap<object, number>()

/**
 * A key store whose keys are kept for a while: what `hierarchicalKeyring` makes of its option `cache`, for others that use branch keys.
 *
 * @throws `OPTION_INVALID`; from its methods what the key store throws
 * @example
 * ```ts
 * const kept = cachedKeyStore(keyStore, { ttlMs: 300_000 })
 * ```
 */
export function cachedKeyStore(keyStore: BranchKeyStore, caching: BranchKeyCaching): BranchKeyStore {
  const wrong = hasMethods('getActive', 'getVersion', 'getBeaconKey')(keyStore)
  if (wrong !== undefined) throw new StrongroomError('OPTION_INVALID', `cachedKeyStore: keyStore must ${wrong}.`, { option: 'keyStore' })
  validateCaching('cachedKeyStore', caching, '')
  return new CachedKeyStore(keyStore, caching)
}

/** See {@link cachedKeyStore}, which validates. */
export class CachedKeyStore implements BranchKeyStore {
  readonly #keyStore: BranchKeyStore
  readonly #entries: BranchKeyEntries
  readonly #scope: string
  readonly #ttlMs: number
  readonly #graceMs: number
  readonly #refreshMs: number

  /** `caching` was validated. */
  constructor(keyStore: BranchKeyStore, { ttlMs, graceMs = 0, refreshAhead = true, maxEntries, store, partition }: BranchKeyCaching) {
    this.#keyStore = keyStore
    this.#entries = (store as BranchKeyEntries | undefined) ?? new BranchKeyEntries(maxEntries)
    this.#scope = partition === undefined ? `${identityOf(this)}/` : `${JSON.stringify([partition, nameOf(keyStore)])}/`
    this.#ttlMs = ttlMs
    this.#graceMs = graceMs
    this.#refreshMs = refreshAhead ? ttlMs * REFRESH_AFTER : ttlMs
  }

  async getActive(branchKeyId: string, options: CallOptions = {}): Promise<BranchKey> {
    const slot = this.#activeSlot(branchKeyId)
    const held = this.#entries.get(slot)
    return this.#isFresh(held)
      ? this.#hit(held, options, () => this.#active(branchKeyId))
      : ((await this.#fetch(this.#active(branchKeyId), held, options, false)) as BranchKey)
  }

  async getVersion(branchKeyId: string, version: string, options: CallOptions = {}): Promise<BranchKey> {
    const wanted = version.toLowerCase()
    const active = this.#entries.get(this.#activeSlot(branchKeyId))
    const written = active?.version === wanted ? active : undefined
    // What is written with is read, too, without another call.
    if (this.#isFresh(written)) return this.#hit(written, options, () => this.#active(branchKeyId))
    const question = this.#version(branchKeyId, wanted)
    const held = later(this.#entries.get(question.slot), written)
    return this.#isFresh(held)
      ? this.#hit(held, options, () => question)
      : ((await this.#fetch(question, held, options, true)) as BranchKey)
  }

  async getBeaconKey(branchKeyId: string, options: CallOptions = {}): Promise<BeaconKey> {
    const question = this.#beacon(branchKeyId)
    const held = this.#entries.get(question.slot)
    const { secret } = this.#isFresh(held) ? this.#hit(held, options, () => question) : await this.#fetch(question, held, options, true)
    return { branchKeyId, secret }
  }

  #activeSlot(branchKeyId: string): string {
    return `${this.#scope}A${branchKeyId}`
  }

  #active(branchKeyId: string): KeyQuestion {
    return { slot: this.#activeSlot(branchKeyId), branchKeyId, ask: (call) => this.#keyStore.getActive(branchKeyId, call) }
  }

  #version(branchKeyId: string, version: string): KeyQuestion {
    return {
      slot: versionSlot(this.#scope, branchKeyId, version),
      branchKeyId,
      version,
      ask: (call) => this.#keyStore.getVersion(branchKeyId, version, call),
    }
  }

  #beacon(branchKeyId: string): KeyQuestion {
    return { slot: `${this.#scope}B${branchKeyId}`, branchKeyId, ask: (call) => this.#keyStore.getBeaconKey(branchKeyId, call) }
  }

  #isFresh(held: HeldKey | undefined): held is HeldKey {
    return held !== undefined && this.#isYounger(held, this.#ttlMs)
  }

  /** A clock that went backwards cannot tell the age: the key counts as expired. */
  #isYounger({ askedAt }: HeldKey, ms: number): boolean {
    const age = this.#entries.now() - askedAt
    return age >= 0 && age < ms
  }

  #hit(held: HeldKey, { signal, observer }: CallOptions, question: () => KeyQuestion): BranchKey {
    signal?.throwIfAborted()
    if (!this.#isYounger(held, this.#refreshMs)) this.#refresh(question(), held, observer)
    observe(observer, { type: 'branchKey.hit', keyId: held.branchKeyId })
    return this.#handleOn(held)
  }

  /** The key from the key store; for a read that finds it out of reach, from what has expired but is within its grace. */
  async #fetch(question: KeyQuestion, held: HeldKey | undefined, options: CallOptions, reading: boolean): Promise<FetchedKey> {
    const { signal, observer } = options
    const { branchKeyId, slot } = question
    signal?.throwIfAborted()
    this.#entries.throwIfRefused(this.#shreddedName(branchKeyId))
    if (reading) this.#entries.throwIfRefused(slot)
    const expired = reading ? held : undefined
    if (expired?.failing && this.#hasGrace(expired)) {
      // Nobody waits for a key store that is known to be out of reach.
      this.#refresh(question, expired, observer)
      return this.#stale(expired, options)
    }
    try {
      return await this.#load(question, options).lease(signal)
    } catch (error) {
      signal?.throwIfAborted()
      if (held !== undefined) this.#note(held, error)
      if (expired !== undefined && codeOf(error) === 'KEY_TRANSIENT' && this.#hasGrace(expired)) return this.#stale(expired, options)
      throw error
    }
  }

  #hasGrace(held: HeldKey): boolean {
    return !held.barred && !held.secret.disposed && this.#isYounger(held, this.#ttlMs + this.#graceMs)
  }

  #stale(held: HeldKey, { observer }: CallOptions): BranchKey {
    observe(observer, { type: 'branchKey.stale', keyId: held.branchKeyId })
    return this.#handleOn(held)
  }

  #handleOn(held: HeldKey): BranchKey {
    held.keepMs = Math.max(held.keepMs, this.#ttlMs + this.#graceMs)
    return { branchKeyId: held.branchKeyId, version: held.version, secret: held.secret.share() }
  }

  /** Brings a key that is in use up to date, behind its users' backs. */
  #refresh(question: KeyQuestion, held: HeldKey, observer: CallOptions['observer']): void {
    const entries = this.#entries
    if (entries.loads.has(question.slot) || entries.now() < held.retryAt || entries.backgroundLoads >= MAX_BACKGROUND_LOADS) return
    const { branchKeyId } = question
    entries.backgroundLoads += 1
    this.#load(question, { observer })
      .lease(undefined)
      .then(
        ({ secret }) => {
          secret.dispose()
          observe(observer, { type: 'branchKey.refreshed', keyId: branchKeyId })
        },
        (error: unknown) => {
          this.#note(held, error)
          observe(observer, failureOf(branchKeyId, error))
        },
      )
      .finally(() => {
        entries.backgroundLoads -= 1
      })
  }

  /** Keeps on the key what asking for it anew came to. */
  #note(held: HeldKey, error: unknown): void {
    held.failing = codeOf(error) === 'KEY_TRANSIENT'
    if (!held.failing) held.barred = true
    held.retryAt = this.#entries.now() + RETRY_MS
  }

  /** The call that answers a question: one that is under way, or a new one. */
  #load(question: KeyQuestion, { observer }: CallOptions): BranchKeyLoad {
    const entries = this.#entries
    const { slot, branchKeyId } = question
    const underWay = entries.loads.get(slot)
    const joined = underWay?.joinable === true
    observe(observer, { type: joined ? 'branchKey.coalesced' : 'branchKey.miss', keyId: branchKeyId })
    if (joined) return underWay
    const askedAt = entries.now()
    const load: BranchKeyLoad = new BranchKeyLoad(
      question,
      observer,
      (key) => {
        this.#ended(slot, load)
        this.#keep(slot, key, askedAt)
      },
      (error) => {
        this.#ended(slot, load)
        this.#refused(question, error)
      },
    )
    entries.loads.set(slot, load)
    return load
  }

  #ended(slot: string, load: BranchKeyLoad): void {
    if (this.#entries.loads.get(slot) === load) this.#entries.loads.delete(slot)
  }

  #keep(slot: string, { branchKeyId, version = '', secret }: FetchedKey, askedAt: number): void {
    const entries = this.#entries
    const before = entries.get(slot)
    // A call that everybody had left may answer after the one that took its place.
    if (before !== undefined && before.askedAt > askedAt) return
    // After a rotation the version that was active is still read.
    if (before !== undefined && before.version !== version) entries.move(slot, versionSlot(this.#scope, branchKeyId, before.version))
    entries.put(slot, {
      branchKeyId,
      version,
      secret: secret.share(),
      askedAt,
      used: false,
      keepMs: this.#ttlMs + this.#graceMs,
      failing: false,
      barred: false,
      retryAt: 0,
    })
  }

  #refused({ slot, branchKeyId }: KeyQuestion, error: unknown): void {
    const code = codeOf(error)
    if (code === 'BRANCH_KEY_NOT_FOUND') this.#entries.refuse(slot, error, NOT_FOUND_MS)
    if (code !== 'KEY_SHREDDED') return
    this.#entries.refuse(this.#shreddedName(branchKeyId), error, this.#ttlMs)
    announceShredded(branchKeyId)
  }

  #shreddedName(branchKeyId: string): string {
    return `${this.#scope}S${branchKeyId}`
  }
}

function versionSlot(scope: string, branchKeyId: string, version: string): string {
  return `${scope}V${version.length}/${version}${branchKeyId}`
}

function later(one: HeldKey | undefined, other: HeldKey | undefined): HeldKey | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return one.askedAt < other.askedAt ? other : one
}

function failureOf(keyId: string, error: unknown): ObserverEvent {
  const code = codeOf(error)
  return { type: 'branchKey.refreshFailed', keyId, ...(code === undefined ? {} : { code }) }
}

/** What a key store says is wrong, whoever made the key store. */
function codeOf(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/** What keyrings of one partition share branch keys by. */
function nameOf(keyStore: BranchKeyStore): string | number {
  const { logicalName } = keyStore as { readonly logicalName?: unknown }
  return typeof logicalName === 'string' ? logicalName : identityOf(keyStore)
}

function identityOf(owner: object): number {
  let scope = scopeOf.get(owner)
  if (scope === undefined) {
    scopes += 1
    scope = scopes
    scopeOf.set(owner, scope)
  }
  return scope
}
