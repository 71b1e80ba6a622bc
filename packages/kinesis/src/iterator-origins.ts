import type { Target } from './stream-map.ts'

/** Iterators live five minutes and a shard has one at a time; this is room for 10,000 shards read at once. */
const MOST_ITERATORS = 10_000

/** Remembers which stream each shard iterator belongs to, since nothing in an iterator tells. The least recently used are forgotten. */
export class IteratorOrigins {
  readonly #targets = new Map<string, Target>()
  readonly #most: number

  constructor(most: number = MOST_ITERATORS) {
    this.#most = most
  }

  remember(iterator: unknown, target: Target): void {
    if (typeof iterator !== 'string') return
    this.#targets.delete(iterator)
    this.#targets.set(iterator, target)
    if (this.#targets.size <= this.#most) return
    for (const oldest of this.#targets.keys()) {
      this.#targets.delete(oldest)
      return
    }
  }

  find(iterator: unknown): Target | undefined {
    const target = typeof iterator === 'string' ? this.#targets.get(iterator) : undefined
    if (target !== undefined) this.remember(iterator, target)
    return target
  }
}
