/** A map that keeps the entries used last, for keys that may come out of messages: nobody fills memory with names. */
export class RecentMap<V> {
  readonly #limit: number
  readonly #entries = new Map<string, V>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: string): V | undefined {
    const value = this.#entries.get(key)
    if (value === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  set(key: string, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#limit) return
    const [oldest] = this.#entries.keys()
    this.#entries.delete(oldest as string)
  }

  /** Forgets an entry, if it is still this one. */
  delete(key: string, value: V): void {
    if (this.#entries.get(key) === value) this.#entries.delete(key)
  }
}
