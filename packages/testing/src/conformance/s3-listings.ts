import assert from 'node:assert/strict'
import { ListObjectsCommand, ListObjectsV2Command, type ListObjectsV2CommandInput, type S3Client } from '@aws-sdk/client-s3'
import type { ConformanceCheck } from './check.ts'
import { withBucket } from './s3-bucket.ts'

async function pages(
  client: S3Client,
  Bucket: string,
  input: Partial<ListObjectsV2CommandInput>,
): Promise<readonly (readonly (string | undefined)[])[]> {
  const found: (readonly (string | undefined)[])[] = []
  let ContinuationToken: string | undefined
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket, ...input, ContinuationToken }))
    const entries = [...(page.Contents ?? []).map(({ Key }) => Key), ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix)]
    assert.equal(page.KeyCount, entries.length)
    found.push(entries)
    ContinuationToken = page.NextContinuationToken
  } while (ContinuationToken !== undefined)
  return found
}

/** Listings. */
export const s3ListingChecks: readonly ConformanceCheck<S3Client>[] = [
  {
    name: 'keys are listed in order, by prefix and in pages',
    async run(client) {
      await withBucket(client, async (bucket) => {
        for (const key of ['a', 'B', 'p/1', 'p/2', 'p/3', 'x & <y>', '~']) await bucket.put(key, key)
        assert.deepEqual(await pages(client, bucket.name, {}), [['B', 'a', 'p/1', 'p/2', 'p/3', 'x & <y>', '~']])
        assert.deepEqual(await pages(client, bucket.name, { Prefix: 'p/', MaxKeys: 2 }), [['p/1', 'p/2'], ['p/3']])
        assert.deepEqual(await pages(client, bucket.name, { StartAfter: 'p/2', MaxKeys: 2 }), [['p/3', 'x & <y>'], ['~']])
      })
    },
  },
  {
    name: 'keys beyond ASCII are listed in UTF-8 order, in pages too',
    async run(client) {
      await withBucket(client, async (bucket) => {
        for (const key of ['🔑', '\ufffd', 'é', 'z']) await bucket.put(key, key)
        assert.deepEqual(await pages(client, bucket.name, { MaxKeys: 2 }), [
          ['z', 'é'],
          ['\ufffd', '🔑'],
        ])
      })
    },
  },
  {
    name: 'keys below a delimiter are rolled up',
    async run(client) {
      await withBucket(client, async (bucket) => {
        for (const key of ['a', 'd/1', 'd/2', 'e/f/1', 'z']) await bucket.put(key, key)
        assert.deepEqual(await pages(client, bucket.name, { Delimiter: '/' }), [['a', 'z', 'd/', 'e/']])
        assert.deepEqual(await pages(client, bucket.name, { Delimiter: '/', Prefix: 'e/' }), [['e/f/']])
        assert.deepEqual(await pages(client, bucket.name, { Delimiter: '/', MaxKeys: 1 }), [['a'], ['d/'], ['e/'], ['z']])
      })
    },
  },
  {
    name: 'the first version of the listing goes by markers',
    async run(client) {
      await withBucket(client, async (bucket) => {
        for (const key of ['a', 'b', 'c']) await bucket.put(key, key)
        const { Contents, IsTruncated } = await client.send(new ListObjectsCommand({ Bucket: bucket.name, Marker: 'a', MaxKeys: 1 }))
        assert.deepEqual([Contents?.map(({ Key, Size }) => [Key, Size]), IsTruncated], [[['b', 1]], true])
      })
    },
  },
]
