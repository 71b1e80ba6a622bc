import assert from 'node:assert/strict'
import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { type ConformanceCheck, refused } from './check.ts'
import { refusedWithStatus, withBucket } from './s3-bucket.ts'

/** Conditional requests. */
export const s3ConditionChecks: readonly ConformanceCheck<S3Client>[] = [
  {
    name: 'a read under If-Match sees only that ETag',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const { ETag } = await bucket.put('a', 'one')
        assert.equal(await bucket.text('a', { IfMatch: ETag }), 'one')
        await bucket.put('a', 'two')
        await refused(bucket.get('a', { IfMatch: ETag }), 'PreconditionFailed')
        await refusedWithStatus(client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: 'a', IfMatch: ETag })), 412)
      })
    },
  },
  {
    name: 'a read of what the client has is answered 304',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const { ETag } = await bucket.put('a', 'one')
        await refusedWithStatus(bucket.get('a', { IfNoneMatch: ETag }), 304)
        assert.equal(await bucket.text('a', { IfNoneMatch: '"0123"' }), 'one')
        const { LastModified } = await bucket.get('a')
        await refusedWithStatus(bucket.get('a', { IfModifiedSince: LastModified }), 304)
        assert.equal(await bucket.text('a', { IfModifiedSince: new Date(0) }), 'one')
      })
    },
  },
  {
    name: 'conditions on the ETag go before those on the date',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const { ETag } = await bucket.put('a', 'one')
        await refused(bucket.get('a', { IfUnmodifiedSince: new Date(0) }), 'PreconditionFailed')
        assert.equal(await bucket.text('a', { IfMatch: ETag, IfUnmodifiedSince: new Date(0) }), 'one')
        await refusedWithStatus(bucket.get('a', { IfNoneMatch: ETag, IfModifiedSince: new Date(0) }), 304)
      })
    },
  },
  {
    name: 'a write under "not there yet" replaces nothing',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const outcomes = await Promise.allSettled(['1', '2', '3'].map((body) => bucket.put('a', body, { IfNoneMatch: '*' })))
        assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
        await refused(bucket.put('a', '4', { IfNoneMatch: '*' }), 'PreconditionFailed')
      })
    },
  },
  {
    name: 'a write under If-Match replaces only that ETag',
    async run(client) {
      await withBucket(client, async (bucket) => {
        await refused(bucket.put('a', 'x', { IfMatch: '"0123"' }), 'NoSuchKey')
        const { ETag } = await bucket.put('a', 'one')
        await bucket.put('a', 'two', { IfMatch: ETag })
        await refused(bucket.put('a', 'three', { IfMatch: ETag }), 'PreconditionFailed')
        assert.equal(await bucket.text('a'), 'two')
      })
    },
  },
]
