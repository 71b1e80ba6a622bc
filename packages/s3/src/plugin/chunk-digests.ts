import { type CipherGCM, createCipheriv, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto'
import { s3Error } from '../errors.ts'

/** Bytes that are held, and compared, at a time. */
export const CHUNK_BYTES: number = 2 ** 20

const TAG_LENGTH = 16

/** A piece of a body, and whether a chunk ends with it. */
interface Part {
  readonly bytes: Uint8Array
  readonly endsChunk: boolean
}

/**
 * What came the first time, as one code for each chunk: AES-GMAC under a key that nobody else has, with the chunk's number as nonce. A digest without
 * a key would do as well and costs ten times as much; ETags prove nothing, since S3 makes them.
 */
export class ChunkDigests {
  readonly #key: KeyObject = createSecretKey(randomBytes(32))
  readonly #codes: Buffer[] = []

  /** Takes the body the first time, in pieces of any size. */
  writer(): ChunkWriter {
    return new ChunkWriter(this.#key, (code) => this.#codes.push(code))
  }

  /** Takes it the second time. `verified` is told when the next chunk is the one that was noted. */
  reader(verified: () => void): ChunkWriter {
    let index = 0
    return new ChunkWriter(
      this.#key,
      (code) => {
        const noted = this.#codes[index]
        index += 1
        if (noted === undefined || !timingSafeEqual(code, noted)) throw changed()
        verified()
      },
      () => {
        if (index !== this.#codes.length) throw changed()
      },
    )
  }
}

/** Makes the codes of a body's chunks. */
export class ChunkWriter {
  readonly #key: KeyObject
  readonly #chunk: (code: Buffer) => void
  readonly #done: () => void
  #index = 0
  #filled = 0
  #cipher: CipherGCM | undefined

  constructor(key: KeyObject, chunk: (code: Buffer) => void, done: () => void = () => undefined) {
    this.#key = key
    this.#chunk = chunk
    this.#done = done
  }

  /** Cuts a piece where chunks end. Each part has to be handed to {@link add}. */
  *cut(piece: Uint8Array): Generator<Part, void, undefined> {
    for (let at = 0; at < piece.length; ) {
      const bytes = piece.subarray(at, at + CHUNK_BYTES - this.#filled)
      at += bytes.length
      yield { bytes, endsChunk: this.#filled + bytes.length === CHUNK_BYTES }
    }
  }

  /** Takes the next part. */
  add({ bytes, endsChunk }: Part): void {
    this.#cipher ??= this.#newCipher()
    // Additional data comes in pieces like any other.
    this.#cipher.setAAD(bytes)
    this.#filled += bytes.length
    if (endsChunk) this.#end()
  }

  /** Ends the body. */
  end(): void {
    if (this.#filled > 0) this.#end()
    this.#done()
  }

  #end(): void {
    const cipher = this.#cipher ?? this.#newCipher()
    cipher.final()
    this.#cipher = undefined
    this.#filled = 0
    this.#index += 1
    this.#chunk(cipher.getAuthTag())
  }

  #newCipher(): CipherGCM {
    const nonce = Buffer.alloc(12)
    nonce.writeUInt32BE(this.#index, 8)
    return createCipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_LENGTH })
  }
}

function changed(): Error {
  return s3Error(
    'RESPONSE_UNEXPECTED',
    "The object is not the same the second time that it is fetched: it was replaced meanwhile, or S3 answers different bytes. Nothing of it that did not verify was released. Read it again, or use largeObjects: 'spool'.",
  )
}
