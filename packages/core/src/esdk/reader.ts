import { messageInvalid, TRUNCATED } from './message-invalid.ts'

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A cursor over received bytes that checks every length before it uses it. Throws `TRUNCATED` at the end of the bytes. */
export class Reader {
  /** What is read: a view, not a copy. */
  readonly bytes: Buffer
  /** Where the next read begins. */
  position: number

  /** Begins at a position within the bytes. */
  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = position
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.bytes.length - this.position
  }

  /** A byte. */
  u8(): number {
    return this.bytes[this.#advance(1)] as number
  }

  /** A 16-bit number, big-endian. */
  u16(): number {
    const at = this.#advance(2)
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number)
  }

  /** A 32-bit number, big-endian. */
  u32(): number {
    const at = this.#advance(4)
    return this.bytes.readUInt32BE(at)
  }

  /** A 64-bit length; one above 2^53 - 1 is larger than any message and fails. */
  u64(): number {
    const at = this.#advance(8)
    const value = this.bytes.readUInt32BE(at) * 2 ** 32 + this.bytes.readUInt32BE(at + 4)
    if (value > Number.MAX_SAFE_INTEGER) throw messageInvalid()
    return value
  }

  /** A view of the next bytes. */
  take(length: number): Buffer {
    const at = this.#advance(length)
    return this.bytes.subarray(at, at + length)
  }

  /** UTF-8 text; malformed UTF-8 fails. */
  text(length: number): string {
    const at = this.#advance(length)
    const decoded = this.bytes.toString('utf8', at, at + length)
    // The lenient decoder is several times faster; only what it may have repaired is looked at again.
    if (!decoded.includes('\ufffd')) return decoded
    try {
      return strictUtf8.decode(this.bytes.subarray(at, at + length))
    } catch {
      throw messageInvalid()
    }
  }

  #advance(length: number): number {
    const at = this.position
    if (length > this.bytes.length - at) throw TRUNCATED
    this.position = at + length
    return at
  }
}
