import assert from 'node:assert/strict'
import type { ChecksumAlgorithm, PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3'
import { type ConformanceCheck, refused } from './check.ts'
import { pattern, stream, withBucket } from './s3-bucket.ts'

/** The checksums of `123456789`, the check values of their specifications. */
const CHECK_VALUES = {
  CRC32: { ChecksumCRC32: 'y/Q5Jg==' },
  CRC32C: { ChecksumCRC32C: '4waSgw==' },
  CRC64NVME: { ChecksumCRC64NVME: 'rosUhgp5mIg=' },
  SHA1: { ChecksumSHA1: '98O8HYCOBHMq32eZZczDTKeuNEE=' },
  SHA256: { ChecksumSHA256: 'FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=' },
} as const satisfies Partial<Record<ChecksumAlgorithm, Partial<PutObjectCommandInput>>>
type Algorithm = keyof typeof CHECK_VALUES
const ALGORITHMS = Object.keys(CHECK_VALUES) as Algorithm[]

function checksumOf(output: object, algorithm: Algorithm): unknown {
  return (output as Record<string, unknown>)[`Checksum${algorithm}`]
}

const checkValueOf = (algorithm: Algorithm): unknown => checksumOf(CHECK_VALUES[algorithm], algorithm)

/** Checksums in headers and in trailers. */
export const s3ChecksumChecks: readonly ConformanceCheck<S3Client>[] = [
  ...ALGORITHMS.map(
    (algorithm): ConformanceCheck<S3Client> => ({
      name: `a ${algorithm} in the header is verified, kept and answered`,
      async run(client) {
        await withBucket(client, async (bucket) => {
          const put = await bucket.put('a', '123456789', CHECK_VALUES[algorithm])
          assert.equal(checksumOf(put, algorithm), checkValueOf(algorithm))
          const got = await bucket.get('a', { ChecksumMode: 'ENABLED' })
          assert.equal(checksumOf(got, algorithm), checkValueOf(algorithm))
          await refused(bucket.put('b', '123456780', CHECK_VALUES[algorithm]), 'BadDigest', 'InvalidRequest')
          await refused(bucket.get('b'), 'NoSuchKey')
        })
      },
    }),
  ),
  ...ALGORITHMS.map(
    (algorithm): ConformanceCheck<S3Client> => ({
      name: `a stream with a ${algorithm} in its trailer is stored without its framing`,
      async run(client) {
        await withBucket(client, async (bucket) => {
          const bytes = pattern(300_000)
          const put = await bucket.put('a', stream(bytes), { ContentLength: bytes.length, ChecksumAlgorithm: algorithm })
          const got = await bucket.get('a', { ChecksumMode: 'ENABLED' })
          assert.deepEqual(got.bytes, bytes)
          assert.equal(got.ContentEncoding, undefined)
          assert.equal(typeof checksumOf(put, algorithm), 'string')
          assert.equal(checksumOf(got, algorithm), checksumOf(put, algorithm))
        })
      },
    }),
  ),
  {
    name: 'a Content-MD5 is verified',
    async run(client) {
      await withBucket(client, async (bucket) => {
        await bucket.put('a', 'hello', { ContentMD5: 'XUFAKrxLKna5cZ2REBfFkg==' })
        await refused(bucket.put('a', 'hullo', { ContentMD5: 'XUFAKrxLKna5cZ2REBfFkg==' }), 'BadDigest')
        await refused(bucket.put('a', 'hello', { ContentMD5: 'XUFA' }), 'InvalidDigest')
      })
    },
  },
  {
    name: 'a range is answered without the checksum of the whole',
    async run(client) {
      await withBucket(client, async (bucket) => {
        await bucket.put('a', '123456789', CHECK_VALUES.CRC32)
        const got = await bucket.get('a', { ChecksumMode: 'ENABLED', Range: 'bytes=0-3' })
        assert.equal(Buffer.from(got.bytes).toString(), '1234')
        assert.equal(got.ChecksumCRC32, undefined)
      })
    },
  },
  {
    name: 'a stream whose chunks are too small is refused',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const bytes = pattern(20_000)
        await refused(
          bucket.put('a', stream(bytes, 1000), { ContentLength: bytes.length, ChecksumAlgorithm: 'CRC32' }),
          'InvalidChunkSizeError',
        )
      })
    },
  },
]
