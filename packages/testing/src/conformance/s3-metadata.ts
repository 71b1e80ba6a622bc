import assert from 'node:assert/strict'
import type { S3Client } from '@aws-sdk/client-s3'
import { type ConformanceCheck, refused } from './check.ts'
import { withBucket } from './s3-bucket.ts'

/** User metadata. */
export const s3MetadataChecks: readonly ConformanceCheck<S3Client>[] = [
  {
    name: 'user metadata comes back with names in lower case',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const Metadata = { 'x-amz-key-v2': 'AAECAw==', Colour: '{"a":"b, c"}' }
        await bucket.put('a', 'hello', { Metadata })
        assert.deepEqual((await bucket.get('a')).Metadata, { 'x-amz-key-v2': 'AAECAw==', colour: '{"a":"b, c"}' })
      })
    },
  },
  {
    name: 'user metadata takes 2 KiB of names and values and not a byte more',
    async run(client) {
      await withBucket(client, async (bucket) => {
        await bucket.put('a', 'hello', { Metadata: { name: 'x'.repeat(2044) } })
        assert.equal((await bucket.get('a')).Metadata?.name?.length, 2044)
        await refused(bucket.put('a', 'hello', { Metadata: { name: 'x'.repeat(2045) } }), 'MetadataTooLarge')
      })
    },
  },
  {
    name: 'metadata that is encoded by RFC 2047 comes back so, as the same text',
    async run(client) {
      await withBucket(client, async (bucket) => {
        await bucket.put('a', 'hello', { Metadata: { name: '=?UTF-8?B?w6nDqcOp?=' } })
        const forms = ['=?UTF-8?B?w6nDqcOp?=', '=?UTF-8?Q?=C3=A9=C3=A9=C3=A9?=']
        assert(forms.includes((await bucket.get('a')).Metadata?.name ?? ''))
      })
    },
  },
  {
    name: 'metadata that is not encoded is not touched',
    async run(client) {
      await withBucket(client, async (bucket) => {
        const value = 'a=?b?c ?= =?UTF-8? "quoted" \\u00e9'
        await bucket.put('a', 'hello', { Metadata: { name: value } })
        assert.equal((await bucket.get('a')).Metadata?.name, value)
      })
    },
  },
]
