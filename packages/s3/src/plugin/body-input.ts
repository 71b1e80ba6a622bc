import { fstat, stat } from 'node:fs'
import { promisify } from 'node:util'
import { StrongroomError } from '@strongroom/core'
import { s3Error } from '../errors.ts'

/** The body of an object that is to be encrypted. */
export type BodyInput =
  | { readonly bytes: Uint8Array }
  | {
      readonly stream: AsyncIterable<Uint8Array>
      /** Bytes that it has, where that is known. */
      readonly length: number | undefined
    }

/**
 * Takes a body in whatever form the SDK takes it. Bytes are copied: whoever gave them may change them while the call waits.
 *
 * @param contentLength - the call's `ContentLength`, in bytes of the plaintext.
 * @throws `INPUT_INVALID`, `LENGTH_MISMATCH`
 */
export async function readBody(body: unknown, contentLength: number | undefined): Promise<BodyInput> {
  const bytes = bytesOf(body)
  if (bytes !== undefined) {
    if (contentLength !== undefined && contentLength !== bytes.length)
      throw s3Error('LENGTH_MISMATCH', `ContentLength is ${contentLength}, and Body has ${bytes.length} bytes.`, {
        option: 'ContentLength',
      })
    return { bytes }
  }
  if (body instanceof Blob) return { stream: body.stream(), length: contentLength ?? body.size }
  if (typeof body === 'object' && body !== null && Symbol.asyncIterator in body)
    return { stream: body as AsyncIterable<Uint8Array>, length: contentLength ?? (await fileLength(body as FileStream)) }
  throw new StrongroomError('INPUT_INVALID', 'Body must be bytes, a string, a Blob, a Readable or a ReadableStream.', { option: 'Body' })
}

function bytesOf(body: unknown): Uint8Array | undefined {
  if (body === undefined || body === null) return new Uint8Array(0)
  if (typeof body === 'string') return new TextEncoder().encode(body)
  if (body instanceof ArrayBuffer) return new Uint8Array(body.slice(0))
  if (!ArrayBuffer.isView(body)) return undefined
  return Uint8Array.from(new Uint8Array(body.buffer, body.byteOffset, body.byteLength))
}

interface FileStream {
  readonly path?: unknown
  readonly fd?: unknown
  readonly start?: unknown
  readonly end?: unknown
  readonly bytesRead?: unknown
}

/** Bytes that a stream of a file will give; undefined for any other. */
async function fileLength(body: FileStream): Promise<number | undefined> {
  const { path, fd, start, end, bytesRead } = body
  if (bytesRead !== 0) return undefined
  try {
    const facts =
      typeof fd === 'number'
        ? await promisify(fstat)(fd)
        : typeof path === 'string' || Buffer.isBuffer(path)
          ? await promisify(stat)(path)
          : undefined
    if (facts?.isFile() !== true) return undefined
    const last = typeof end === 'number' && Number.isFinite(end) ? Math.min(end + 1, facts.size) : facts.size
    return Math.max(0, last - (typeof start === 'number' ? start : 0))
  } catch {
    // It cannot be read, which reading it will say better.
    return undefined
  }
}
