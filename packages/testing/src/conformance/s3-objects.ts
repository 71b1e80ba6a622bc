import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectAttributesCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  RestoreObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { type ConformanceCheck, refused } from './check.ts'
import { pattern, refusedWithStatus, withBucket } from './s3-bucket.ts'

/** Single objects: put, get, head, delete. */
export const s3ObjectChecks: readonly ConformanceCheck<S3Client>[] = [
  {
    name: 'an object comes back byte for byte with what describes it',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const bytes = pattern(100_000)
        const { ETag } = await bucket.put('a/b c+é.bin', bytes, {
          ContentType: 'text/x-test',
          ContentEncoding: 'identity',
          ContentDisposition: 'attachment',
          ContentLanguage: 'de',
          CacheControl: 'no-store',
        })
        assert.equal(ETag, `"${createHash('md5').update(bytes).digest('hex')}"`)
        const got = await bucket.get('a/b c+é.bin')
        assert.deepEqual(got.bytes, bytes)
        assert.deepEqual(
          [
            got.ETag,
            got.ContentLength,
            got.ContentType,
            got.ContentEncoding,
            got.ContentDisposition,
            got.ContentLanguage,
            got.CacheControl,
          ],
          [ETag, 100_000, 'text/x-test', 'identity', 'attachment', 'de', 'no-store'],
        )
        assert.equal(got.AcceptRanges, 'bytes')
        assert.equal(got.ContentRange, undefined)
      })
    },
  },
  {
    name: 'an object can be empty',
    async run(client) {
      await withBucket(client, async (bucket) => {
        await bucket.put('empty', '')
        const got = await bucket.get('empty')
        assert.equal(got.ContentLength, 0)
        assert.equal(got.bytes.length, 0)
      })
    },
  },
  {
    name: 'HEAD tells what GET tells, and only a status when there is nothing',
    async run(client) {
      await withBucket(client, async ({ name: Bucket }) => {
        const head = (Key: string): Promise<unknown> => client.send(new HeadObjectCommand({ Bucket, Key }))
        await refusedWithStatus(head('absent'), 404)
        await refused(head('absent'), 'NotFound')
        await refused(client.send(new HeadBucketCommand({ Bucket: `conformance-${randomUUID()}` })), 'NotFound')
      })
      await withBucket(client, async (bucket) => {
        await bucket.put('a', 'hello', { Metadata: { colour: 'blue' } })
        const head = await client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: 'a' }))
        assert.deepEqual([head.ContentLength, head.Metadata], [5, { colour: 'blue' }])
      })
    },
  },
  {
    name: 'what is not there has a name: key, bucket',
    async run(client) {
      await withBucket(client, async (bucket) => {
        await refused(bucket.get('absent'), 'NoSuchKey')
        await refused(client.send(new DeleteBucketCommand({ Bucket: `conformance-${randomUUID()}` })), 'NoSuchBucket')
      })
    },
  },
  {
    name: 'deleting an object that is not there succeeds',
    async run(client) {
      await withBucket(client, async (bucket) => {
        await bucket.put('a', 'hello')
        for (const Key of ['a', 'a']) await client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key }))
        await refused(bucket.get('a'), 'NoSuchKey')
      })
    },
  },
  {
    name: 'many objects are deleted by one call',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const keys = ['a', 'b&<c>', 'd\u00e9']
        for (const key of keys) await bucket.put(key, key)
        const { Deleted, Errors } = await client.send(
          new DeleteObjectsCommand({ Bucket: bucket.name, Delete: { Objects: [...keys, 'absent'].map((Key) => ({ Key })) } }),
        )
        assert.deepEqual(Deleted?.map(({ Key }) => Key).sort(), [...keys, 'absent'].sort())
        assert.equal(Errors, undefined)
        for (const key of keys) await refused(bucket.get(key), 'NoSuchKey')
        const quiet = new DeleteObjectsCommand({ Bucket: bucket.name, Delete: { Objects: [{ Key: 'a' }], Quiet: true } })
        assert.equal((await client.send(quiet)).Deleted, undefined)
      })
    },
  },
  {
    name: 'a bucket that holds something is not deleted',
    async run(client) {
      await withBucket(client, async (bucket) => {
        await bucket.put('a', 'hello')
        await refused(client.send(new DeleteBucketCommand({ Bucket: bucket.name })), 'BucketNotEmpty')
      })
    },
  },
  {
    name: 'a bucket needs a proper name',
    async run(client) {
      await refused(client.send(new CreateBucketCommand({ Bucket: 'Conformance_Upper' })), 'InvalidBucketName')
    },
  },
  {
    name: 'a key takes 1024 bytes',
    async run(client) {
      await withBucket(client, async (bucket) => {
        await bucket.put('é'.repeat(512), 'long')
        assert.equal(await bucket.text('é'.repeat(512)), 'long')
        await refused(bucket.put(`${'é'.repeat(512)}x`, 'too long'), 'KeyTooLongError')
      })
    },
  },
  {
    name: 'attributes tell ETag, size, storage class and checksum',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const { ETag, ChecksumCRC32 } = await bucket.put('a', 'hello', { ChecksumAlgorithm: 'CRC32' })
        const attributes = await client.send(
          new GetObjectAttributesCommand({
            Bucket: bucket.name,
            Key: 'a',
            ObjectAttributes: ['ETag', 'ObjectSize', 'StorageClass', 'Checksum'],
          }),
        )
        assert.equal(`"${attributes.ETag}"`, ETag)
        assert.equal(attributes.ObjectSize, 5)
        assert.equal(attributes.StorageClass, 'STANDARD')
        assert.equal(attributes.Checksum?.ChecksumCRC32, ChecksumCRC32)
      })
    },
  },
  {
    name: 'tags are kept and counted',
    async run(client) {
      await withBucket(client, async (bucket) => {
        await bucket.put('a', 'hello', { Tagging: 'team=red&cost=1%202' })
        assert.equal((await bucket.get('a')).TagCount, 2)
        const { TagSet } = await client.send(new GetObjectTaggingCommand({ Bucket: bucket.name, Key: 'a' }))
        assert.deepEqual(TagSet?.map(({ Key, Value }) => `${Key}=${Value}`).sort(), ['cost=1 2', 'team=red'])
      })
    },
  },
  {
    name: 'an archived object is read only after it was restored',
    async run(client) {
      await withBucket(client, async (bucket) => {
        await bucket.put('a', 'cold', { StorageClass: 'GLACIER' })
        await bucket.put('b', 'warm', { StorageClass: 'STANDARD_IA' })
        await refused(bucket.get('a'), 'InvalidObjectState')
        const head = (): Promise<HeadObjectCommandOutput> => client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: 'a' }))
        assert.equal((await head()).StorageClass, 'GLACIER')
        const restore = (Key: string): Promise<unknown> =>
          client.send(new RestoreObjectCommand({ Bucket: bucket.name, Key, RestoreRequest: { Days: 1 } }))
        await restore('a')
        assert.match((await head()).Restore ?? '', /^ongoing-request="(true"|false", expiry-date=")/)
        assert.equal((await bucket.get('b')).StorageClass, 'STANDARD_IA')
        await refused(restore('b'), 'InvalidObjectState')
      })
    },
  },
]
