import { createCipheriv, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto'
import { s3Error } from '../errors.ts'

/** Bytes that are held, and compared, at a time. */
export const CHUNK_BYTES: number = 2 ** 20

const TAG_LENGTH = 16

/**
 * What came the first time, as one code for each chunk: AES-GMAC under a key that nobody else has, with the chunk's number as nonce. A digest without
 * a key would do as well and costs several times as much; ETags prove nothing, since S3 makes them.
 */
export class ChunkDigests {
  readonly #key: KeyObject = createSecretKey(randomBytes(32))
  readonly #codes: Buffer[] = []

  /** Notes the next chunk. */
  note(chunk: Uint8Array): void {
    this.#codes.push(this.#codeOf(chunk, this.#codes.length))
  }

  /** How many were noted. */
  get count(): number {
    return this.#codes.length
  }

  /** @throws `RESPONSE_UNEXPECTED` where a chunk is not the one that was noted. */
  assertSame(chunk: Uint8Array, index: number): void {
    const noted = this.#codes[index]
    if (noted === undefined || !timingSafeEqual(this.#codeOf(chunk, index), noted)) throw changed()
  }

  #codeOf(chunk: Uint8Array, index: number): Buffer {
    const nonce = Buffer.alloc(12)
    nonce.writeUInt32BE(index, 8)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_LENGTH })
    cipher.setAAD(chunk)
    cipher.final()
    return cipher.getAuthTag()
  }
}

/** The error of an object that is another the second time. */
export function changed(): Error {
  return s3Error(
    'RESPONSE_UNEXPECTED',
    "The object is not the same the second time that it is fetched: it was replaced meanwhile, or S3 answers different bytes. Nothing of it that did not verify was released. Read it again, or use largeObjects: 'spool'.",
  )
}

/** Cuts a body into chunks of a fixed length, but for the last. Each chunk is overwritten by the next. */
export async function* inChunks(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  let filled = 0
  for await (const piece of body) {
    signal?.throwIfAborted()
    for (let at = 0; at < piece.length; ) {
      const taken = Math.min(piece.length - at, CHUNK_BYTES - filled)
      chunk.set(piece.subarray(at, at + taken), filled)
      at += taken
      filled += taken
      if (filled < CHUNK_BYTES) continue
      yield chunk
      filled = 0
    }
  }
  signal?.throwIfAborted()
  if (filled > 0) yield chunk.subarray(0, filled)
}
