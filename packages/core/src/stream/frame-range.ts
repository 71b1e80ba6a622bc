import { StrongroomError } from '../errors.ts'
import { FINAL_OVERHEAD, REGULAR_OVERHEAD, readFrameStart } from '../esdk/body.ts'
import { openBlock } from '../esdk/frame.ts'
import { TAG_LENGTH } from '../esdk/header.ts'
import { messageInvalid, TRUNCATED } from '../esdk/message-invalid.ts'
import { Reader } from '../esdk/reader.ts'
import type { OpenedHeader } from './arrived-header.ts'
import { type RangeSource, readExactly } from './range-source.ts'

/** What the reading of frames is bound by, in bytes. */
export interface FrameRangeLimits {
  readonly maxFrameLength: number
  readonly readBytes: number
}

/** The frames of one message, found by computing where they lie. */
export class FrameRange {
  readonly #header: OpenedHeader
  readonly #source: RangeSource
  readonly #limits: FrameRangeLimits
  /** Where the body starts. */
  readonly #bodyStart: number
  readonly #regularFrames: number
  readonly #finalLength: number
  #endVerified = false

  /** @throws `MESSAGE_INVALID` where no body of these frames has the source's size, `LIMIT_EXCEEDED` */
  constructor(header: OpenedHeader, source: RangeSource, bodyStart: number, limits: FrameRangeLimits) {
    this.#header = header
    this.#source = source
    this.#limits = limits
    this.#bodyStart = bodyStart
    // A final frame may be empty or full: the two differ in the size of the whole, so at most one way of cutting it up fits.
    const rest = source.size - bodyStart - FINAL_OVERHEAD
    const regular = header.frameLength + REGULAR_OVERHEAD
    this.#regularFrames = Math.floor(rest / regular)
    this.#finalLength = rest - this.#regularFrames * regular
    if (rest < 0 || this.#finalLength > header.frameLength || this.#regularFrames >= 2 ** 32 - 1) throw messageInvalid()
    const longest = this.#regularFrames > 0 ? header.frameLength : this.#finalLength
    if (longest > limits.maxFrameLength) throw tooLong(longest, limits.maxFrameLength)
  }

  /** Bytes of the plaintext; reads the final frame unless that was done. */
  async verifiedLength(signal: AbortSignal | undefined): Promise<number> {
    if (!this.#endVerified) (await this.#openFinal(signal)).fill(0)
    return this.#length
  }

  /** Plaintext of a range, with places as of `slice`. */
  async *read(start: number, end: number | undefined, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined> {
    const { frameLength } = this.#header
    const claimed = this.#length
    const isOfEnd = start < 0 || start >= claimed || end === undefined || end < 0 || end > claimed
    // Where the end is, is what the size of the source says, until the final frame was seen there.
    if (isOfEnd && !this.#endVerified) (await this.#openFinal(signal)).fill(0)
    const from = start < 0 ? Math.max(0, claimed + start) : start
    const to = end === undefined ? claimed : end < 0 ? claimed + end : Math.min(end, claimed)
    if (from >= to) return
    const last = Math.min(this.#regularFrames, Math.floor((to - 1) / frameLength))
    for (let frame = Math.floor(from / frameLength); frame <= last; ) {
      const count = Math.min(last - frame + 1, Math.max(1, Math.floor(this.#limits.readBytes / (frameLength + REGULAR_OVERHEAD))))
      const bytes = await readExactly(this.#source, this.#startOf(frame), this.#startOf(frame + count), signal)
      for (let at = 0; at < bytes.length; frame += 1) {
        const length = this.#startOf(frame + 1) - this.#startOf(frame)
        const plaintext = this.#open(bytes.subarray(at, at + length), frame)
        at += length
        const first = frame * frameLength
        yield from <= first && to >= first + plaintext.length ? plaintext : cut(plaintext, from - first, to - first)
      }
    }
  }

  /** What the source's size says. */
  get #length(): number {
    return this.#regularFrames * this.#header.frameLength + this.#finalLength
  }

  /** Where a frame starts in the message, counted from 0; that of the one after the final frame is the end. */
  #startOf(frame: number): number {
    const regular = this.#header.frameLength + REGULAR_OVERHEAD
    return frame > this.#regularFrames ? this.#source.size : this.#bodyStart + frame * regular
  }

  async #openFinal(signal: AbortSignal | undefined): Promise<Uint8Array> {
    const final = this.#regularFrames
    const bytes = await readExactly(this.#source, this.#startOf(final), this.#startOf(final + 1), signal)
    return this.#open(bytes, final)
  }

  #open(bytes: Uint8Array, frame: number): Uint8Array {
    const isFinal = frame === this.#regularFrames
    const reader = new Reader(bytes)
    try {
      const block = readFrameStart(reader, this.#header.frameLength, frame + 1)
      const expected = isFinal ? this.#finalLength : this.#header.frameLength
      if ((block.kind === 'final') !== isFinal || block.length !== expected) throw messageInvalid()
      const plaintext = openBlock(this.#header.bodyKey, block, [reader.take(block.length)], reader.take(TAG_LENGTH))
      if (isFinal) this.#endVerified = true
      return plaintext
    } catch (error) {
      throw error === TRUNCATED ? messageInvalid() : error
    }
  }
}

/** Part of a frame, in memory of its own. */
function cut(plaintext: Uint8Array, from: number, to: number): Uint8Array {
  const part = plaintext.slice(Math.max(0, from), to)
  plaintext.fill(0)
  return part
}

function tooLong(length: number, most: number): StrongroomError {
  return new StrongroomError('LIMIT_EXCEEDED', `The message has a frame of ${length} bytes, more than maxFrameLength (${most}) allows.`, {
    option: 'maxFrameLength',
  })
}
