import { StrongroomError } from '../errors.ts'
import { messageInvalid } from '../esdk/message-invalid.ts'
import { hasMethods, isInteger } from '../options.ts'

/** A message of which any part can be had: a file, an object in a store. */
export interface RangeSource {
  /** Bytes of the whole message. */
  readonly size: number
  /** The bytes from `start` up to, not including, `end`; exactly that many. The array belongs to the receiver. */
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array>
}

const hasRead = hasMethods('read')
const isSize = isInteger(0, Number.MAX_SAFE_INTEGER)

/** @throws `INPUT_INVALID` where a source is none. */
export function assertSource(source: RangeSource): void {
  const wrong = hasRead(source) ?? isSize(source.size)
  if (wrong === undefined) return
  throw new StrongroomError('INPUT_INVALID', 'source must be an object with the method read and the size of the message in bytes.', {
    option: 'source',
  })
}

/** Reads a part of a source, which must answer as many bytes as it was asked for. */
export async function readExactly(source: RangeSource, start: number, end: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const bytes: unknown = await source.read(start, end, signal)
  signal?.throwIfAborted()
  if (!(bytes instanceof Uint8Array))
    throw new StrongroomError('INPUT_INVALID', 'source.read must answer a Uint8Array.', { option: 'source' })
  // Shorter than it said it was: cut, or exchanged for another.
  if (bytes.length !== end - start) throw messageInvalid()
  return bytes
}
