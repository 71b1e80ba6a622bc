/**
 * Parts of a body. **Nothing of it is authenticated**: the tag is over the whole. Whoever can change the object can change, at will, what is read.
 */
import type { Decipheriv } from 'node:crypto'
import { objectInvalid } from '../errors.ts'
import { BLOCK_LENGTH, type ContentKey, cbcDecipher, counterDecipher, TAG_LENGTH } from './content-key.ts'
import { type ContentTransform, NO_BYTES } from './content-transform.ts'

/** A part of something: bytes from `start` up to, not including, `end`. */
export interface ByteRange {
  /** The first byte. */
  readonly start: number
  /** The byte behind the last one. */
  readonly end: number
}

/**
 * Bytes of the body of AES-GCM or AES-CBC that hold a part of the plaintext, whichever it is: AES-CBC needs whole blocks, and the one before them.
 *
 * @param total - bytes of the body.
 */
export function coveringRange({ start, end }: ByteRange, total: number): ByteRange {
  const first = start - (start % BLOCK_LENGTH)
  return {
    start: Math.max(0, first - BLOCK_LENGTH),
    end: Math.min(total, Math.ceil(end / BLOCK_LENGTH) * BLOCK_LENGTH),
  }
}

/**
 * A decryptor of a part of a body.
 *
 * @param range - the part of the plaintext; what lies behind its end is left out.
 * @param fetched - the part of the body that is given to it: at least {@link coveringRange}, or the part itself for AES-GCM.
 * @param total - bytes of the whole body.
 * @throws `MESSAGE_INVALID` where no body has this length.
 */
export function rangeDecryptor(key: ContentKey, range: ByteRange, fetched: ByteRange, total: number): ContentTransform {
  if (key.suite.id === '0070') return new CbcRangeDecryptor(key, range, fetched, total)
  const end = total - TAG_LENGTH
  if (end < 0) throw objectInvalid()
  return new CounterDecryptor(key, { start: range.start, end: Math.min(range.end, end) }, fetched)
}

/** Passes on those bytes of what it is given, piece by piece, that lie in a range. */
class Window {
  readonly #range: ByteRange
  #at: number

  constructor(range: ByteRange, at: number) {
    this.#range = range
    this.#at = at
  }

  cut(chunk: Uint8Array): Uint8Array {
    const { start, end } = this.#range
    const from = Math.min(chunk.length, Math.max(0, start - this.#at))
    const to = Math.max(from, Math.min(chunk.length, end - this.#at))
    this.#at += chunk.length
    return chunk.subarray(from, to)
  }
}

class CounterDecryptor implements ContentTransform {
  readonly #decipher: Decipheriv
  readonly #window: Window

  constructor(key: ContentKey, range: ByteRange, fetched: ByteRange) {
    const block = Math.floor(range.start / BLOCK_LENGTH)
    this.#decipher = counterDecipher(key, block)
    // The part of the key stream that belongs to the block's bytes before the range.
    this.#decipher.update(new Uint8Array(range.start - block * BLOCK_LENGTH))
    this.#window = new Window(range, fetched.start)
  }

  update(chunk: Uint8Array): Uint8Array {
    return this.#decipher.update(this.#window.cut(chunk))
  }

  final(): Uint8Array {
    return NO_BYTES
  }
}

class CbcRangeDecryptor implements ContentTransform {
  readonly #key: ContentKey
  readonly #isEnd: boolean
  readonly #blocks: Window
  readonly #window: Window
  #decipher: Decipheriv | undefined
  /** The block before the first one, as far as it has come. */
  #previous: Buffer = Buffer.alloc(0)

  constructor(key: ContentKey, range: ByteRange, fetched: ByteRange, total: number) {
    if (total === 0 || total % BLOCK_LENGTH !== 0) throw objectInvalid()
    const needed = coveringRange(range, total)
    const first = range.start - (range.start % BLOCK_LENGTH)
    this.#key = key
    this.#isEnd = needed.end === total
    this.#blocks = new Window(needed, fetched.start)
    this.#window = new Window(range, first)
    if (first === 0) this.#start(undefined)
  }

  update(chunk: Uint8Array): Uint8Array {
    let blocks = this.#blocks.cut(chunk)
    if (this.#decipher === undefined) {
      const missing = BLOCK_LENGTH - this.#previous.length
      this.#previous = Buffer.concat([this.#previous, blocks.subarray(0, missing)])
      blocks = blocks.subarray(missing)
      if (this.#previous.length < BLOCK_LENGTH) return NO_BYTES
    }
    this.#decipher ??= this.#start(this.#previous)
    return this.#window.cut(this.#decipher.update(blocks))
  }

  final(): Uint8Array {
    try {
      return this.#window.cut(this.#decipher?.final() ?? NO_BYTES)
    } catch {
      throw objectInvalid()
    }
  }

  #start(previousBlock: Uint8Array | undefined): Decipheriv {
    this.#decipher = cbcDecipher(this.#key, previousBlock)
    // The padding is in the last block; without auto-padding the decipher holds none back.
    this.#decipher.setAutoPadding(this.#isEnd)
    return this.#decipher
  }
}
