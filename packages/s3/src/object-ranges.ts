import { type RangeSource, StrongroomError } from '@strongroom/core'
import { isSignal } from '@strongroom/core/keyring-tools'
import { hasMethods, isInteger, validateOptions } from '@strongroom/core/options'
import { configChecks, type ResolvedConfig, resolveConfig } from './config.ts'
import { BLOCK_LENGTH } from './content/content-key.ts'
import { type ByteRange, coveringRange, rangeDecryptor } from './content/range-decryptor.ts'
import {
  assertObject,
  type DecryptObjectOptions,
  decryptCallChecks,
  esdkFacts,
  factsOf,
  type ObjectFacts,
  observed,
  requestOf,
  type StoredObject,
} from './decrypt-object.ts'
import { objectInvalid } from './errors.ts'
import { esdkContext } from './esdk-object.ts'
import { type OpenedEnvelope, type OpenRequest, openObject } from './open-object.ts'

/** Bytes that are asked of the source at a time. */
const READ_BYTES = 2 ** 23

/** An object of which any part can be had. */
export interface ObjectRangeSource extends RangeSource, Omit<StoredObject<never>, 'body'> {}

/** Options of one reading. */
export interface ReadRangeOptions {
  /** Aborts the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** Random access to the plaintext of an object. */
export interface ObjectRanges extends ObjectFacts {
  /**
   * Whether what is read is authentic: true for `esdk` objects. What cannot be seen is whether the parts that are not read are intact, unless the end
   * is read.
   */
  readonly authenticated: boolean
  /** Bytes of the plaintext; authentic where parts are. */
  plaintextLength(options?: ReadRangeOptions): Promise<number>
  /**
   * The plaintext from `start` up to, not including, `end`, as with `slice`: a negative place counts from the end, none is the end, and what lies
   * beyond the end is left out.
   *
   * @throws `INPUT_INVALID`, `MESSAGE_INVALID`, the signal's reason or what the source throws.
   */
  read(start: number, end?: number, options?: ReadRangeOptions): Promise<Uint8Array>
  /** The same piece by piece, with about 8 MiB in memory. */
  readPieces(start: number, end?: number, options?: ReadRangeOptions): AsyncGenerator<Uint8Array, void, undefined>
}

const checks = { ...configChecks, ...decryptCallChecks }
const readChecks = { signal: isSignal }
const isPlace = isInteger(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
const isSize = isInteger(0, Number.MAX_SAFE_INTEGER)
const hasRead = hasMethods('read')

/**
 * Opens an object for reading parts of it. Of an `esdk` object each part is verified; signed ones are refused, since their signature is over the whole.
 * Parts of V1 to V3 are authenticated by nothing, and need `unauthenticatedRanges`; the key commitment of V3 is checked all the same.
 *
 * @throws the codes of `decryptObject`, and what the source throws
 * @example
 * ```ts
 * const source = {
 *   metadata,
 *   size: contentLength,
 *   read: async (start: number, end: number) => await (await fetch(url, { headers: { range: `bytes=${start}-${end - 1}` } })).bytes(),
 * }
 * const ranges = await openObjectRanges(source, { keyring })
 * const lastKilobyte = await ranges.read(-1024)
 * ```
 */
export async function openObjectRanges(source: ObjectRangeSource, options: DecryptObjectOptions): Promise<ObjectRanges> {
  assertObject({ ...source, body: undefined })
  if (hasRead(source) !== undefined || isSize(source.size) !== undefined) {
    throw new StrongroomError('INPUT_INVALID', 'source must be an object with the method read and the size of the body in bytes.', {
      option: 'source',
    })
  }
  validateOptions('openObjectRanges', options, checks)
  const config = resolveConfig(options)
  const request = { ...requestOf({ ...source, body: undefined }, options), isPart: true }
  const opened = await observed(config, source.size, () => openObject(config, source.metadata, request))
  return opened === 'esdk' ? await esdkRanges(config, source, options) : envelopeRanges(opened, source)
}

/** Parts of an object that is a message. */
export async function esdkRanges(config: ResolvedConfig, source: RangeSource, options: OpenRequest): Promise<ObjectRanges> {
  const { signal } = options
  const index = await config.esdk.openFrameIndex(source, {
    encryptionContext: esdkContext(options.encryptionContext, 'decrypt'),
    ...(signal === undefined ? {} : { signal }),
  })
  return {
    authenticated: true,
    ...esdkFacts(index),
    plaintextLength: (call) => index.plaintextLength(call),
    read: (start, end, call) => index.read(start, end, call),
    readPieces: (start, end, call) => index.readFrames(start, end, call),
  }
}

/** Parts of an object of V1 to V3 whose envelope is open. */
export function envelopeRanges(opened: OpenedEnvelope, source: RangeSource): ObjectRanges {
  const { content } = opened
  const { size } = source
  let known: number | undefined

  async function part(range: ByteRange, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const fetched = content.suite.overhead === undefined ? coveringRange(range, size) : range
    const decryptor = rangeDecryptor(content, range, fetched, size)
    const bytes: unknown = await source.read(fetched.start, fetched.end, signal)
    signal?.throwIfAborted()
    // Shorter than it said it was: cut, or exchanged for another.
    if (!(bytes instanceof Uint8Array) || bytes.length !== fetched.end - fetched.start) throw objectInvalid()
    return Uint8Array.from(Buffer.concat([decryptor.update(bytes), decryptor.final()]))
  }

  async function length(signal: AbortSignal | undefined): Promise<number> {
    const { overhead } = content.suite
    if (overhead !== undefined) {
      if (size < overhead) throw objectInvalid()
      return size - overhead
    }
    if (size === 0 || size % BLOCK_LENGTH !== 0) throw objectInvalid()
    const last = size - BLOCK_LENGTH
    known ??= last + (await part({ start: last, end: size }, signal)).length
    return known
  }

  async function* pieces(
    start: number,
    end: number | undefined,
    { signal }: ReadRangeOptions,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    signal?.throwIfAborted()
    const total = await length(signal)
    const from = start < 0 ? Math.max(0, total + start) : start
    const to = end === undefined ? total : end < 0 ? total + end : Math.min(end, total)
    for (let at = from; at < to; at += READ_BYTES) yield await part({ start: at, end: Math.min(to, at + READ_BYTES) }, signal)
  }

  function readPieces(start: number, end?: number, call: ReadRangeOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    validateOptions('readPieces', call, readChecks)
    assertPlace('start', start)
    if (end !== undefined) assertPlace('end', end)
    return pieces(start, end, call)
  }

  return {
    authenticated: false,
    ...factsOf(opened),
    readPieces,
    async plaintextLength(call: ReadRangeOptions = {}) {
      validateOptions('plaintextLength', call, readChecks)
      return await length(call.signal)
    },
    async read(start, end, call) {
      const parts: Uint8Array[] = []
      for await (const piece of readPieces(start, end, call)) parts.push(piece)
      return Uint8Array.from(Buffer.concat(parts))
    },
  }
}

function assertPlace(name: string, value: unknown): void {
  const wrong = isPlace(value)
  if (wrong !== undefined) throw new StrongroomError('INPUT_INVALID', `${name} must ${wrong}.`, { option: name })
}
