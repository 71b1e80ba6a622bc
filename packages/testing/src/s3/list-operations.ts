import { type Bucket, compareKeys } from './bucket.ts'
import type { BucketStore, S3Operation, S3Request, S3Response } from './bucket-store.ts'
import { invalidArgument } from './s3-error.ts'
import type { StoredObject, Version } from './stored-object.ts'
import { toXml, type XmlMembers } from './xml.ts'

const MAX_KEYS = 1000

/** ListObjects, ListObjectsV2 and ListObjectVersions. */
export const listOperations: ReadonlyMap<string, S3Operation> = new Map<string, S3Operation>([
  ['ListObjectsV2', listObjectsV2],
  ['ListObjects', listObjects],
  ['ListObjectVersions', listObjectVersions],
])

/** One row of a listing: an entry, or a common prefix that stands for all the keys below it. */
interface Row<E> {
  /** What the next page comes after when this row is the last. */
  readonly marker: string
  readonly entry?: E
}

/** One page of a listing: entries and common prefixes together fill it. */
interface Page<E> {
  readonly entries: readonly E[]
  readonly prefixes: readonly string[]
  readonly size: number
  /** The last row of a page that others follow. */
  readonly last: Row<E> | undefined
}

/** Common parameters of listings. */
interface Listing {
  readonly prefix: string
  readonly delimiter: string | undefined
  readonly maxKeys: number
  readonly encode: (text: string) => string
  readonly members: XmlMembers
}

function readListing({ query }: S3Request, bucketName: string): Listing {
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') || undefined
  const asked = query.get('max-keys')
  const maxKeys = asked === undefined ? MAX_KEYS : Number(asked)
  if (!Number.isInteger(maxKeys) || maxKeys < 0)
    throw invalidArgument('max-keys', asked ?? '', 'Provided max-keys not an integer or within integer range')
  const encoding = query.get('encoding-type')
  if (encoding !== undefined && encoding !== 'url')
    throw invalidArgument('encoding-type', encoding, 'Invalid Encoding Method specified in Request')
  const encode = encoding === 'url' ? (text: string) => encodeURIComponent(text).replaceAll('%2F', '/') : (text: string) => text
  return {
    prefix,
    delimiter,
    maxKeys: Math.min(maxKeys, MAX_KEYS),
    encode,
    members: {
      Name: bucketName,
      Prefix: encode(prefix),
      MaxKeys: maxKeys,
      Delimiter: delimiter === undefined ? undefined : encode(delimiter),
      EncodingType: encoding,
    },
  }
}

/** The rows of sorted keys that come after a key or common prefix. */
function rowsOf<E>(
  keys: readonly string[],
  after: string,
  { prefix, delimiter }: Listing,
  entriesOf: (key: string) => readonly E[],
): readonly Row<E>[] {
  const rows: Row<E>[] = []
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue
    const cut = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length)
    const marker = cut < 0 ? key : key.slice(0, cut + (delimiter?.length ?? 0))
    const before = compareKeys(key, after) <= 0 || (cut >= 0 && marker === after)
    if (before || (cut >= 0 && rows.at(-1)?.marker === marker)) continue
    if (cut < 0) rows.push(...entriesOf(key).map((entry) => ({ marker, entry })))
    else rows.push({ marker })
  }
  return rows
}

function pageOf<E>(rows: readonly Row<E>[], { maxKeys }: Listing): Page<E> {
  const shown = rows.slice(0, maxKeys)
  return {
    entries: shown.flatMap(({ entry }) => (entry === undefined ? [] : [entry])),
    prefixes: shown.filter(({ entry }) => entry === undefined).map(({ marker }) => marker),
    size: shown.length,
    last: shown.length < rows.length ? shown.at(-1) : undefined,
  }
}

/** A key whose newest version is a delete marker is not there, nor is a prefix that only such keys have. */
function currentPage(bucket: Bucket, after: string, listing: Listing): Page<StoredObject> {
  const current = new Map(
    bucket.keys().flatMap((key) => {
      const object = bucket.current(key)
      return object === undefined ? [] : [[key, object]]
    }),
  )
  const rows = rowsOf([...current.keys()], after, listing, (key) => {
    const object = current.get(key)
    return object === undefined ? [] : [object]
  })
  return pageOf(rows, listing)
}

function contents(objects: readonly StoredObject[], encode: (text: string) => string): readonly XmlMembers[] {
  return objects.map((object) => ({
    Key: encode(object.key),
    LastModified: new Date(object.lastModified),
    ETag: `"${object.etag}"`,
    Size: object.content.size,
    StorageClass: object.storageClass,
  }))
}

function commonPrefixes(prefixes: readonly string[], encode: (text: string) => string): readonly XmlMembers[] {
  return prefixes.map((prefix) => ({ Prefix: encode(prefix) }))
}

function listObjectsV2(store: BucketStore, request: S3Request): S3Response {
  const bucket = store.bucket(request)
  const listing = readListing(request, bucket.name)
  const token = request.query.get('continuation-token')
  const startAfter = request.query.get('start-after')
  const page = currentPage(bucket, token === undefined ? (startAfter ?? '') : Buffer.from(token, 'base64url').toString(), listing)
  return {
    xml: toXml('ListBucketResult', {
      ...listing.members,
      KeyCount: page.size,
      StartAfter: startAfter === undefined ? undefined : listing.encode(startAfter),
      ContinuationToken: token,
      NextContinuationToken: page.last === undefined ? undefined : Buffer.from(page.last.marker).toString('base64url'),
      IsTruncated: page.last !== undefined,
      Contents: contents(page.entries, listing.encode),
      CommonPrefixes: commonPrefixes(page.prefixes, listing.encode),
    }),
  }
}

function listObjects(store: BucketStore, request: S3Request): S3Response {
  const bucket = store.bucket(request)
  const listing = readListing(request, bucket.name)
  const marker = request.query.get('marker') ?? ''
  const page = currentPage(bucket, marker, listing)
  const next = listing.delimiter === undefined ? undefined : page.last?.marker
  return {
    xml: toXml('ListBucketResult', {
      ...listing.members,
      Marker: listing.encode(marker),
      NextMarker: next === undefined ? undefined : listing.encode(next),
      IsTruncated: page.last !== undefined,
      Contents: contents(page.entries, listing.encode),
      CommonPrefixes: commonPrefixes(page.prefixes, listing.encode),
    }),
  }
}

function listObjectVersions(store: BucketStore, request: S3Request): S3Response {
  const bucket = store.bucket(request)
  const listing = readListing(request, bucket.name)
  const keyMarker = request.query.get('key-marker') ?? ''
  const versionMarker = request.query.get('version-id-marker')
  // A page may end between two versions of a key; the next then begins within that key.
  const rest = versionMarker === undefined ? [] : after(bucket.versionsOf(keyMarker), versionMarker)
  const rows = [
    ...rest.map((entry) => ({ marker: keyMarker, entry })),
    ...rowsOf(bucket.keys(), keyMarker, listing, (key) => bucket.versionsOf(key)),
  ]
  const page = pageOf(rows, listing)
  const members = (kind: Version['kind']): readonly XmlMembers[] =>
    page.entries
      .filter((each) => each.kind === kind)
      .map((each) => versionMembers(each, bucket.versionsOf(each.key)[0] === each, listing.encode))
  return {
    xml: toXml('ListVersionsResult', {
      ...listing.members,
      KeyMarker: listing.encode(keyMarker),
      VersionIdMarker: versionMarker ?? '',
      IsTruncated: page.last !== undefined,
      NextKeyMarker: page.last === undefined ? undefined : listing.encode(page.last.marker),
      NextVersionIdMarker: page.last?.entry?.versionId,
      Version: members('object'),
      DeleteMarker: members('marker'),
      CommonPrefixes: commonPrefixes(page.prefixes, listing.encode),
    }),
  }
}

function after(versions: readonly Version[], versionId: string): readonly Version[] {
  const index = versions.findIndex((each) => each.versionId === versionId)
  return index < 0 ? [] : versions.slice(index + 1)
}

function versionMembers(version: Version, isLatest: boolean, encode: (text: string) => string): XmlMembers {
  const common = {
    Key: encode(version.key),
    VersionId: version.versionId,
    IsLatest: isLatest,
    LastModified: new Date(version.lastModified),
  }
  if (version.kind === 'marker') return common
  return { ...common, ETag: `"${version.etag}"`, Size: version.content.size, StorageClass: version.storageClass }
}
