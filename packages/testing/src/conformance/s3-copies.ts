import assert from 'node:assert/strict'
import { CopyObjectCommand, type CopyObjectCommandInput, type S3Client } from '@aws-sdk/client-s3'
import { type ConformanceCheck, refused } from './check.ts'
import { type CheckBucket, withBucket } from './s3-bucket.ts'

function copy(client: S3Client, { name }: CheckBucket, source: string, Key: string, more: Partial<CopyObjectCommandInput> = {}) {
  return client.send(new CopyObjectCommand({ Bucket: name, Key, CopySource: encodeURI(`${name}/${source}`), ...more }))
}

/** Copies. */
export const s3CopyChecks: readonly ConformanceCheck<S3Client>[] = [
  {
    name: 'a copy takes the metadata along unless it replaces it',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const source = { Metadata: { colour: 'blue' }, ContentType: 'text/x-test', Tagging: 'a=1' }
        const { ETag } = await bucket.put('so ürce', 'hello', source)
        const { CopyObjectResult } = await copy(client, bucket, 'so ürce', 'kept', { Metadata: { ignored: 'yes' } })
        assert.equal(CopyObjectResult?.ETag, ETag)
        const kept = await bucket.get('kept')
        assert.deepEqual([kept.Metadata, kept.ContentType, kept.TagCount], [{ colour: 'blue' }, 'text/x-test', 1])
        await copy(client, bucket, 'so ürce', 'replaced', { MetadataDirective: 'REPLACE', Metadata: { colour: 'red' } })
        const replaced = await bucket.get('replaced')
        assert.deepEqual([replaced.Metadata, Buffer.from(replaced.bytes).toString()], [{ colour: 'red' }, 'hello'])
      })
    },
  },
  {
    name: 'a copy onto itself has to change something',
    async run(client) {
      await withBucket(client, async (bucket) => {
        await bucket.put('a', 'hello')
        await refused(copy(client, bucket, 'a', 'a'), 'InvalidRequest')
        await copy(client, bucket, 'a', 'a', { MetadataDirective: 'REPLACE', Metadata: { colour: 'red' } })
        assert.deepEqual((await bucket.get('a')).Metadata, { colour: 'red' })
      })
    },
  },
  {
    name: 'a copy is of the version that is named',
    async run(client) {
      await withBucket(
        client,
        async (bucket) => {
          const { VersionId } = await bucket.put('a', 'one')
          await bucket.put('a', 'two')
          await copy(client, bucket, `a?versionId=${VersionId}`, 'b')
          assert.equal(await bucket.text('b'), 'one')
        },
        { versioning: true },
      )
    },
  },
  {
    name: 'a copy is bound to the state of its source',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const { ETag } = await bucket.put('a', 'hello')
        await copy(client, bucket, 'a', 'b', { CopySourceIfMatch: ETag })
        await refused(copy(client, bucket, 'a', 'c', { CopySourceIfMatch: '"0123"' }), 'PreconditionFailed')
        await refused(copy(client, bucket, 'a', 'c', { CopySourceIfNoneMatch: ETag }), 'PreconditionFailed')
        await refused(copy(client, bucket, 'absent', 'c'), 'NoSuchKey')
        await refused(bucket.get('c'), 'NoSuchKey')
      })
    },
  },
]
