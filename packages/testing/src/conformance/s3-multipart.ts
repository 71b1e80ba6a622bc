import assert from 'node:assert/strict'
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  GetObjectAttributesCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { type ConformanceCheck, refused } from './check.ts'
import { type CheckBucket, pattern, withBucket } from './s3-bucket.ts'

const PART = 5 * 2 ** 20
const [first, second] = [pattern(PART), pattern(1000, 7)]

function complete(client: S3Client, { name }: CheckBucket, Key: string, UploadId: string, Parts: CompletedPart[]) {
  return client.send(new CompleteMultipartUploadCommand({ Bucket: name, Key, UploadId, MultipartUpload: { Parts } }))
}

/** Uploads in parts. */
export const s3MultipartChecks: readonly ConformanceCheck<S3Client>[] = [
  {
    name: 'an upload in parts becomes one object with an ETag of its own',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const upload = await bucket.beginUpload('a', { Metadata: { colour: 'blue' }, ContentType: 'text/x-test' })
        const two = await bucket.uploadPart('a', upload, 2, second)
        const one = await bucket.uploadPart('a', upload, 1, first)
        await refused(bucket.get('a'), 'NoSuchKey')
        const { ETag } = await complete(client, bucket, 'a', upload, [one, two])
        assert.match(ETag ?? '', /^"[0-9a-f]{32}-2"$/)
        const got = await bucket.get('a')
        assert.deepEqual(got.bytes, Uint8Array.from(Buffer.concat([first, second])))
        assert.deepEqual([got.Metadata, got.ContentType, got.ETag], [{ colour: 'blue' }, 'text/x-test', ETag])
        await refused(complete(client, bucket, 'a', 'no-such-upload', [one, two]), 'NoSuchUpload')
      })
    },
  },
  {
    name: 'a part of an object is read by its number',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const upload = await bucket.beginUpload('a')
        const parts = [await bucket.uploadPart('a', upload, 3, first), await bucket.uploadPart('a', upload, 9, second)]
        await complete(client, bucket, 'a', upload, parts)
        const got = await bucket.get('a', { PartNumber: 9 })
        assert.deepEqual(got.bytes, second)
        assert.equal((await bucket.get('a', { PartNumber: 3 })).ContentLength, PART)
        await refused(bucket.get('a', { PartNumber: 2 }), 'InvalidPartNumber')
        assert.equal(got.PartsCount, 2)
        assert.equal(got.ContentRange, `bytes ${PART}-${PART + 999}/${PART + 1000}`)
      })
    },
  },
  {
    name: 'every part but the last has 5 MiB',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const upload = await bucket.beginUpload('a')
        const parts = [await bucket.uploadPart('a', upload, 1, second), await bucket.uploadPart('a', upload, 2, second)]
        await refused(complete(client, bucket, 'a', upload, parts), 'EntityTooSmall')
      })
    },
  },
  {
    name: 'parts are listed in order, with the ETags they have',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const upload = await bucket.beginUpload('a')
        const one = await bucket.uploadPart('a', upload, 1, first)
        const two = await bucket.uploadPart('a', upload, 2, second)
        await refused(complete(client, bucket, 'a', upload, [two, one]), 'InvalidPartOrder')
        await refused(complete(client, bucket, 'a', upload, [one, { ...two, ETag: one.ETag }]), 'InvalidPart')
        await refused(complete(client, bucket, 'a', upload, [one, { PartNumber: 3, ETag: one.ETag }]), 'InvalidPart')
        await complete(client, bucket, 'a', upload, [one, two])
      })
    },
  },
  {
    name: 'a part that is sent again takes the place of the first',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const upload = await bucket.beginUpload('a')
        await bucket.uploadPart('a', upload, 1, first)
        await complete(client, bucket, 'a', upload, [await bucket.uploadPart('a', upload, 1, second)])
        assert.deepEqual((await bucket.get('a')).bytes, second)
      })
    },
  },
  {
    name: 'uploads and their parts are listed until they end',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const Bucket = bucket.name
        const uploads = [await bucket.beginUpload('a'), await bucket.beginUpload('b')]
        await bucket.uploadPart('a', uploads[0] ?? '', 2, second)
        const { Parts } = await client.send(new ListPartsCommand({ Bucket, Key: 'a', UploadId: uploads[0] }))
        assert.deepEqual(
          Parts?.map(({ PartNumber, Size }) => [PartNumber, Size]),
          [[2, 1000]],
        )
        const listed = async (): Promise<readonly (string | undefined)[]> => {
          const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }))
          return Uploads.map(({ UploadId }) => UploadId)
        }
        assert.deepEqual(await listed(), uploads)
        await client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'a', UploadId: uploads[0] }))
        assert.deepEqual(await listed(), uploads.slice(1))
        await refused(bucket.uploadPart('a', uploads[0] ?? '', 1, second), 'NoSuchUpload')
        await refused(client.send(new ListPartsCommand({ Bucket, Key: 'a', UploadId: uploads[0] })), 'NoSuchUpload')
      })
    },
  },
  {
    name: 'part numbers go from 1 to 10,000',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const upload = await bucket.beginUpload('a')
        for (const PartNumber of [0, 10_001]) {
          await refused(
            client.send(new UploadPartCommand({ Bucket: bucket.name, Key: 'a', UploadId: upload, PartNumber, Body: 'x' })),
            'InvalidArgument',
          )
        }
        await bucket.uploadPart('a', upload, 10_000, second)
      })
    },
  },
  {
    name: 'a part is copied from a range of an object',
    async run(client) {
      await withBucket(client, async (bucket) => {
        await bucket.put('source', first)
        const upload = await bucket.beginUpload('a')
        const copy = new UploadPartCopyCommand({
          Bucket: bucket.name,
          Key: 'a',
          UploadId: upload,
          PartNumber: 1,
          CopySource: `${bucket.name}/source`,
          CopySourceRange: 'bytes=100-299',
        })
        const { CopyPartResult } = await client.send(copy)
        await complete(client, bucket, 'a', upload, [{ PartNumber: 1, ETag: CopyPartResult?.ETag }])
        assert.deepEqual((await bucket.get('a')).bytes, first.slice(100, 300))
      })
    },
  },
  {
    name: 'a composite checksum tells the number of parts, and attributes list them',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const upload = await bucket.beginUpload('a', { ChecksumAlgorithm: 'CRC32' })
        const parts: CompletedPart[] = []
        for (const [index, Body] of [first, second].entries()) {
          const part = { Bucket: bucket.name, Key: 'a', UploadId: upload, PartNumber: index + 1, Body, ChecksumAlgorithm: 'CRC32' } as const
          const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand(part))
          parts.push({ PartNumber: index + 1, ETag, ChecksumCRC32 })
        }
        const { ChecksumCRC32 } = await complete(client, bucket, 'a', upload, parts)
        assert.match(ChecksumCRC32 ?? '', /^[A-Za-z0-9+/]{6}==-2$/)
        const { ObjectParts } = await client.send(
          new GetObjectAttributesCommand({ Bucket: bucket.name, Key: 'a', ObjectAttributes: ['ObjectParts'] }),
        )
        assert.equal(ObjectParts?.TotalPartsCount, 2)
        assert.deepEqual(
          ObjectParts?.Parts?.map(({ PartNumber, Size, ChecksumCRC32: checksum }) => [PartNumber, Size, checksum]),
          [
            [1, PART, parts[0]?.ChecksumCRC32],
            [2, 1000, parts[1]?.ChecksumCRC32],
          ],
        )
      })
    },
  },
  {
    name: 'a checksum of the full object is that of its bytes',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const upload = await bucket.beginUpload('a', { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' })
        const parts = [await bucket.uploadPart('a', upload, 1, first), await bucket.uploadPart('a', upload, 2, second)]
        const { ChecksumCRC32, ChecksumType } = await complete(client, bucket, 'a', upload, parts)
        const whole = await bucket.put('b', Buffer.concat([first, second]), { ChecksumAlgorithm: 'CRC32' })
        assert.deepEqual([ChecksumCRC32, ChecksumType], [whole.ChecksumCRC32, 'FULL_OBJECT'])
      })
    },
  },
]
