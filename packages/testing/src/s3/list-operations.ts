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

/** One page of a listing: entries and common prefixes together fill it. */
interface Page<E> {
  readonly entries: readonly E[]
  readonly prefixes: readonly string[]
  /** What the next page comes after; undefined on the last page. */
  readonly last: string | undefined
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

/** Fills a page with the entries of sorted keys that come after a key or common prefix. */
function fill<E>(
  keys: readonly string[],
  after: string,
  { prefix, delimiter, maxKeys }: Listing,
  entriesOf: (key: string) => readonly E[],
): Page<E> {
  const entries: E[] = []
  const prefixes: string[] = []
  let last: string | undefined
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue
    const cut = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length)
    const shown = cut < 0 ? key : key.slice(0, cut + (delimiter?.length ?? 0))
    const before = Buffer.compare(Buffer.from(key), Buffer.from(after)) <= 0 || (cut >= 0 && shown === after)
    if (before || prefixes.at(-1) === shown) continue
    const found = cut < 0 ? entriesOf(key) : []
    if (cut < 0 && found.length === 0) continue
    if (entries.length + prefixes.length >= maxKeys) return { entries, prefixes, last: maxKeys === 0 ? undefined : last }
    if (cut < 0) entries.push(...found)
    else prefixes.push(shown)
    last = shown
  }
  return { entries, prefixes, last: undefined }
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
  const after = token === undefined ? (startAfter ?? '') : Buffer.from(token, 'base64url').toString()
  const page = fill(
    currentKeys(bucket.keys(), (key) => bucket.current(key)),
    after,
    listing,
    (key) => {
      const object = bucket.current(key)
      return object === undefined ? [] : [object]
    },
  )
  return {
    xml: toXml('ListBucketResult', {
      ...listing.members,
      KeyCount: page.entries.length + page.prefixes.length,
      StartAfter: startAfter === undefined ? undefined : listing.encode(startAfter),
      ContinuationToken: token,
      NextContinuationToken: page.last === undefined ? undefined : Buffer.from(page.last).toString('base64url'),
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
  const page = fill(
    currentKeys(bucket.keys(), (key) => bucket.current(key)),
    marker,
    listing,
    (key) => {
      const object = bucket.current(key)
      return object === undefined ? [] : [object]
    },
  )
  const next = listing.delimiter === undefined ? undefined : page.last
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

// A key whose newest version is a delete marker is not there, nor is a prefix that only such keys have.
function currentKeys(keys: readonly string[], current: (key: string) => StoredObject | undefined): readonly string[] {
  return keys.filter((key) => current(key) !== undefined)
}

function listObjectVersions(store: BucketStore, request: S3Request): S3Response {
  const bucket = store.bucket(request)
  const listing = readListing(request, bucket.name)
  const keyMarker = request.query.get('key-marker') ?? ''
  const versionMarker = request.query.get('version-id-marker')
  // A page may end between two versions of a key; the next then begins within that key.
  const rest = versionMarker === undefined ? [] : after(bucket.versionsOf(keyMarker), versionMarker)
  const all: Version[] = [...rest]
  const page = fill(bucket.keys(), keyMarker, { ...listing, maxKeys: Number.MAX_SAFE_INTEGER }, (key) => bucket.versionsOf(key))
  all.push(...page.entries)
  const shown = all.slice(0, listing.maxKeys)
  const prefixes = page.prefixes.slice(0, listing.maxKeys - shown.length)
  const truncated = shown.length < all.length || prefixes.length < page.prefixes.length
  const [lastVersion, lastPrefix] = [shown.at(-1), prefixes.at(-1)]
  const next =
    lastPrefix === undefined
      ? { NextKeyMarker: lastVersion?.key, NextVersionIdMarker: lastVersion?.versionId }
      : { NextKeyMarker: lastPrefix }
  return {
    xml: toXml('ListVersionsResult', {
      ...listing.members,
      KeyMarker: listing.encode(keyMarker),
      VersionIdMarker: versionMarker ?? '',
      IsTruncated: truncated,
      ...(truncated ? next : {}),
      Version: shown
        .filter((each) => each.kind === 'object')
        .map((each) => versionMembers(each, bucket.versionsOf(each.key)[0] === each, listing.encode)),
      DeleteMarker: shown
        .filter((each) => each.kind === 'marker')
        .map((each) => versionMembers(each, bucket.versionsOf(each.key)[0] === each, listing.encode)),
      CommonPrefixes: commonPrefixes(prefixes, listing.encode),
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
