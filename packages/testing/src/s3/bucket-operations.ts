import type { BucketStore, S3Operation, S3Request, S3Response } from './bucket-store.ts'
import { invalidRequest, malformedXml, S3Error } from './s3-error.ts'
import { parseXml, toXml } from './xml.ts'

const NAME = /^(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9](?!.*\.\.)[a-z0-9.-]{1,61}[a-z0-9]$/

/** Operations on buckets themselves. */
export const bucketOperations: ReadonlyMap<string, S3Operation> = new Map<string, S3Operation>([
  ['ListBuckets', listBuckets],
  ['CreateBucket', createBucket],
  ['HeadBucket', (store: BucketStore, request: S3Request) => ({ headers: { 'x-amz-bucket-region': store.bucket(request).region } })],
  ['DeleteBucket', deleteBucket],
  ['GetBucketLocation', getBucketLocation],
  ['GetBucketVersioning', getBucketVersioning],
  ['PutBucketVersioning', putBucketVersioning],
])

function listBuckets(store: BucketStore): S3Response {
  const Bucket = store.all().map(({ name, createdAt, region }) => ({
    Name: name,
    CreationDate: new Date(createdAt),
    BucketRegion: region,
  }))
  return { xml: toXml('ListAllMyBucketsResult', { Owner: { ID: store.environment.accountId }, Buckets: { Bucket } }) }
}

function createBucket(store: BucketStore, { bucket: name = '', region, headers, body }: S3Request): S3Response {
  if (!NAME.test(name)) throw new S3Error('InvalidBucketName', 'The specified bucket is not valid.', 400, { BucketName: name })
  const text = body.content.text()
  const location = text === '' ? undefined : parseXml(text, 'CreateBucketConfiguration').textOf('LocationConstraint')
  if (location !== undefined && location !== region && region !== 'us-east-1') {
    throw new S3Error(
      'IllegalLocationConstraintException',
      `The ${location} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    )
  }
  if (location === undefined && region !== 'us-east-1') {
    throw new S3Error(
      'IllegalLocationConstraintException',
      'The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.',
    )
  }
  const existing = store.find(name)
  const answer = { headers: { location: `/${name}` } }
  if (existing !== undefined) {
    if (existing.region === 'us-east-1' && region === 'us-east-1') return answer
    throw new S3Error(
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
      409,
      { BucketName: name },
    )
  }
  store.create(name, location ?? region, headers['x-amz-bucket-object-lock-enabled'] === 'true')
  return answer
}

function deleteBucket(store: BucketStore, request: S3Request): S3Response {
  const bucket = store.bucket(request)
  if (!bucket.isEmpty) {
    throw new S3Error('BucketNotEmpty', 'The bucket you tried to delete is not empty', 409, { BucketName: bucket.name })
  }
  store.remove(bucket)
  return { status: 204 }
}

function getBucketLocation(store: BucketStore, request: S3Request): S3Response {
  const { region } = store.bucket(request)
  const xml = toXml('LocationConstraint', {})
  return { xml: region === 'us-east-1' ? xml : xml.replace('></', `>${region}</`) }
}

function getBucketVersioning(store: BucketStore, request: S3Request): S3Response {
  return { xml: toXml('VersioningConfiguration', { Status: store.bucket(request).versioning }) }
}

function putBucketVersioning(store: BucketStore, request: S3Request): S3Response {
  const bucket = store.bucket(request)
  const status = parseXml(request.body.content.text(), 'VersioningConfiguration').textOf('Status')
  if (status !== 'Enabled' && status !== 'Suspended') throw malformedXml()
  if (status === 'Suspended' && bucket.objectLock) {
    throw invalidRequest('An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.')
  }
  bucket.versioning = status
  return {}
}
