/** How often an operation is tried again for each class of failure, and how long it waits before. */
import type { CkrClass } from '../ckr.ts'

interface Plan {
  /** Tries after the first. */
  readonly retries: number
  /** Whether waiting helps. */
  readonly waits: boolean
}

/** What is done about each class. A class that is missing is not tried again. */
export const plans: ReadonlyMap<CkrClass, Plan> = new Map<CkrClass, Plan>([
  // Every session of the pool may have lost its login, or be gone, before the new one is used.
  ['login', { retries: 3, waits: false }],
  ['session', { retries: 6, waits: false }],
  ['handle', { retries: 3, waits: false }],
  ['device', { retries: 5, waits: true }],
  ['busy', { retries: 3, waits: true }],
])

/** How often one operation failed in each way. */
export class Tries {
  readonly #counts = new Map<CkrClass | 'ambiguous', number>()
  #waits = 0

  /** Counts a failure; answers how many of its class there were. */
  count(is: CkrClass | 'ambiguous'): number {
    const count = (this.#counts.get(is) ?? 0) + 1
    this.#counts.set(is, count)
    return count
  }

  /** Milliseconds to wait before the next try: each time twice as long, and between half and all of it, so that callers do not come back together. */
  nextWait(baseMs: number, random: number): number {
    const wait = baseMs * 2 ** this.#waits * (0.5 + random / 2)
    this.#waits += 1
    return wait
  }
}
