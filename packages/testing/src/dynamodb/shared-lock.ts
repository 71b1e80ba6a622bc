/** Lets shared work run together and exclusive work alone, in the order of arrival. */
export class SharedLock {
  #exclusive: Promise<unknown> = Promise.resolve()
  #shared = new Set<Promise<unknown>>()

  /** Runs beside other shared work, after the exclusive work that came before. */
  async shared<T>(work: () => Promise<T>): Promise<T> {
    const running = this.#exclusive.then(work)
    const settled = running.catch(() => {})
    this.#shared.add(settled)
    const among = this.#shared
    try {
      return await running
    } finally {
      among.delete(settled)
    }
  }

  /** Runs when everything that came before has ended; what comes later waits for it. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const before = [this.#exclusive, ...this.#shared]
    this.#shared = new Set()
    const running = Promise.all(before).then(work)
    this.#exclusive = running.catch(() => {})
    return running
  }
}
