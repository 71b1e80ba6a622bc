import type { Bucket } from './bucket.ts'
import type { BucketStore, S3Operation, S3Request, S3Response } from './bucket-store.ts'
import { checkRead } from './conditions.ts'
import { checkCustomerKeyOf, checksumHeaders, objectHeaders } from './object-headers.ts'
import { type ByteRange, readRange } from './range.ts'
import { invalidArgument, invalidObjectState, invalidRequest, S3Error } from './s3-error.ts'
import type { StoredObject } from './stored-object.ts'
import { toXml, type XmlMembers } from './xml.ts'

/** GetObject, HeadObject and GetObjectAttributes. */
export const readOperations: ReadonlyMap<string, S3Operation> = new Map<string, S3Operation>([
  ['GetObject', (store: BucketStore, request: S3Request) => readObject(store, request)],
  ['HeadObject', (store: BucketStore, request: S3Request) => readObject(store, request)],
  ['GetObjectAttributes', getAttributes],
])

/** The object that a request reads, with its conditions checked. */
function readable(store: BucketStore, request: S3Request): { readonly bucket: Bucket; readonly object: StoredObject } {
  const bucket = store.bucket(request)
  const object = bucket.object(request.key ?? '', request.query.get('versionId'))
  checkCustomerKeyOf(object, request.headers)
  return { bucket, object }
}

function readObject(store: BucketStore, request: S3Request): S3Response {
  const { bucket, object } = readable(store, request)
  const { headers, query, operation } = request
  const described = objectHeaders(object, bucket, store.now)
  checkRead(headers, object, () => described)
  if (operation === 'GetObject' && object.isArchived(store.now)) {
    throw invalidObjectState(object.storageClass, "The operation is not valid for the object's storage class")
  }
  const range = rangeOf(request, object)
  const content = range === undefined ? object.content : object.content.slice(range.start, range.end)
  const checksum = headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED' && range === undefined
  return {
    status: range === undefined ? 200 : 206,
    headers: {
      ...described,
      ...overrides(query),
      ...(checksum ? checksumHeaders(object.checksum) : {}),
      ...(range === undefined ? {} : { 'content-range': `bytes ${range.start}-${range.end - 1}/${object.content.size}` }),
      ...(query.has('partNumber') && object.parts.length > 0 ? { 'x-amz-mp-parts-count': String(object.parts.length) } : {}),
    },
    content,
  }
}

function rangeOf({ headers, query }: S3Request, object: StoredObject): ByteRange | undefined {
  const [range, part] = [headers.range, query.get('partNumber')]
  if (part === undefined) return range === undefined ? undefined : readRange(range, object.content.size)
  if (range !== undefined) throw invalidRequest('Cannot specify both Range header and partNumber query parameter')
  const number = Number(part)
  if (!Number.isInteger(number) || number < 1 || number > 10_000) {
    throw invalidArgument('partNumber', part, 'Part number must be an integer between 1 and 10000, inclusive')
  }
  // An object that was put in one piece has one part, whatever it says of its parts.
  const parts = object.parts.length === 0 ? [{ partNumber: 1, size: object.content.size }] : object.parts
  const index = parts.findIndex(({ partNumber }) => partNumber === number)
  const found = parts[index]
  if (found === undefined) throw new S3Error('InvalidPartNumber', 'The requested partnumber is not satisfiable', 416)
  const start = parts.slice(0, index).reduce((sum, { size }) => sum + size, 0)
  return found.size === 0 ? undefined : { start, end: start + found.size }
}

function overrides(query: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const names = ['content-type', 'content-language', 'expires', 'cache-control', 'content-disposition', 'content-encoding']
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = query.get(`response-${name}`)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

const CHECKSUM_ELEMENTS = {
  crc32: 'ChecksumCRC32',
  crc32c: 'ChecksumCRC32C',
  crc64nvme: 'ChecksumCRC64NVME',
  sha1: 'ChecksumSHA1',
  sha256: 'ChecksumSHA256',
} as const

/** The elements that tell a checksum. */
export function checksumElements(checksum: StoredObject['checksum'] | undefined): XmlMembers {
  return checksum === undefined ? {} : { [CHECKSUM_ELEMENTS[checksum.algorithm]]: checksum.value }
}

function getAttributes(store: BucketStore, request: S3Request): S3Response {
  const { bucket, object } = readable(store, request)
  const wanted = (request.headers['x-amz-object-attributes'] ?? '').split(',').map((name) => name.trim())
  if (wanted[0] === '')
    throw invalidRequest('The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty')
  const has = (name: string): boolean => wanted.includes(name)
  const listed = object.parts.every(({ checksum }) => checksum !== undefined)
  const Part = object.parts.map(({ partNumber, size, checksum }) => ({
    PartNumber: partNumber,
    Size: size,
    ...checksumElements(checksum),
  }))
  const parts = { PartsCount: object.parts.length, ...(listed ? { IsTruncated: false, Part } : {}) }
  const { 'last-modified': lastModified = '', ...described } = objectHeaders(object, bucket, store.now)
  const version = described['x-amz-version-id']
  return {
    headers: { 'last-modified': lastModified, ...(version === undefined ? {} : { 'x-amz-version-id': version }) },
    xml: toXml('GetObjectAttributesResponse', {
      ETag: has('ETag') ? object.etag : undefined,
      Checksum: has('Checksum') ? { ...checksumElements(object.checksum), ChecksumType: object.checksum.type } : undefined,
      ObjectParts: has('ObjectParts') && object.parts.length > 0 ? parts : undefined,
      StorageClass: has('StorageClass') ? object.storageClass : undefined,
      ObjectSize: has('ObjectSize') ? object.content.size : undefined,
    }),
  }
}
