import { StrongroomError } from '../errors.ts'
import { MAX_FRAME_START, readFrameStart, readUnframedStart, UNFRAMED_START } from '../esdk/body.ts'
import { type BlockStart, openBlock } from '../esdk/frame.ts'
import { TAG_LENGTH } from '../esdk/header.ts'
import { messageInvalid, TRUNCATED } from '../esdk/message-invalid.ts'
import { Reader } from '../esdk/reader.ts'
import type { SuiteId } from '../suite.ts'
import type { OpenedHeader } from './arrived-header.ts'
import type { Backlog } from './backlog.ts'

/** Shorter frames are opened several at a time, up to about this many bytes. */
const BATCH_BYTES = 65_536

/** What a body is bound by, in bytes. */
export interface BodyLimits {
  readonly maxFrameLength: number
  readonly maxUnframedBytes: number
}

/** A frame, or an unframed body, that is there as a whole. */
interface Complete {
  readonly block: BlockStart
  /** Bytes before its ciphertext. */
  readonly start: number
}

/**
 * Reads a body from the bytes that arrived, frame by frame.
 *
 * The last piece of plaintext, which is the final frame or the whole of an unframed body, is held back until the message ended as it should:
 * signature verified, nothing behind it.
 */
export class BodyReader {
  readonly suite: SuiteId
  readonly #header: OpenedHeader
  readonly #backlog: Backlog
  readonly #limits: BodyLimits
  #sequence = 1
  #upcoming: Complete | undefined
  #last: Uint8Array | undefined
  #isSigned = false
  #failure: { readonly error: unknown } | undefined

  constructor(header: OpenedHeader, backlog: Backlog, limits: BodyLimits) {
    this.suite = header.suite.id
    this.#header = header
    this.#backlog = backlog
    this.#limits = limits
  }

  /** Reads on as far as nothing is released; tells whether {@link BodyReader.take} has something. */
  advance(): boolean {
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#last === undefined) {
      this.#upcoming ??= this.#next()
      if (this.#upcoming === undefined) return false
      if (this.#upcoming.block.kind === 'regular') return true
      this.#last = this.#open(this.#upcoming)
    }
    this.#readFooter()
    return false
  }

  /** Verified plaintext of the next frame, or of the next few. */
  take(): Uint8Array {
    const parts: Uint8Array[] = []
    let length = 0
    do {
      try {
        const part = this.#open(this.#upcoming as Complete)
        parts.push(part)
        length += part.length
        this.#upcoming = length < BATCH_BYTES ? this.#next() : undefined
      } catch (error) {
        if (parts.length === 0) throw error
        // The frames before it are good; its failure is told next.
        this.#failure = { error }
        this.#upcoming = undefined
      }
    } while (this.#upcoming?.block.kind === 'regular')
    return join(parts, length)
  }

  /**
   * The last piece of plaintext, after the last byte has come.
   *
   * @throws `MESSAGE_INVALID` where the message is not complete.
   */
  end(): Uint8Array {
    const last = this.#last
    if (last === undefined || this.#isSigned !== (this.#header.verifier !== undefined)) throw messageInvalid()
    this.#last = undefined
    return last
  }

  /** Overwrites what is held back. */
  discard(): void {
    this.#last?.fill(0)
    this.#last = undefined
    this.#upcoming = undefined
  }

  #next(): Complete | undefined {
    const { frameLength } = this.#header
    const backlog = this.#backlog
    const reader = new Reader(backlog.peek(0, Math.min(backlog.length, frameLength > 0 ? MAX_FRAME_START : UNFRAMED_START)))
    try {
      const block = frameLength > 0 ? readFrameStart(reader, frameLength, this.#sequence) : readUnframedStart(reader)
      this.#assertLimit(block)
      const start = reader.position
      return backlog.length < start + block.length + TAG_LENGTH ? undefined : { block, start }
    } catch (error) {
      if (error === TRUNCATED) return undefined
      throw error
    }
  }

  #open({ block, start }: Complete): Uint8Array {
    const { bodyKey, verifier } = this.#header
    const tag = start + block.length
    const end = tag + TAG_LENGTH
    if (verifier !== undefined) for (const piece of this.#backlog.pieces(0, end)) verifier.update(piece)
    const plaintext = openBlock(bodyKey, block, this.#backlog.pieces(start, block.length), this.#backlog.peek(tag, TAG_LENGTH))
    this.#backlog.drop(end)
    this.#sequence += 1
    return plaintext
  }

  #readFooter(): void {
    const { verifier } = this.#header
    const backlog = this.#backlog
    if (verifier !== undefined && !this.#isSigned) {
      if (backlog.length < 2) return
      const length = backlog.peek(0, 2).readUInt16BE(0)
      if (backlog.length < 2 + length) return
      if (!verifier.verify(backlog.peek(2, length))) throw messageInvalid()
      this.#isSigned = true
      backlog.drop(2 + length)
    }
    if (backlog.length > 0) throw messageInvalid()
  }

  #assertLimit({ kind, length }: BlockStart): void {
    const option = kind === 'single' ? 'maxUnframedBytes' : 'maxFrameLength'
    const most = this.#limits[option]
    if (length <= most) return
    const what = kind === 'single' ? 'a body without frames of' : 'a frame of'
    throw new StrongroomError(
      'LIMIT_EXCEEDED',
      `The message has ${what} ${length} bytes, more than ${option} (${most}) allows. It would be held in memory until it is verified.`,
      { option },
    )
  }
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  const all = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
    part.fill(0)
  }
  return all
}
