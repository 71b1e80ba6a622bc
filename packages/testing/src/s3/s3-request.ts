import { S3Error } from './s3-error.ts'

/** A request as its first line and its headers tell it. */
export interface RequestHead {
  readonly method: string
  /** As it arrived, percent-encoded, without the query. */
  readonly path: string
  readonly rawQuery: string
  readonly bucket: string | undefined
  readonly key: string | undefined
  readonly query: ReadonlyMap<string, string>
  /** Names in lower case; of a presigned request, with the `x-amz-` parameters of the query. */
  readonly headers: Readonly<Record<string, string>>
  /** AWS's name of the operation. */
  readonly operation: string
}

/**
 * Reads the head of a path-style request.
 *
 * @throws `InvalidURI`, `MethodNotAllowed`
 */
export function readHead(method: string, url: string, headers: Readonly<Record<string, string>>): RequestHead {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const rawQuery = mark < 0 ? '' : url.slice(mark + 1)
  const [bucket, key] = splitPath(path)
  const query = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(rawQuery)) if (!query.has(name)) query.set(name, value)
  const hoisted = query.has('X-Amz-Signature')
    ? Object.fromEntries([...query].filter(([name]) => /^x-amz-/.test(name)).map(([name, value]) => [name.toLowerCase(), value]))
    : {}
  const effective = { ...hoisted, ...headers }
  const operation = operationOf(method, bucket, key, query, effective)
  if (operation === undefined) {
    throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405)
  }
  return { method, path, rawQuery, bucket, key, query, headers: effective, operation }
}

function splitPath(path: string): readonly [bucket: string | undefined, key: string | undefined] {
  const slash = path.indexOf('/', 1)
  const [bucket, key] = slash < 0 ? [path.slice(1), ''] : [path.slice(1, slash), path.slice(slash + 1)]
  try {
    return [decodeURIComponent(bucket) || undefined, decodeURIComponent(key) || undefined]
  } catch {
    throw new S3Error('InvalidURI', "Couldn't parse the specified URI.")
  }
}

type Route = readonly [name: string, subresource: string | undefined]

// The first whose sub-resource is in the query serves the request; undefined is for the resource itself.
const SERVICE: Readonly<Record<string, readonly Route[]>> = { GET: [['ListBuckets', undefined]] }

const BUCKET: Readonly<Record<string, readonly Route[]>> = {
  GET: [
    ['GetBucketLocation', 'location'],
    ['GetBucketVersioning', 'versioning'],
    ['ListObjectVersions', 'versions'],
    ['ListMultipartUploads', 'uploads'],
    ['ListObjectsV2', 'list-type'],
    ['ListObjects', undefined],
  ],
  HEAD: [['HeadBucket', undefined]],
  PUT: [
    ['PutBucketVersioning', 'versioning'],
    ['CreateBucket', undefined],
  ],
  POST: [['DeleteObjects', 'delete']],
  DELETE: [['DeleteBucket', undefined]],
}

const OBJECT: Readonly<Record<string, readonly Route[]>> = {
  GET: [
    ['ListParts', 'uploadId'],
    ['GetObjectAttributes', 'attributes'],
    ['GetObjectTagging', 'tagging'],
    ['GetObject', undefined],
  ],
  HEAD: [['HeadObject', undefined]],
  PUT: [
    ['UploadPart', 'uploadId'],
    ['PutObjectTagging', 'tagging'],
    ['PutObject', undefined],
  ],
  POST: [
    ['CreateMultipartUpload', 'uploads'],
    ['CompleteMultipartUpload', 'uploadId'],
    ['RestoreObject', 'restore'],
  ],
  DELETE: [
    ['AbortMultipartUpload', 'uploadId'],
    ['DeleteObjectTagging', 'tagging'],
    ['DeleteObject', undefined],
  ],
}

const COPIES: ReadonlyMap<string, string> = new Map([
  ['PutObject', 'CopyObject'],
  ['UploadPart', 'UploadPartCopy'],
])

/** Sub-resources of the API that are not served: a request for one must not pass for one on the object itself. */
const UNKNOWN = [
  'accelerate acl analytics cors encryption inventory intelligent-tiering legal-hold lifecycle logging metrics notification object-lock',
  'ownershipControls policy policyStatus publicAccessBlock replication requestPayment retention select torrent website',
].flatMap((names) => names.split(' '))

function operationOf(
  method: string,
  bucket: string | undefined,
  key: string | undefined,
  query: ReadonlyMap<string, string>,
  headers: Readonly<Record<string, string>>,
): string | undefined {
  if (UNKNOWN.some((name) => query.has(name)) || (bucket !== undefined && key === undefined && query.has('tagging'))) {
    throw new S3Error('NotImplemented', 'The embedded endpoint does not serve this sub-resource', 501)
  }
  const routes = bucket === undefined ? SERVICE : key === undefined ? BUCKET : OBJECT
  const found = routes[method]?.find(([, subresource]) => subresource === undefined || query.has(subresource))?.[0]
  if (found === undefined) return undefined
  return headers['x-amz-copy-source'] === undefined ? found : (COPIES.get(found) ?? found)
}
