import type { Bucket } from './bucket.ts'
import type { BucketStore, S3Operation, S3Request, S3Response } from './bucket-store.ts'
import { algorithmNamed, type Checksum, fullChecksum, hashContent } from './checksum.ts'
import { checkCopySource, checkWrite } from './conditions.ts'
import type { Content } from './content.ts'
import { checkCustomerKeyOf, checksumHeaders, encryptionHeaders, etagIsMd5, readObject, versionHeader } from './object-headers.ts'
import { checksumElements } from './read-operations.ts'
import { invalidArgument, invalidRequest, S3Error } from './s3-error.ts'
import type { NewObject, StoredObject } from './stored-object.ts'
import { toXml } from './xml.ts'

/** PutObject and CopyObject. */
export const writeOperations: ReadonlyMap<string, S3Operation> = new Map<string, S3Operation>([
  ['PutObject', putObject],
  ['CopyObject', copyObject],
])

function putObject(store: BucketStore, request: S3Request): S3Response {
  const bucket = store.bucket(request)
  const key = keyOf(request)
  checkWrite(request.headers, key, bucket.current(key))
  const { content, md5, checksum } = request.body
  const object = readObject(request.headers, bucket)
  const etag = etagIsMd5(object.headers) ? Buffer.from(md5).toString('hex') : store.newEtag()
  const stored = bucket.add({ ...object, key, content, etag, checksum, parts: [] })
  return { headers: writtenHeaders(stored, bucket, checksum) }
}

/**
 * The key of a request that writes.
 *
 * @throws `KeyTooLongError`
 */
export function keyOf({ key = '' }: S3Request): string {
  const size = Buffer.byteLength(key)
  if (size > 1024) throw new S3Error('KeyTooLongError', 'Your key is too long', 400, { Size: size, MaxSizeAllowed: 1024 })
  return key
}

/** What is answered about an object that was written. */
export function writtenHeaders(stored: StoredObject, bucket: Bucket, checksum: Checksum | undefined): Readonly<Record<string, string>> {
  return {
    etag: `"${stored.etag}"`,
    ...versionHeader(stored.versionId, bucket),
    ...encryptionHeaders(stored.headers),
    ...(checksum === undefined ? {} : checksumHeaders(checksum)),
  }
}

/** The source of a copy. */
export interface CopySource {
  readonly bucket: Bucket
  readonly object: StoredObject
}

/**
 * Reads x-amz-copy-source and checks the conditions on it.
 *
 * @throws `InvalidArgument`, `NoSuchKey`, `PreconditionFailed`, `ObjectNotInActiveTierError` and others
 */
export function copySourceOf(store: BucketStore, request: S3Request): CopySource {
  const header = request.headers['x-amz-copy-source'] ?? ''
  const [, name, encodedKey, versionId] = /^\/?([^/?]+)\/([^?]+)(?:\?versionId=(.+))?$/.exec(header) ?? []
  if (name === undefined || encodedKey === undefined) {
    throw invalidArgument('x-amz-copy-source', header, 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey')
  }
  const bucket = store.inRegion(name, request.region)
  const object = bucket.object(decodeURIComponent(encodedKey), versionId)
  checkCustomerKeyOf(object, request.headers, 'x-amz-copy-source-')
  checkCopySource(request.headers, object)
  if (object.isArchived(store.now)) {
    throw new S3Error(
      'ObjectNotInActiveTierError',
      'The source object of the COPY action is not in the active tier and is only stored in Amazon S3 Glacier.',
      403,
    )
  }
  return { bucket, object }
}

function copyObject(store: BucketStore, request: S3Request): S3Response {
  const bucket = store.bucket(request)
  const key = keyOf(request)
  const source = copySourceOf(store, request)
  const { headers } = request
  const replaces = directive(headers, 'x-amz-metadata-directive') === 'REPLACE'
  const changes = ['x-amz-storage-class', 'x-amz-website-redirect-location', 'x-amz-server-side-encryption']
  const onItself = source.bucket === bucket && source.object === bucket.current(key)
  if (onItself && !replaces && !changes.some((name) => headers[name] !== undefined)) {
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    )
  }
  checkWrite(headers, key, bucket.current(key))
  const { content } = source.object
  const read = readObject(headers, bucket, replaces ? undefined : source.object)
  const tags = directive(headers, 'x-amz-tagging-directive') === 'REPLACE' ? read.tags : source.object.tags
  const checksum = copiedChecksum(source.object, content, headers['x-amz-checksum-algorithm'])
  const stored = bucket.add({ ...read, tags, key, content, etag: copiedEtag(store, read, source.object), checksum, parts: [] })
  return {
    headers: {
      ...versionHeader(stored.versionId, bucket),
      ...encryptionHeaders(stored.headers),
      ...sourceVersionHeader(source),
    },
    xml: toXml('CopyObjectResult', {
      LastModified: new Date(stored.lastModified),
      ETag: `"${stored.etag}"`,
      ...checksumElements(checksum),
      ChecksumType: checksum?.type,
    }),
  }
}

export function sourceVersionHeader({ bucket, object }: CopySource): Readonly<Record<string, string>> {
  return bucket.versioning === undefined ? {} : { 'x-amz-copy-source-version-id': object.versionId }
}

function directive(headers: Readonly<Record<string, string>>, name: string): string {
  const value = headers[name] ?? 'COPY'
  if (value !== 'COPY' && value !== 'REPLACE') throw invalidArgument(name, value, `Unknown ${name}.`)
  return value
}

// A copy is in one piece: the ETag and the checksum of an upload in parts do not come along.
function copiedEtag(store: BucketStore, read: Pick<NewObject, 'headers'>, source: StoredObject): string {
  if (!etagIsMd5(read.headers)) return store.newEtag()
  const same = etagIsMd5(source.headers) && source.parts.length === 0
  return same ? source.etag : Buffer.from(hashContent('md5', source.content)).toString('hex')
}

function copiedChecksum(source: StoredObject, content: Content, name: string | undefined): Checksum | undefined {
  const algorithm = algorithmNamed(name)
  if (name !== undefined && algorithm === undefined) {
    throw invalidRequest(
      'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
    )
  }
  const { checksum } = source
  if (algorithm === undefined ? checksum.type === 'FULL_OBJECT' : checksum.algorithm === algorithm && checksum.type === 'FULL_OBJECT') {
    return checksum
  }
  return fullChecksum(algorithm ?? checksum.algorithm, content)
}
