import assert from 'node:assert/strict'
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { type ConformanceCheck, refused } from './check.ts'
import { refusedWithStatus, withBucket } from './s3-bucket.ts'

const versioning = { versioning: true } as const

/** Buckets that keep versions. */
export const s3VersionChecks: readonly ConformanceCheck<S3Client>[] = [
  {
    name: 'each version is read by its id',
    async run(client) {
      await withBucket(
        client,
        async (bucket) => {
          const one = await bucket.put('a', 'one')
          const two = await bucket.put('a', 'two')
          assert.notEqual(one.VersionId, two.VersionId)
          assert.equal(await bucket.text('a'), 'two')
          assert.equal(await bucket.text('a', { VersionId: one.VersionId }), 'one')
          assert.equal((await bucket.get('a')).VersionId, two.VersionId)
        },
        versioning,
      )
    },
  },
  {
    name: 'a deleted object leaves a marker, and comes back when the marker is deleted',
    async run(client) {
      await withBucket(
        client,
        async (bucket) => {
          const { VersionId } = await bucket.put('a', 'one')
          const deleted = await client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: 'a' }))
          assert.equal(deleted.DeleteMarker, true)
          await refused(bucket.get('a'), 'NoSuchKey')
          await refusedWithStatus(bucket.get('a', { VersionId: deleted.VersionId }), 405)
          assert.equal(await bucket.text('a', { VersionId }), 'one')
          const { Versions, DeleteMarkers } = await client.send(new ListObjectVersionsCommand({ Bucket: bucket.name }))
          assert.deepEqual(
            [Versions, DeleteMarkers].map((list) => list?.map((each) => [each.VersionId, each.IsLatest])),
            [[[VersionId, false]], [[deleted.VersionId, true]]],
          )
          await client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: 'a', VersionId: deleted.VersionId }))
          assert.equal(await bucket.text('a'), 'one')
        },
        versioning,
      )
    },
  },
  {
    name: 'a deleted version is gone for good',
    async run(client) {
      await withBucket(
        client,
        async (bucket) => {
          const one = await bucket.put('a', 'one')
          const two = await bucket.put('a', 'two')
          const Objects = [{ Key: 'a', VersionId: two.VersionId }]
          await client.send(new DeleteObjectsCommand({ Bucket: bucket.name, Delete: { Objects } }))
          assert.equal(await bucket.text('a'), 'one')
          assert.equal((await bucket.get('a')).VersionId, one.VersionId)
          await refused(bucket.get('a', { VersionId: two.VersionId }), 'NoSuchVersion')
        },
        versioning,
      )
    },
  },
  {
    name: 'without versioning there is no version id; suspended, it is null',
    async run(client) {
      await withBucket(client, async (bucket) => {
        assert.equal((await bucket.put('a', 'one')).VersionId, undefined)
        const set = (Status: 'Enabled' | 'Suspended'): Promise<unknown> =>
          client.send(new PutBucketVersioningCommand({ Bucket: bucket.name, VersioningConfiguration: { Status } }))
        await set('Enabled')
        await bucket.put('a', 'two')
        assert.equal(await bucket.text('a', { VersionId: 'null' }), 'one')
        await set('Suspended')
        await bucket.put('a', 'three')
        assert.equal(await bucket.text('a', { VersionId: 'null' }), 'three')
        const { Versions } = await client.send(new ListObjectVersionsCommand({ Bucket: bucket.name }))
        assert.equal(Versions?.length, 2)
      })
    },
  },
  {
    name: 'versions are listed in pages, the newest of a key first',
    async run(client) {
      await withBucket(
        client,
        async (bucket) => {
          const ids: (string | undefined)[] = []
          for (const [key, body] of ['a1', 'a2', 'a3', 'b1'].map((each) => [each.charAt(0), each] as const)) {
            ids.push((await bucket.put(key, body)).VersionId)
          }
          const found: (string | undefined)[] = []
          let marker: { KeyMarker: string | undefined; VersionIdMarker: string | undefined } | undefined
          do {
            const page = await client.send(new ListObjectVersionsCommand({ Bucket: bucket.name, MaxKeys: 2, ...marker }))
            found.push(...(page.Versions ?? []).map(({ VersionId }) => VersionId))
            marker = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined
          } while (marker !== undefined)
          assert.deepEqual(found, [ids[2], ids[1], ids[0], ids[3]])
        },
        versioning,
      )
    },
  },
  {
    name: 'versions below a delimiter are rolled up, page by page in order',
    async run(client) {
      await withBucket(
        client,
        async (bucket) => {
          for (const key of ['d/1', 'd/2', 'e', 'f/1', 'g']) await bucket.put(key, key)
          const found: (string | undefined)[] = []
          let marker: { KeyMarker: string | undefined; VersionIdMarker: string | undefined } | undefined
          do {
            const page = await client.send(new ListObjectVersionsCommand({ Bucket: bucket.name, Delimiter: '/', MaxKeys: 1, ...marker }))
            found.push(...(page.Versions ?? []).map(({ Key }) => Key), ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix))
            marker = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined
          } while (marker !== undefined)
          assert.deepEqual(found, ['d/', 'e', 'f/', 'g'])
        },
        versioning,
      )
    },
  },
]
