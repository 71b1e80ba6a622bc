import { ALGORITHMS, type Algorithm, CHECKSUM_BYTES, type Checksum, hasherOf } from './checksum.ts'
import { ChunkedBody } from './chunked-body.ts'
import { Content } from './content.ts'
import type { Hasher } from './crc.ts'
import { invalidRequest, S3Error } from './s3-error.ts'

/** The body of a request, whole and verified. */
export interface ReceivedBody {
  readonly content: Content
  readonly md5: Uint8Array
  /** What the client sent along, verified. */
  readonly checksum?: Checksum
}

type Headers = Readonly<Record<string, string>>

/** Receives a body as it comes in: takes the framing off, hashes, and verifies at the end. */
export class BodyReceiver {
  readonly #headers: Headers
  readonly #raw: Uint8Array[] = []
  readonly #chunks: Uint8Array[] = []
  readonly #md5: Hasher = hasherOf('md5')
  readonly #sha256: Hasher | undefined
  readonly #expected: { readonly algorithm: Algorithm; readonly value?: string } | undefined
  readonly #checksum: Hasher | undefined
  readonly #framing: ChunkedBody | undefined
  #size = 0
  #error: unknown

  constructor(headers: Headers) {
    this.#headers = headers
    try {
      this.#expected = expectedChecksum(headers)
    } catch (error) {
      this.#error = error
    }
    this.#checksum = this.#expected && hasherOf(this.#expected.algorithm)
    const signed = headers['x-amz-content-sha256'] ?? ''
    this.#sha256 = /^[0-9a-f]{64}$/.test(signed) ? hasherOf('sha256') : undefined
    this.#framing = signed.startsWith('STREAMING-') ? new ChunkedBody((bytes) => this.#take(bytes)) : undefined
  }

  /** The bytes as they came in, framing included. */
  get raw(): Content {
    return new Content(this.#raw)
  }

  /** A body that is known to be wrong is still read to its end, so that the client gets to read the answer. */
  push(bytes: Uint8Array): void {
    this.#raw.push(bytes)
    if (this.#error !== undefined) return
    try {
      if (this.#framing === undefined) this.#take(bytes)
      else this.#framing.push(bytes)
    } catch (error) {
      this.#error = error
    }
  }

  /** @throws `BadDigest`, `IncompleteBody`, `InvalidDigest`, `InvalidRequest`, `XAmzContentSHA256Mismatch` and others */
  finish(): ReceivedBody {
    if (this.#error !== undefined) throw this.#error
    this.#checkLength()
    const md5 = this.#md5.digest()
    this.#checkMd5(md5)
    if (this.#sha256 !== undefined && Buffer.from(this.#sha256.digest()).toString('hex') !== this.#headers['x-amz-content-sha256']) {
      throw new S3Error('XAmzContentSHA256Mismatch', "The provided 'x-amz-content-sha256' header does not match what was computed.")
    }
    const checksum = this.#checkedChecksum()
    return { content: new Content(this.#chunks), md5, ...(checksum === undefined ? {} : { checksum }) }
  }

  #take(bytes: Uint8Array): void {
    this.#chunks.push(bytes)
    this.#size += bytes.length
    this.#md5.update(bytes)
    this.#sha256?.update(bytes)
    this.#checksum?.update(bytes)
  }

  #checkLength(): void {
    if (this.#framing === undefined) return
    const decoded = this.#headers['x-amz-decoded-content-length']
    if (decoded === undefined) throw missingLength()
    if (!this.#framing.complete || this.#size !== Number(decoded)) {
      throw new S3Error('IncompleteBody', 'The request body terminated unexpectedly')
    }
  }

  #checkMd5(md5: Uint8Array): void {
    const expected = this.#headers['content-md5']
    if (expected === undefined) return
    if (!isBase64(expected, 16)) throw new S3Error('InvalidDigest', 'The Content-MD5 you specified was invalid.')
    if (Buffer.from(md5).toString('base64') !== expected) {
      throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.')
    }
  }

  #checkedChecksum(): Checksum | undefined {
    if (this.#expected === undefined || this.#checksum === undefined) return undefined
    const { algorithm } = this.#expected
    const name = `x-amz-checksum-${algorithm}`
    const expected = this.#expected.value ?? this.#framing?.trailers.get(name)
    if (expected === undefined) {
      throw new S3Error('MalformedTrailerError', `The request contained no trailer ${name}, which x-amz-trailer announced.`)
    }
    if (!isBase64(expected, CHECKSUM_BYTES[algorithm])) throw invalidRequest(`Value for ${name} header is invalid.`)
    const value = Buffer.from(this.#checksum.digest()).toString('base64')
    if (value !== expected) {
      throw new S3Error('BadDigest', `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`)
    }
    return { algorithm, value, type: 'FULL_OBJECT' }
  }
}

/** The length was neither in Content-Length nor in x-amz-decoded-content-length. */
export function missingLength(): S3Error {
  return new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411)
}

function expectedChecksum(headers: Headers): { algorithm: Algorithm; value?: string } | undefined {
  const announced = headers['x-amz-trailer']?.split(',').map((name) => name.trim().toLowerCase()) ?? []
  const found = ALGORITHMS.flatMap((algorithm) => {
    const name = `x-amz-checksum-${algorithm}`
    const value = headers[name]
    if (value !== undefined) return [{ algorithm, value }]
    return announced.includes(name) ? [{ algorithm }] : []
  })
  if (found.length > 1) throw invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.')
  const [only] = found
  if (only === undefined && headers['x-amz-sdk-checksum-algorithm'] !== undefined) {
    throw invalidRequest(
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    )
  }
  return only
}

function isBase64(text: string, bytes: number): boolean {
  const decoded = Buffer.from(text, 'base64')
  return decoded.length === bytes && decoded.toString('base64') === text
}
