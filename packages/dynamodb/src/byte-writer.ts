/** Buffers that were released, all zeros. They are not of Node's pool, since they hold plaintext, and such are dear to allocate. */
const spare: Buffer[] = []
const MOST_SPARE = 8
const MOST_SPARE_BYTES = 65_536
const NO_BYTES = Buffer.alloc(0)

/** Bytes that grow as they are written. Integers are big-endian. */
export class ByteWriter {
  #bytes: Buffer
  #length = 0

  constructor(capacity: number) {
    this.#bytes = takeBuffer(capacity)
  }

  get length(): number {
    return this.#length
  }

  /** What was written, as a view. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  u8(value: number): void {
    const at = this.skip(1)
    this.#bytes[at] = value
  }

  u16(value: number): void {
    const at = this.skip(2)
    this.#bytes[at] = value >>> 8
    this.#bytes[at + 1] = value & 0xff
  }

  u32(value: number): void {
    const at = this.skip(4)
    this.u32At(at, value)
  }

  /** A 32-bit number at an earlier place. */
  u32At(at: number, value: number): void {
    const bytes = this.#bytes
    bytes[at] = value >>> 24
    bytes[at + 1] = (value >>> 16) & 0xff
    bytes[at + 2] = (value >>> 8) & 0xff
    bytes[at + 3] = value & 0xff
  }

  data(data: Uint8Array): void {
    const at = this.skip(data.length)
    this.#bytes.set(data, at)
  }

  /** UTF-8. */
  text(text: string): void {
    this.#reserve(3 * text.length)
    this.#length += this.#bytes.write(text, this.#length, 'utf8')
  }

  /** Goes on `count` bytes later, and answers where they start. What is between is not defined. */
  skip(count: number): number {
    this.#reserve(count)
    const at = this.#length
    this.#length += count
    return at
  }

  /** Overwrites everything and lets go of it: the writer is empty then. */
  release(): void {
    const bytes = this.#bytes
    bytes.fill(0, 0, this.#length)
    this.#bytes = NO_BYTES
    this.#length = 0
    if (bytes.length > 0 && bytes.length <= MOST_SPARE_BYTES && spare.length < MOST_SPARE) spare.push(bytes)
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#bytes.length) return
    const grown = takeBuffer(Math.max(needed, 2 * this.#bytes.length))
    const length = this.#length
    grown.set(this.bytes)
    this.release()
    this.#bytes = grown
    this.#length = length
  }
}

function takeBuffer(capacity: number): Buffer {
  const last = spare.at(-1)
  return last !== undefined && last.length >= capacity ? (spare.pop() as Buffer) : Buffer.allocUnsafeSlow(capacity)
}
