import { type DecryptOptions, decryptChecks, isSignal } from '../call-options.ts'
import { type EncryptionContext, normaliseContext } from '../encryption-context.ts'
import { isStrongroomError, StrongroomError } from '../errors.ts'
import type { Header } from '../esdk/header.ts'
import type { OpenedBy } from '../materials.ts'
import { observe } from '../observer.ts'
import { isInteger, validateOptions } from '../options.ts'
import type { SuiteId } from '../suite.ts'
import { type OpenedHeader, openArrived, parseArrived } from './arrived-header.ts'
import { FrameRange } from './frame-range.ts'
import { assertSource, type RangeSource, readExactly } from './range-source.ts'
import type { StreamSettings } from './settings.ts'

/** Bytes of the first look at a message: most headers fit. */
const FIRST_LOOK = 4096
const DEFAULT_MAX_FRAME_LENGTH = 2 ** 24
const DEFAULT_MAX_HEADER_BYTES = 2 ** 20
const DEFAULT_READ_BYTES = 2 ** 23

/** Options of `openFrameIndex`. */
export interface FrameIndexOptions extends DecryptOptions {
  /** Most plaintext bytes of a frame, which is held in memory until it verified. Default 16 MiB. */
  readonly maxFrameLength?: number
  /** Most bytes of a header. Default 1 MiB. */
  readonly maxHeaderBytes?: number
  /** About how many bytes are asked of the source at a time; at least one frame. Default 8 MiB. */
  readonly readBytes?: number
}

/** Options of one reading. */
export interface ReadFramesOptions {
  /** Aborts the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/**
 * Random access to the plaintext of one message. Every byte that it answers is authentic, of this message and at the place that was asked for. What
 * it cannot see is whether frames outside the range are intact, unless the range touches the end: then it has verified that the message ends there.
 */
export interface FrameIndex {
  /** The suite that the message was written with. */
  readonly suite: SuiteId
  /** The message's context, stored and required pairs, authenticated. */
  readonly encryptionContext: EncryptionContext
  /** Which key opened the message. */
  readonly openedBy: OpenedBy
  /** Plaintext bytes of a regular frame. */
  readonly frameLength: number
  /**
   * Bytes of the plaintext, verified: the first call reads the final frame.
   *
   * @throws `MESSAGE_INVALID` or what the source throws.
   */
  plaintextLength(options?: ReadFramesOptions): Promise<number>
  /**
   * The plaintext from `start` up to, not including, `end`, as with `slice`: a negative place counts from the end, none is the end, and what lies
   * beyond the end is left out.
   *
   * @throws `INPUT_INVALID`, `MESSAGE_INVALID`, the signal's reason or what the source throws.
   */
  read(start: number, end?: number, options?: ReadFramesOptions): Promise<Uint8Array>
  /** The same piece by piece, each verified before it is yielded, with no more than `readBytes` in memory. */
  readFrames(start: number, end?: number, options?: ReadFramesOptions): AsyncGenerator<Uint8Array, void, undefined>
}

const checks = {
  ...decryptChecks,
  maxFrameLength: isInteger(1, 2 ** 32 - 1),
  maxHeaderBytes: isInteger(1, 2 ** 32 - 1),
  readBytes: isInteger(1, 2 ** 32 - 1),
}
const readChecks = { signal: isSignal }
const isPlace = isInteger(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)

/** Opens a message for random access. See `EncryptionClient.openFrameIndex`. */
export async function openFrameIndex(settings: StreamSettings, source: RangeSource, options: FrameIndexOptions = {}): Promise<FrameIndex> {
  validateOptions('openFrameIndex', options, checks)
  assertSource(source)
  const { signal, maxFrameLength = DEFAULT_MAX_FRAME_LENGTH, readBytes = DEFAULT_READ_BYTES } = options
  signal?.throwIfAborted()
  const { observer } = settings
  const rejected = (error: unknown): void => {
    if (isStrongroomError(error)) observe(observer, { type: 'message.rejected', code: error.code, ciphertextBytes: source.size })
  }
  try {
    const { header, opened } = await readHeader(settings, source, options)
    const range = new FrameRange(opened, source, header.end, { maxFrameLength, readBytes })
    return new Index(opened, range, rejected)
  } catch (error) {
    rejected(error)
    throw error
  }
}

async function readHeader(
  settings: StreamSettings,
  source: RangeSource,
  options: FrameIndexOptions,
): Promise<{ header: Header; opened: OpenedHeader }> {
  const { signal, maxHeaderBytes = DEFAULT_MAX_HEADER_BYTES } = options
  const open = { ...settings, expectedContext: normaliseContext(options.encryptionContext, 'decrypt'), signal }
  const most = Math.min(source.size, maxHeaderBytes)
  for (let length = FIRST_LOOK; ; length *= 4) {
    const arrived = Uint8Array.from(await readExactly(source, 0, Math.min(length, most), signal))
    const header = parseArrived(arrived, arrived.length === source.size, open, maxHeaderBytes)
    if (header === undefined) continue
    assertReadable(header)
    return { header, opened: await openArrived(arrived, header, open) }
  }
}

class Index implements FrameIndex {
  readonly suite: SuiteId
  readonly encryptionContext: EncryptionContext
  readonly openedBy: OpenedBy
  readonly frameLength: number
  readonly #range: FrameRange
  readonly #rejected: (error: unknown) => void

  constructor({ suite, encryptionContext, openedBy, frameLength }: OpenedHeader, range: FrameRange, rejected: (error: unknown) => void) {
    this.suite = suite.id
    this.encryptionContext = encryptionContext
    this.openedBy = openedBy
    this.frameLength = frameLength
    this.#range = range
    this.#rejected = rejected
  }

  async plaintextLength(options: ReadFramesOptions = {}): Promise<number> {
    validateOptions('plaintextLength', options, readChecks)
    options.signal?.throwIfAborted()
    try {
      return await this.#range.verifiedLength(options.signal)
    } catch (error) {
      this.#rejected(error)
      throw error
    }
  }

  async read(start: number, end?: number, options: ReadFramesOptions = {}): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    try {
      for await (const part of this.readFrames(start, end, options)) parts.push(part)
      return Uint8Array.from(Buffer.concat(parts))
    } finally {
      for (const part of parts) part.fill(0)
    }
  }

  async *readFrames(start: number, end?: number, options: ReadFramesOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    validateOptions('readFrames', options, readChecks)
    assertPlace('start', start)
    if (end !== undefined) assertPlace('end', end)
    options.signal?.throwIfAborted()
    try {
      yield* this.#range.read(start, end, options.signal)
    } catch (error) {
      this.#rejected(error)
      throw error
    }
  }
}

function assertPlace(name: string, value: unknown): void {
  const wrong = isPlace(value)
  if (wrong !== undefined) throw new StrongroomError('INPUT_INVALID', `${name} must ${wrong}.`, { option: name })
}

function assertReadable({ suite, framed }: Header): void {
  if (suite.signature !== undefined) {
    throw new StrongroomError(
      'SUITE_FORBIDDEN',
      `The message is signed (suite ${suite.id}, ${suite.name}). Its signature is over the whole message, so parts of it cannot be verified: decrypt it as a whole, or write messages for random access with suite 0478.`,
    )
  }
  if (!framed) {
    throw new StrongroomError('INPUT_INVALID', 'The message has no frames, so parts of it cannot be verified: decrypt it as a whole.', {
      option: 'source',
    })
  }
}
