/** After how many failures in a row, and for how long, a token is left alone. */
export interface CircuitLimits {
  /** Calls that failed, each after its retries. */
  readonly failures: number
  /** Milliseconds; doubled with each failed trial, at most 32 times as long. */
  readonly coolDownMs: number
}

const MOST_DOUBLINGS = 5

/** Leaves what fails alone for a while, so that its callers learn at once what they would learn after their deadline. */
export class CircuitBreaker {
  readonly #limits: CircuitLimits
  readonly #now: () => number
  #failures = 0
  #closedAgainAt = 0
  #doublings = 0
  #isTrying = false

  constructor(limits: CircuitLimits, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  /** Whether calls are refused now. Once the time is over, one call is let through as a trial. */
  get isOpen(): boolean {
    if (this.#failures < this.#limits.failures) return false
    return this.#isTrying || this.#now() < this.#closedAgainAt
  }

  /** A call begins. */
  begin(): void {
    if (this.#failures >= this.#limits.failures) this.#isTrying = true
  }

  /** A call succeeded, or failed for a reason that is not the token's health. */
  succeeded(): void {
    this.#failures = 0
    this.#doublings = 0
    this.#isTrying = false
  }

  /** A call failed in a way that others would too. */
  failed(): void {
    this.#failures += 1
    if (this.#failures < this.#limits.failures) return
    if (this.#isTrying) this.#doublings = Math.min(this.#doublings + 1, MOST_DOUBLINGS)
    this.#isTrying = false
    this.#closedAgainAt = this.#now() + this.#limits.coolDownMs * 2 ** this.#doublings
  }

  /** A call ended without telling anything: its caller left. */
  abandoned(): void {
    this.#isTrying = false
  }
}
