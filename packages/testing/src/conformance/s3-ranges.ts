import assert from 'node:assert/strict'
import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { type ConformanceCheck, refused } from './check.ts'
import { pattern, withBucket } from './s3-bucket.ts'

/** Ranges and parts of objects. */
export const s3RangeChecks: readonly ConformanceCheck<S3Client>[] = [
  {
    name: 'a range answers its bytes and where they are',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const bytes = pattern(200_000)
        await bucket.put('a', bytes)
        const ranges: readonly (readonly [string, number, number])[] = [
          ['bytes=0-0', 0, 1],
          ['bytes=65535-65536', 65_535, 65_537],
          ['bytes=100000-', 100_000, 200_000],
          ['bytes=199999-300000', 199_999, 200_000],
          ['bytes=-5', 199_995, 200_000],
          ['bytes=-300000', 0, 200_000],
        ]
        for (const [Range, start, end] of ranges) {
          const got = await bucket.get('a', { Range })
          assert.deepEqual(got.bytes, bytes.slice(start, end), Range)
          assert.equal(got.ContentRange, `bytes ${start}-${end - 1}/200000`)
          assert.equal(got.ContentLength, end - start)
          assert.equal(got.$metadata.httpStatusCode, 206)
        }
      })
    },
  },
  {
    name: 'a range with no byte of the object in it is refused',
    async run(client) {
      await withBucket(client, async (bucket) => {
        await bucket.put('a', 'hello')
        await bucket.put('empty', '')
        await refused(bucket.get('a', { Range: 'bytes=5-' }), 'InvalidRange')
        await refused(bucket.get('a', { Range: 'bytes=-0' }), 'InvalidRange')
        await refused(bucket.get('empty', { Range: 'bytes=0-' }), 'InvalidRange')
      })
    },
  },
  {
    name: 'what is no range of bytes is ignored',
    async run(client) {
      await withBucket(client, async (bucket) => {
        await bucket.put('a', 'hello')
        for (const Range of ['bytes=3-1', 'bytes=x-y', 'bytes=-']) {
          const got = await bucket.get('a', { Range })
          assert.equal(Buffer.from(got.bytes).toString(), 'hello', Range)
          assert.equal(got.ContentRange, undefined)
        }
      })
    },
  },
  {
    name: 'HEAD answers a range without its bytes',
    async run(client) {
      await withBucket(client, async (bucket) => {
        await bucket.put('a', 'hello')
        const head = await client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: 'a', Range: 'bytes=1-3' }))
        assert.deepEqual([head.ContentLength, head.ContentRange, head.$metadata.httpStatusCode], [3, 'bytes 1-3/5', 206])
      })
    },
  },
  {
    name: 'an object put in one piece has one part',
    async run(client) {
      await withBucket(client, async (bucket) => {
        await bucket.put('a', 'hello')
        assert.equal(await bucket.text('a', { PartNumber: 1 }), 'hello')
        await refused(bucket.get('a', { PartNumber: 2 }), 'InvalidPartNumber', 'InvalidRange')
        await refused(bucket.get('a', { PartNumber: 1, Range: 'bytes=0-1' }), 'InvalidRequest')
      })
    },
  },
]
