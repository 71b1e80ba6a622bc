import type { BucketStore, S3Operation, S3Request, S3Response } from './bucket-store.ts'
import { checkTags, versionHeader } from './object-headers.ts'
import { invalidObjectState, malformedXml, S3Error } from './s3-error.ts'
import { parseXml, toXml } from './xml.ts'

const DAY_MS = 86_400_000

/** Tags, and copies of archived objects. */
export const detailOperations: ReadonlyMap<string, S3Operation> = new Map<string, S3Operation>([
  [
    'GetObjectTagging',
    (store: BucketStore, request: S3Request) => {
      const { bucket, object } = objectOf(store, request)
      const Tag = [...object.tags].map(([Key, Value]) => ({ Key, Value }))
      return { headers: versionHeader(object.versionId, bucket), xml: toXml('Tagging', { TagSet: { Tag } }) }
    },
  ],
  [
    'PutObjectTagging',
    (store: BucketStore, request: S3Request) => {
      const { bucket, object } = objectOf(store, request)
      const tags = parseXml(request.body.content.text(), 'Tagging').child('TagSet')?.all('Tag') ?? []
      object.tags = checkTags(tags.map((tag) => [tag.textOf('Key') ?? '', tag.textOf('Value') ?? '']))
      return { headers: versionHeader(object.versionId, bucket) }
    },
  ],
  [
    'DeleteObjectTagging',
    (store: BucketStore, request: S3Request) => {
      const { bucket, object } = objectOf(store, request)
      object.tags = new Map()
      return { status: 204, headers: versionHeader(object.versionId, bucket) }
    },
  ],
  ['RestoreObject', restoreObject],
])

function objectOf(store: BucketStore, request: S3Request) {
  const bucket = store.bucket(request)
  return { bucket, object: bucket.object(request.key ?? '', request.query.get('versionId')) }
}

function restoreObject(store: BucketStore, request: S3Request): S3Response {
  const { object } = objectOf(store, request)
  const { now } = store
  if (!object.isArchived(now) && object.restored === undefined) {
    throw invalidObjectState(object.storageClass, "Restore is not allowed for the object's current storage class")
  }
  const text = request.body.content.text()
  const days = text === '' ? 1 : Number(parseXml(text, 'RestoreRequest').textOf('Days'))
  if (!Number.isInteger(days) || days < 1) throw malformedXml()
  if (object.restored !== undefined && now < object.restored.from) {
    throw new S3Error('RestoreAlreadyInProgress', 'Object restore is already in progress', 409)
  }
  const readable = !object.isArchived(now)
  const from = readable ? (object.restored?.from ?? now) : now + store.options.restoreDelayMs
  object.restored = { from, until: Math.max(from, now) + days * DAY_MS }
  return { status: readable ? 200 : 202 }
}
