import type { Bucket } from './bucket.ts'
import type { BucketStore, S3Operation, S3Request, S3Response } from './bucket-store.ts'
import { checkWrite } from './conditions.ts'
import { invalidRequest, malformedXml, S3Error } from './s3-error.ts'
import { parseXml, toXml, type XmlMembers } from './xml.ts'

/** DeleteObject and DeleteObjects. */
export const deleteOperations: ReadonlyMap<string, S3Operation> = new Map<string, S3Operation>([
  ['DeleteObject', deleteObject],
  ['DeleteObjects', deleteObjects],
])

/** What became of a deletion. */
interface Deletion {
  readonly versionId?: string
  /** Whether a marker was made, or deleted. */
  readonly marker: boolean
}

function deleteObject(store: BucketStore, request: S3Request): S3Response {
  const bucket = store.bucket(request)
  const key = request.key ?? ''
  const { 'if-match': match } = request.headers
  if (match !== undefined) checkWrite({ 'if-match': match }, key, bucket.current(key))
  const { versionId, marker } = remove(store, bucket, key, request.query.get('versionId'), request.headers)
  return {
    status: 204,
    headers: {
      ...(versionId === undefined ? {} : { 'x-amz-version-id': versionId }),
      ...(marker ? { 'x-amz-delete-marker': 'true' } : {}),
    },
  }
}

function remove(
  store: BucketStore,
  bucket: Bucket,
  key: string,
  versionId: string | undefined,
  headers: Readonly<Record<string, string>>,
): Deletion {
  if (versionId === undefined) {
    const made = bucket.delete(key)
    return made === undefined ? { marker: false } : { versionId: made.versionId, marker: true }
  }
  checkLock(store, bucket, key, versionId, headers['x-amz-bypass-governance-retention'] === 'true')
  const deleted = bucket.deleteVersion(key, versionId)
  return { versionId, marker: deleted?.kind === 'marker' }
}

function checkLock(store: BucketStore, bucket: Bucket, key: string, versionId: string, bypass: boolean): void {
  const version = bucket.versionsOf(key).find((each) => each.versionId === versionId)
  if (version?.kind !== 'object') return
  const { headers } = version
  const until = Date.parse(headers['x-amz-object-lock-retain-until-date'] ?? '')
  const retained = until > store.now && !(bypass && headers['x-amz-object-lock-mode'] === 'GOVERNANCE')
  if (!retained && headers['x-amz-object-lock-legal-hold'] !== 'ON') return
  throw new S3Error('AccessDenied', 'Access Denied because object protected by object lock.', 403)
}

function deleteObjects(store: BucketStore, request: S3Request): S3Response {
  const bucket = store.bucket(request)
  if (request.headers['content-md5'] === undefined && request.body.checksum === undefined) {
    throw invalidRequest('Missing required header for this request: Content-MD5')
  }
  const root = parseXml(request.body.content.text(), 'Delete')
  const objects = root.all('Object')
  if (objects.length === 0 || objects.length > 1000) throw malformedXml()
  const Deleted: XmlMembers[] = []
  const Errors: XmlMembers[] = []
  for (const object of objects) {
    const Key = object.textOf('Key')
    const VersionId = object.textOf('VersionId')
    if (Key === undefined) throw malformedXml()
    try {
      const etag = object.textOf('ETag')
      if (etag !== undefined) checkWrite({ 'if-match': etag }, Key, bucket.current(Key))
      const { versionId, marker } = remove(store, bucket, Key, VersionId, request.headers)
      Deleted.push({
        Key,
        VersionId,
        DeleteMarker: marker || undefined,
        DeleteMarkerVersionId: marker ? versionId : undefined,
      })
    } catch (error) {
      if (!(error instanceof S3Error)) throw error
      Errors.push({ Key, VersionId, Code: error.name, Message: error.message })
    }
  }
  const quiet = root.textOf('Quiet') === 'true'
  return { xml: toXml('DeleteResult', { Deleted: quiet ? undefined : Deleted, Error: Errors }) }
}
