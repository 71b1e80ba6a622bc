import { isFunction, isInteger, validateOptions } from '../options.ts'
import type { Cached, CacheEntry } from './cache-entry.ts'
import { type DestroyedKey, type KeyCache, watchDestroyedKeys } from './destroyed-keys.ts'
import { SweepTimer } from './sweep-timer.ts'

/** Options of {@link createMaterialsCache}. */
export interface MaterialsCacheOptions {
  /** Most entries held; the least recently used goes first. Default 1,000. */
  readonly maxEntries?: number
  /** Milliseconds of a clock, for tests. */
  readonly now?: () => number
}

type AnyEntry = CacheEntry<Cached>

/**
 * A bounded store of cached materials, in this process. Expired entries are wiped by a timer that does not keep the process alive.
 *
 * One is made for every caching materials manager that is not given one; make one yourself to share its bound, or its entries, between managers.
 */
export interface MaterialsCache {
  /** Entries held, expired ones included until they are swept. */
  readonly size: number
  /** Wipes and forgets everything, for example after a key was revoked. */
  clear(): void
}

/** What {@link createMaterialsCache} makes, with what only the caching materials manager may do to it. */
export class EntryStore implements MaterialsCache, KeyCache {
  readonly now: () => number
  readonly #maxEntries: number
  readonly #entries = new Map<string, AnyEntry>()
  readonly #timer: SweepTimer

  constructor(options: MaterialsCacheOptions = {}) {
    validateOptions('createMaterialsCache', options, { maxEntries: isInteger(1, 1_000_000), now: isFunction })
    this.now = options.now ?? Date.now
    this.#maxEntries = options.maxEntries ?? 1000
    this.#timer = new SweepTimer(this.now, () => this.#sweep())
    watchDestroyedKeys(this)
  }

  get size(): number {
    return this.#entries.size
  }

  clear(): void {
    for (const entry of this.#entries.values()) entry.evict()
    this.#entries.clear()
    this.#timer.clear()
  }

  /** The entry with an id, which becomes the most recently used. */
  get(id: string): AnyEntry | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined || this.#entries.size === 1) return entry
    this.#entries.delete(id)
    this.#entries.set(id, entry)
    return entry
  }

  /** Adds an entry, in the place of another with its id; the least recently used goes where there are too many. */
  put(id: string, entry: AnyEntry): void {
    this.#entries.get(id)?.evict()
    this.#entries.delete(id)
    this.#entries.set(id, entry)
    if (this.#entries.size <= this.#maxEntries) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.remove(oldest, this.#entries.get(oldest))
  }

  /** Forgets an entry, unless another has taken its place. */
  remove(id: string, entry: AnyEntry | undefined): void {
    if (entry === undefined || this.#entries.get(id) !== entry) return
    this.#entries.delete(id)
    entry.evict()
  }

  /** Forgets what is wrapped under a key that was destroyed. */
  keyDestroyed(key: DestroyedKey): void {
    for (const [id, entry] of this.#entries) if (entry.endsWith(key)) this.remove(id, entry)
  }

  /** Makes sure that an entry that expires at `next` is wiped then, even when nobody asks for it again. */
  scheduleSweep(next: number): void {
    this.#timer.schedule(next)
  }

  #sweep(): number {
    let next = Number.POSITIVE_INFINITY
    for (const [id, entry] of this.#entries) {
      if (entry.expired()) this.remove(id, entry)
      else next = Math.min(next, entry.expiresAt)
    }
    return next
  }
}

/** Makes a {@link MaterialsCache}. */
export function createMaterialsCache(options: MaterialsCacheOptions = {}): MaterialsCache {
  return new EntryStore(options)
}
