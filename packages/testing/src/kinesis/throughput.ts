const MIB = 2 ** 20
const RECORDS_PER_SECOND = 1000
const READS_PER_SECOND = 5
const READ_BYTES_PER_SECOND = 2 * MIB

/**
 * The throughput of one shard: it takes in 1 MiB or 1,000 records a second and gives out 2 MiB in 5 calls a second. Budgets refill evenly and hold one second's
 * worth; a record larger than a full budget passes when the budget is full and leaves it in debt.
 */
export class Throughput {
  readonly #bytes: Budget
  readonly #records: Budget
  readonly #reads: Budget
  readonly #readBytes: Budget

  constructor(clock: () => number) {
    this.#bytes = new Budget(MIB, clock)
    this.#records = new Budget(RECORDS_PER_SECOND, clock)
    this.#reads = new Budget(READS_PER_SECOND, clock)
    this.#readBytes = new Budget(READ_BYTES_PER_SECOND, clock)
  }

  /** Whether a record of that size passes; takes it from the budget if so. */
  write(bytes: number): boolean {
    if (!this.#bytes.has(bytes) || !this.#records.has(1)) return false
    this.#bytes.take(bytes)
    this.#records.take(1)
    return true
  }

  /** Whether a read passes; how much it read is told by {@link readDone}. */
  read(): boolean {
    if (!this.#readBytes.has(1) || !this.#reads.has(1)) return false
    this.#reads.take(1)
    return true
  }

  readDone(bytes: number): void {
    this.#readBytes.take(bytes)
  }
}

class Budget {
  readonly #perSecond: number
  readonly #clock: () => number
  #left: number
  #at: number

  constructor(perSecond: number, clock: () => number) {
    this.#perSecond = perSecond
    this.#clock = clock
    this.#left = perSecond
    this.#at = clock()
  }

  has(amount: number): boolean {
    const now = this.#clock()
    this.#left = Math.min(this.#perSecond, this.#left + ((now - this.#at) / 1000) * this.#perSecond)
    this.#at = now
    return this.#left >= Math.min(amount, this.#perSecond)
  }

  take(amount: number): void {
    this.#left -= amount
  }
}
