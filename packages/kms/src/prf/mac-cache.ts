import type { SecretBytes } from '@strongroom/core'
import { SweepTimer } from '@strongroom/core/keyring-tools'

/** A MAC that is kept. */
interface KeptMac {
  readonly mac: SecretBytes
  readonly askedAt: number
}

/** MACs by their labels: those used last, for a while. What goes is wiped, by a timer also when nobody asks again. */
export class MacCache {
  readonly #maxEntries: number
  readonly #maxAgeMs: number
  readonly #now: () => number
  readonly #entries = new Map<string, KeptMac>()
  readonly #timer: SweepTimer

  constructor(maxEntries: number, maxAgeMs: number, now: () => number) {
    this.#maxEntries = maxEntries
    this.#maxAgeMs = maxAgeMs
    this.#now = now
    this.#timer = new SweepTimer(now, () => this.#sweep())
  }

  now(): number {
    return this.#now()
  }

  /** The MAC of a label, the receiver's to dispose; undefined where there is none that is young enough. */
  get(label: string): SecretBytes | undefined {
    const kept = this.#entries.get(label)
    if (kept === undefined || !this.#isFresh(kept)) return undefined
    this.#entries.delete(label)
    this.#entries.set(label, kept)
    return kept.mac.share()
  }

  /** Keeps a handle of its own on a MAC that was asked for at an instant. */
  put(label: string, mac: SecretBytes, askedAt: number): void {
    this.#drop(label)
    const kept = { mac: mac.share(), askedAt }
    this.#entries.set(label, kept)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > this.#maxEntries && oldest !== undefined) this.#drop(oldest)
    this.#timer.schedule(askedAt + this.#maxAgeMs)
  }

  /** A clock that went backwards cannot tell the age: the MAC counts as expired. */
  #isFresh({ askedAt }: KeptMac): boolean {
    const age = this.#now() - askedAt
    return age >= 0 && age < this.#maxAgeMs
  }

  #sweep(): number {
    let next = Number.POSITIVE_INFINITY
    for (const [label, kept] of this.#entries) {
      if (this.#isFresh(kept)) next = Math.min(next, kept.askedAt + this.#maxAgeMs)
      else this.#drop(label)
    }
    return next
  }

  #drop(label: string): void {
    this.#entries.get(label)?.mac.dispose()
    this.#entries.delete(label)
  }
}
