import type { SecretBytes } from '@strongroom/core'
import { type DestroyedKey, type KeyCache, SweepTimer, watchDestroyedKeys } from '@strongroom/core/keyring-tools'
import type { BranchKeyLoad } from './branch-key-cache-load.ts'
import { PROVIDER_ID } from './hierarchical-wrap.ts'
import { RecentMap } from './recent-map.ts'

const MAX_ENTRIES = 1000
/** Refusals remembered: their ids may come out of forged messages. */
const MAX_REFUSALS = 1000
/** Least time between two sweeps of many keys that expire one after the other. */
const SWEEP_MS = 1000

/** A key that is held. */
export interface HeldKey {
  readonly branchKeyId: string
  /** Empty for a beacon key. */
  readonly version: string
  /** The entry's own handle. */
  readonly secret: SecretBytes
  /** When the key store was asked for it. */
  readonly askedAt: number
  /** Whether it was used since the cache last looked for one to drop. */
  used: boolean
  /** How long any of its users may use it. */
  keepMs: number
  /** Whether the key store was out of reach when it was last asked. */
  failing: boolean
  /** Whether anything else was wrong then, so that the key must not be used past its time. */
  barred: boolean
  /** When the key store may be asked again ahead of time. */
  retryAt: number
}

interface Refusal {
  readonly error: unknown
  readonly from: number
  readonly until: number
}

/** Branch keys, the calls that fetch them, and what key stores refused: what a `createBranchKeyCache` makes, with what only keyrings may do to it. */
export class BranchKeyEntries implements KeyCache {
  readonly now: () => number
  /** Calls under way, by slot. They take no place among the entries: a flood of calls for keys that nobody has drives no key out. */
  readonly loads: Map<string, BranchKeyLoad> = new Map()
  /** Calls of {@link loads} that nobody waits for. */
  backgroundLoads = 0
  readonly #maxEntries: number
  readonly #held = new Map<string, HeldKey>()
  #refusals = new RecentMap<Refusal>(MAX_REFUSALS)
  readonly #timer: SweepTimer

  constructor(maxEntries: number = MAX_ENTRIES, now: () => number = Date.now) {
    this.#maxEntries = maxEntries
    this.now = now
    this.#timer = new SweepTimer(now, () => this.#sweep())
    watchDestroyedKeys(this)
  }

  get size(): number {
    return this.#held.size
  }

  clear(): void {
    for (const { secret } of this.#held.values()) secret.dispose()
    this.#held.clear()
    this.#refusals = new RecentMap(MAX_REFUSALS)
    this.#timer.clear()
    for (const slot of this.loads.keys()) this.#forgetLoad(slot)
  }

  /** The key in a slot. */
  get(slot: string): HeldKey | undefined {
    const held = this.#held.get(slot)
    if (held !== undefined) held.used = true
    return held
  }

  /** Holds a key, in the place of what was in the slot. */
  put(slot: string, held: HeldKey): void {
    this.remove(slot)
    while (this.#held.size >= this.#maxEntries) this.#removeOne()
    this.#held.set(slot, held)
    this.#timer.schedule(held.askedAt + held.keepMs)
  }

  /**
   * Makes room: the key goes that has been there longest, but for those that were used since they were last passed over. A place in a list for each
   * use would cost more than the use.
   */
  #removeOne(): void {
    for (const [slot, held] of this.#held) {
      if (!held.used) {
        this.remove(slot)
        return
      }
      held.used = false
      this.#held.delete(slot)
      this.#held.set(slot, held)
    }
  }

  /** Lets a key be found in another slot, if it is held in this one and nothing is there. */
  move(from: string, to: string): void {
    const held = this.#held.get(from)
    if (held === undefined || this.#held.has(to)) return
    this.#held.delete(from)
    this.#held.set(to, held)
  }

  /** Forgets what is in a slot. */
  remove(slot: string): void {
    this.#held.get(slot)?.secret.dispose()
    this.#held.delete(slot)
  }

  /** Remembers for a while that a key store refused. */
  refuse(what: string, error: unknown, forMs: number): void {
    const from = this.now()
    this.#refusals.set(what, { error, from, until: from + forMs })
  }

  /** Throws what was remembered. */
  throwIfRefused(what: string): void {
    const refusal = this.#refusals.get(what)
    if (refusal === undefined) return
    const now = this.now()
    if (now >= refusal.from && now < refusal.until) throw refusal.error
    this.#refusals.delete(what, refusal)
  }

  /** Forgets a branch key that was shredded. */
  keyDestroyed({ providerId, providerInfo }: DestroyedKey): void {
    if (providerId !== PROVIDER_ID) return
    const id = new TextDecoder().decode(providerInfo)
    for (const [slot, { branchKeyId }] of this.#held) if (branchKeyId === id) this.remove(slot)
    for (const [slot, { branchKeyId }] of this.loads) if (branchKeyId === id) this.#forgetLoad(slot)
  }

  /** Lets nobody join a call any more, nor keep what it brings. */
  #forgetLoad(slot: string): void {
    this.loads.get(slot)?.forget()
    this.loads.delete(slot)
  }

  #sweep(): number {
    const now = this.now()
    let next = Number.POSITIVE_INFINITY
    for (const [slot, { askedAt, keepMs }] of this.#held) {
      // A clock that went backwards cannot tell the age.
      if (now < askedAt || now >= askedAt + keepMs) this.remove(slot)
      else next = Math.min(next, askedAt + keepMs)
    }
    return Math.max(next, now + SWEEP_MS)
  }
}
