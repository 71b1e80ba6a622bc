import { S3Error } from './s3-error.ts'

const MIN_CHUNK_BYTES = 8192
const MAX_LINE_BYTES = 16_384

/**
 * Takes the `aws-chunked` framing off a body:
 *
 * ```text
 * chunk    = hex-size [";chunk-signature=" hex] CRLF data CRLF
 * body     = *chunk "0" [";chunk-signature=" hex] CRLF *(name ":" value CRLF) CRLF
 * ```
 *
 * The data is passed on as views of what came in. Signatures of chunks are not checked.
 */
export class ChunkedBody {
  readonly trailers: Map<string, string> = new Map()
  readonly #onData: (bytes: Uint8Array) => void
  #state: 'size' | 'data' | 'end-of-data' | 'trailers' | 'done' = 'size'
  #line = ''
  #left = 0
  #smallBefore = false

  constructor(onData: (bytes: Uint8Array) => void) {
    this.#onData = onData
  }

  get complete(): boolean {
    return this.#state === 'done'
  }

  /** @throws `InvalidChunkSizeError`, `IncompleteBody` */
  push(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length) {
      if (this.#state === 'data') {
        const data = bytes.subarray(at, at + this.#left)
        at += data.length
        this.#left -= data.length
        this.#onData(data)
        if (this.#left === 0) this.#state = 'end-of-data'
      } else {
        const end = bytes.indexOf(0x0a, at)
        const stop = end < 0 ? bytes.length : end
        this.#line += Buffer.from(bytes.subarray(at, stop)).toString('latin1')
        if (this.#line.length > MAX_LINE_BYTES) throw malformed()
        at = stop + 1
        if (end >= 0) this.#endLine()
      }
    }
  }

  #endLine(): void {
    const line = this.#line.replace(/\r$/, '')
    this.#line = ''
    switch (this.#state) {
      case 'size':
        this.#beginChunk(line)
        break
      case 'end-of-data':
        if (line !== '') throw malformed()
        this.#state = 'size'
        break
      case 'trailers':
        if (line === '') this.#state = 'done'
        else this.#addTrailer(line)
        break
      default:
        throw malformed()
    }
  }

  #beginChunk(line: string): void {
    const size = /^([0-9a-fA-F]{1,12})(?:;|$)/.exec(line)?.[1]
    if (size === undefined) throw malformed()
    this.#left = Number.parseInt(size, 16)
    if (this.#left === 0) {
      this.#state = 'trailers'
      return
    }
    if (this.#smallBefore) {
      throw new S3Error('InvalidChunkSizeError', 'Only the last chunk is allowed to have a size less than 8192 bytes', 403)
    }
    this.#smallBefore = this.#left < MIN_CHUNK_BYTES
    this.#state = 'data'
  }

  #addTrailer(line: string): void {
    const colon = line.indexOf(':')
    if (colon < 1)
      throw new S3Error(
        'MalformedTrailerError',
        'The request contained trailing data that was not well-formed or did not conform to our published schema.',
      )
    this.trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
}

function malformed(): S3Error {
  return new S3Error('IncompleteBody', 'The request body terminated unexpectedly')
}
