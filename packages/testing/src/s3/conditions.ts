import { invalidArgument, noSuchKey, preconditionFailed, S3Error } from './s3-error.ts'
import type { StoredObject } from './stored-object.ts'

type Headers = Readonly<Record<string, string>>

/**
 * Checks the conditions of a read: those on the ETag go before those on the date, as RFC 9110 has it.
 *
 * @throws `PreconditionFailed`, `NotModified`
 */
export function checkRead(headers: Headers, object: StoredObject, objectHeaders: () => Headers): void {
  const match = headers['if-match']
  if (match !== undefined) {
    if (!lists(match, object.etag)) throw preconditionFailed('If-Match')
  } else if (isSooner(headers['if-unmodified-since'], object)) throw preconditionFailed('If-Unmodified-Since')
  const noneMatch = headers['if-none-match']
  const unmodified = noneMatch === undefined ? isUnmodified(headers['if-modified-since'], object) : lists(noneMatch, object.etag)
  if (unmodified) throw new S3Error('NotModified', 'Not Modified', 304, {}, objectHeaders())
}

/**
 * Checks the conditions on the source of a copy.
 *
 * @throws `PreconditionFailed`
 */
export function checkCopySource(headers: Headers, object: StoredObject): void {
  const match = headers['x-amz-copy-source-if-match']
  if (match !== undefined) {
    if (!lists(match, object.etag)) throw preconditionFailed('x-amz-copy-source-If-Match')
  } else if (isSooner(headers['x-amz-copy-source-if-unmodified-since'], object)) {
    throw preconditionFailed('x-amz-copy-source-If-Unmodified-Since')
  }
  const noneMatch = headers['x-amz-copy-source-if-none-match']
  if (noneMatch !== undefined) {
    if (lists(noneMatch, object.etag)) throw preconditionFailed('x-amz-copy-source-If-None-Match')
  } else if (isUnmodified(headers['x-amz-copy-source-if-modified-since'], object)) {
    throw preconditionFailed('x-amz-copy-source-If-Modified-Since')
  }
}

/**
 * Checks the conditions of a write on the object that it replaces.
 *
 * @throws `PreconditionFailed`, `NoSuchKey`
 */
export function checkWrite(headers: Headers, key: string, current: StoredObject | undefined): void {
  const [match, noneMatch] = [headers['if-match'], headers['if-none-match']]
  if (noneMatch !== undefined) {
    if (noneMatch !== '*') {
      throw new S3Error('NotImplemented', 'A header you provided implies functionality that is not implemented', 501, {
        Header: 'If-None-Match',
      })
    }
    if (current !== undefined) throw preconditionFailed('If-None-Match')
  }
  if (match === undefined) return
  if (current === undefined) throw noSuchKey(key)
  if (match !== '*' && !lists(match, current.etag)) throw preconditionFailed('If-Match')
}

function lists(header: string, etag: string): boolean {
  return header.split(',').some((each) => {
    const name = each.trim()
    return name === '*' || name.replace(/^"(.*)"$/, '$1') === etag
  })
}

function isSooner(header: string | undefined, { lastModified }: StoredObject): boolean {
  return header !== undefined && Math.floor(lastModified / 1000) > dateOf(header)
}

function isUnmodified(header: string | undefined, { lastModified }: StoredObject): boolean {
  return header !== undefined && Math.floor(lastModified / 1000) <= dateOf(header)
}

function dateOf(header: string): number {
  const milliseconds = Date.parse(header)
  if (Number.isNaN(milliseconds)) throw invalidArgument('date', header, 'Bad date')
  return Math.floor(milliseconds / 1000)
}
