/** Bytes of a block where nothing better is known, and about as many where it is. */
const BLOCK = 65_536
/** Longest units that get blocks of their own: nobody's number makes a block of any size. */
const MAX_UNIT = 4 * BLOCK
/** Used blocks kept for the next bytes. Memory that was just used is still in the processor's cache. */
const SPARES = 2

/**
 * Ciphertext that arrived and is not used up yet. It is copied in, so that it belongs to nobody else.
 *
 * Memory follows what arrived, never what somebody said would arrive.
 */
export class Backlog {
  readonly #blocks: Buffer[] = []
  readonly #spares: Buffer[] = []
  /** Where the first byte lies in the first block. */
  #start = 0
  #length = 0
  readonly #block: number

  /** @param unit - bytes that are used up at a time, such as a frame: if they start with a unit, no unit lies in two blocks. */
  constructor(unit: number = BLOCK) {
    this.#block = unit > MAX_UNIT ? BLOCK : unit * Math.max(1, Math.floor(BLOCK / unit))
  }

  /** Bytes held. */
  get length(): number {
    return this.#length
  }

  /** Copies bytes to the end. */
  append(bytes: Uint8Array): void {
    const capacity = this.#block
    let taken = 0
    while (taken < bytes.length) {
      const end = this.#start + this.#length
      const at = end % capacity
      const block = this.#blocks[(end - at) / capacity] ?? this.#addBlock()
      const part = bytes.subarray(taken, taken + capacity - at)
      block.set(part, at)
      taken += part.length
      this.#length += part.length
    }
  }

  /** Views of `length` bytes from `offset` on, which must be held. They are good until these bytes are dropped. */
  pieces(offset: number, length: number): Buffer[] {
    const capacity = this.#block
    const views: Buffer[] = []
    let at = this.#start + offset
    const end = at + length
    while (at < end) {
      const within = at % capacity
      const block = this.#blocks[(at - within) / capacity] as Buffer
      const view = block.subarray(within, Math.min(capacity, within + end - at))
      views.push(view)
      at += view.length
    }
    return views
  }

  /** The same in one: a view where they lie together, else a copy. */
  peek(offset: number, length: number): Buffer {
    const views = this.pieces(offset, length)
    const [only] = views
    return views.length === 1 && only !== undefined ? only : Buffer.concat(views)
  }

  /** Forgets the first `length` bytes, which must be held. */
  drop(length: number): void {
    this.#start += length
    this.#length -= length
    while (this.#start >= this.#block || (this.#length === 0 && this.#blocks.length > 0)) {
      const block = this.#blocks.shift() as Buffer
      if (this.#spares.length < SPARES) this.#spares.push(block)
      this.#start = this.#length === 0 ? 0 : this.#start - this.#block
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.drop(this.#length)
    this.#spares.length = 0
  }

  #addBlock(): Buffer {
    const block = this.#spares.pop() ?? Buffer.allocUnsafeSlow(this.#block)
    this.#blocks.push(block)
    return block
  }
}
