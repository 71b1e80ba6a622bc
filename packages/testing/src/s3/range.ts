import { S3Error } from './s3-error.ts'

/** Bytes of an object from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * The range that a Range header asks for. What is no single range of bytes is ignored, as S3 does: the whole object is answered.
 *
 * @throws `InvalidRange` when no byte of the object is in it.
 */
export function readRange(header: string, size: number): ByteRange | undefined {
  const [match, first = '', last = ''] = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/.exec(header) ?? []
  if (match === undefined || (first === '' && last === '')) return undefined
  if (first === '') {
    const length = Number(last)
    if (length === 0 || size === 0) throw invalidRange(header, size)
    return { start: Math.max(0, size - length), end: size }
  }
  if (last !== '' && Number(last) < Number(first)) return undefined
  if (Number(first) >= size) throw invalidRange(header, size)
  return { start: Number(first), end: last === '' ? size : Math.min(size, Number(last) + 1) }
}

function invalidRange(header: string, size: number): S3Error {
  return new S3Error('InvalidRange', 'The requested range is not satisfiable', 416, { RangeRequested: header, ActualObjectSize: size })
}
