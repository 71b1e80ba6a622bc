import { StrongroomError } from '@strongroom/core'
import { assertBytes } from '@strongroom/core/keyring-tools'
import type { ContentTransform } from './content/content-transform.ts'

/** What comes out is gathered to this many bytes: S3 refuses short chunks of a signed stream. */
const PIECE_BYTES = 65_536

/** Passes a body on in pieces of at least 64 KiB but for the last. */
export async function* gathered(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let held: Uint8Array[] = []
  let length = 0
  const release = (): Uint8Array => {
    const piece = held.length === 1 ? (held[0] as Uint8Array) : Buffer.concat(held, length)
    held = []
    length = 0
    return piece
  }
  for await (const part of body) {
    if (part.length > 0) held.push(part)
    length += part.length
    if (length >= PIECE_BYTES) yield release()
  }
  if (length > 0) yield release()
}

/**
 * Passes a body through a transform, in pieces of at least 64 KiB but for the last.
 *
 * @param name - what the body is called in errors.
 */
export function transformed(
  source: AsyncIterable<Uint8Array>,
  transform: ContentTransform,
  name: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  return gathered(parts())

  async function* parts(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of source) {
      signal?.throwIfAborted()
      yield transform.update(assertBytes(name, chunk))
    }
    signal?.throwIfAborted()
    yield transform.final()
  }
}

/** A body in one piece as one in pieces. */
export async function* asPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}

/** @throws `INPUT_INVALID` where a body cannot be read in pieces. */
export function assertPieces(name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && Symbol.asyncIterator in value) return
  throw new StrongroomError('INPUT_INVALID', `${name} must be an AsyncIterable of Uint8Array, such as a Readable or a ReadableStream.`, {
    option: name,
  })
}
