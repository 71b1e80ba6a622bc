// setTimeout takes at most 2^31 - 1 ms; a sweep that comes too early only schedules the next.
const LONGEST_MS = 2 ** 31 - 1

/** Wakes a cache when the next of its entries expires, also when nobody asks for it again. Does not keep the process alive. */
export class SweepTimer {
  readonly #now: () => number
  readonly #sweep: () => number
  #timer: NodeJS.Timeout | undefined
  #at = 0

  /** `sweep` drops what has expired and answers the instant, on the clock `now`, at which the next expires; infinite where nothing will. */
  constructor(now: () => number, sweep: () => number) {
    this.#now = now
    this.#sweep = sweep
  }

  /** Makes sure that there is a sweep at `next`, or before. */
  schedule(next: number): void {
    if (next === Number.POSITIVE_INFINITY || (this.#timer !== undefined && this.#at <= next)) return
    clearTimeout(this.#timer)
    this.#at = next
    this.#timer = setTimeout(() => this.#wake(), Math.min(Math.max(next - this.#now(), 0), LONGEST_MS))
    this.#timer.unref()
  }

  /** Forgets the next sweep. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #wake(): void {
    this.#timer = undefined
    this.schedule(this.#sweep())
  }
}
