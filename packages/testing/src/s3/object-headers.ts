import { createHash } from 'node:crypto'
import type { Bucket } from './bucket.ts'
import type { Checksum } from './checksum.ts'
import { invalidArgument, invalidRequest, S3Error } from './s3-error.ts'
import type { NewObject, StoredObject } from './stored-object.ts'
import { readUserMetadata, userMetadataHeaders } from './user-metadata.ts'

type Headers = Readonly<Record<string, string>>

const ENCRYPTION = 'x-amz-server-side-encryption'
const CUSTOMER = `${ENCRYPTION}-customer`

/** Headers that describe what is in an object: a copy takes them along, or replaces them. */
const CONTENT_HEADERS = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
  'x-amz-website-redirect-location',
]

/** Headers that belong to how an object is kept: each request says them anew. */
const KEEPING_HEADERS = [
  ENCRYPTION,
  `${ENCRYPTION}-aws-kms-key-id`,
  `${ENCRYPTION}-bucket-key-enabled`,
  `${CUSTOMER}-algorithm`,
  `${CUSTOMER}-key-md5`,
  'x-amz-object-lock-mode',
  'x-amz-object-lock-retain-until-date',
  'x-amz-object-lock-legal-hold',
]

const STORAGE_CLASSES = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'GLACIER_IR',
]

/** What a request says of the object it makes; of a copy that keeps the metadata, the source gives what describes the content. */
export function readObject(
  headers: Headers,
  bucket: Bucket,
  source?: StoredObject,
): Pick<NewObject, 'headers' | 'metadata' | 'storageClass' | 'tags'> {
  const storageClass = headers['x-amz-storage-class'] ?? 'STANDARD'
  if (!STORAGE_CLASSES.includes(storageClass)) {
    throw new S3Error('InvalidStorageClass', 'The storage class you specified is not valid')
  }
  if (headers['x-amz-object-lock-mode'] !== undefined && !bucket.objectLock) {
    throw invalidRequest('Bucket is missing Object Lock Configuration')
  }
  checkCustomerKey(headers)
  const encryption = headers[`${CUSTOMER}-algorithm`] === undefined ? { [ENCRYPTION]: 'AES256' } : {}
  return {
    headers: {
      ...encryption,
      ...pick(source?.headers ?? { 'content-type': 'binary/octet-stream', ...withoutFraming(headers) }, CONTENT_HEADERS),
      ...pick(headers, KEEPING_HEADERS),
    },
    metadata: source?.metadata ?? readUserMetadata(headers),
    storageClass,
    tags: readTags(headers['x-amz-tagging'] ?? ''),
  }
}

/** Whether the ETag of an object is the MD5 of its content. */
export function etagIsMd5(headers: Headers): boolean {
  return headers[`${CUSTOMER}-algorithm`] === undefined && !(headers[ENCRYPTION] ?? '').startsWith('aws:kms')
}

/** The encryption headers, as answers of writes repeat them. */
export function encryptionHeaders(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith(ENCRYPTION)))
}

/**
 * Checks that a request brings the customer's key of an object, if it has one.
 *
 * @throws `InvalidRequest`, `AccessDenied`
 */
export function checkCustomerKeyOf(object: StoredObject, headers: Headers, prefix = 'x-amz-'): void {
  const name = `${prefix}server-side-encryption-customer-key-md5`
  const [expected, given] = [object.headers[`${CUSTOMER}-key-md5`], headers[name]]
  if (expected === undefined && given !== undefined) {
    throw invalidRequest('The encryption parameters are not applicable to this object.')
  }
  if (expected === given) return
  if (given !== undefined) throw new S3Error('AccessDenied', 'Access Denied', 403)
  throw invalidRequest(
    'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
  )
}

/** Everything that GET and HEAD tell about an object beside its length. */
export function objectHeaders(object: StoredObject, bucket: Bucket, now: number): Headers {
  const restore = object.restoreHeader(now)
  return {
    'accept-ranges': 'bytes',
    'last-modified': new Date(object.lastModified).toUTCString(),
    etag: `"${object.etag}"`,
    ...object.headers,
    ...userMetadataHeaders(object.metadata),
    ...versionHeader(object.versionId, bucket),
    ...(object.storageClass === 'STANDARD' ? {} : { 'x-amz-storage-class': object.storageClass }),
    ...(restore === undefined ? {} : { 'x-amz-restore': restore }),
    ...(object.tags.size === 0 ? {} : { 'x-amz-tagging-count': String(object.tags.size) }),
  }
}

export function versionHeader(versionId: string, bucket: Bucket): Headers {
  return bucket.versioning === undefined ? {} : { 'x-amz-version-id': versionId }
}

export function checksumHeaders({ algorithm, value, type }: Checksum): Headers {
  return { [`x-amz-checksum-${algorithm}`]: value, 'x-amz-checksum-type': type }
}

/** @throws `InvalidTag` */
function readTags(text: string): ReadonlyMap<string, string> {
  return checkTags([...new URLSearchParams(text)])
}

/** @throws `InvalidTag` */
export function checkTags(entries: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  const tags = new Map(entries)
  if (tags.size < entries.length) throw new S3Error('InvalidTag', 'Cannot provide multiple Tags with the same key')
  if (tags.size > 10) throw new S3Error('BadRequest', 'Object tags cannot be greater than 10')
  if (entries.some(([key, value]) => key === '' || key.length > 128 || value.length > 256)) {
    throw new S3Error('InvalidTag', 'The TagKey or TagValue you have provided is invalid')
  }
  return tags
}

function checkCustomerKey(headers: Headers): void {
  const algorithm = headers[`${CUSTOMER}-algorithm`]
  if (algorithm === undefined) return
  const key = Buffer.from(headers[`${CUSTOMER}-key`] ?? '', 'base64')
  if (algorithm !== 'AES256') throw invalidArgument(`${CUSTOMER}-algorithm`, algorithm, 'The encryption method specified is not supported')
  if (key.length !== 32 || createHash('md5').update(key).digest('base64') !== headers[`${CUSTOMER}-key-md5`]) {
    throw invalidArgument(`${CUSTOMER}-key`, '', 'The secret key was invalid for the specified algorithm.')
  }
}

function withoutFraming(headers: Headers): Headers {
  const encoding = headers['content-encoding']
  if (encoding === undefined) return headers
  const { 'content-encoding': _, ...rest } = headers
  const kept = encoding
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '' && each !== 'aws-chunked')
  return kept.length === 0 ? rest : { ...rest, 'content-encoding': kept.join(',') }
}

function pick(headers: Headers, names: readonly string[]): Headers {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
