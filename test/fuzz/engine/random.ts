/** A generator that gives the same numbers for the same seed (xorshift128+ on 32-bit words). For test data alone: it is predictable. */
export class SeededRandom {
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: number) {
    // Words that no xorshift can be stuck in, whatever the seed.
    const [a, b, c, d] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0xdeadbeef].map((constant, index) => mix(seed + constant + index)) as [
      number,
      number,
      number,
      number,
    ]
    this.#a = a | 1
    this.#b = b
    this.#c = c
    this.#d = d
  }

  /** A whole number of 32 bits. */
  word(): number {
    const t = this.#d ^ (this.#d << 11)
    this.#d = this.#c
    this.#c = this.#b
    this.#b = this.#a
    this.#a = this.#a ^ (this.#a >>> 19) ^ (t ^ (t >>> 8))
    return (this.#a + this.#b) >>> 0
  }

  /** A whole number from 0 up to, but not including, `end`. */
  below(end: number): number {
    return Math.floor((this.word() / 2 ** 32) * end)
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length)
    for (let at = 0; at < length; at += 1) bytes[at] = this.word() >>> 24
    return bytes
  }
}

function mix(value: number): number {
  let word = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
  return word ^ (word >>> 16)
}
