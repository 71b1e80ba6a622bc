import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandOutput,
} from '@aws-sdk/client-s3'
import { rawAesKeyring } from '@strongroom/core'
import { expect } from 'vitest'
import { type Bench, chunked, markedBytes } from './bench.ts'

/** What has to be so on any S3: name, and what is done. */
export const scenarios: readonly (readonly [string, (bench: Bench) => Promise<void>])[] = [
  [
    'a file goes up as a stream with the checksums of the SDK, and comes down',
    async ({ bucket, encrypted, read }) => {
      const folder = await mkdtemp(join(tmpdir(), 'strongroom-'))
      const bytes = markedBytes(3_000_001)
      await writeFile(join(folder, 'scan'), bytes)
      const put = new PutObjectCommand({
        Bucket: bucket,
        Key: 'file',
        Body: createReadStream(join(folder, 'scan')),
        ChecksumAlgorithm: 'SHA256',
      })
      await encrypted().send(put)
      await rm(folder, { recursive: true })
      expect(Buffer.compare(await read('file'), bytes)).toBe(0)
    },
  ],
  [
    'an upload of unknown length in parts is one object',
    async ({ upload, read, minPartSize, uploadsLeft }) => {
      for (const length of [3 * minPartSize - 16, 3 * minPartSize - 15, 2 * minPartSize + 5]) {
        const bytes = markedBytes(length)
        await upload('parts', Readable.from(chunked(bytes))).done()
        expect(Buffer.compare(await read('parts'), bytes)).toBe(0)
      }
      expect(await uploadsLeft()).toBe(0)
    },
  ],
  [
    'an upload that is aborted in mid-stream leaves nothing behind',
    async ({ upload, minPartSize, uploadsLeft }) => {
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (let part = 0; part < 3; part += 1) yield Buffer.alloc(Math.max(65_536, minPartSize))
        await new Promise(() => undefined)
      }
      const aborted = upload('aborted', Readable.from(endless()))
      const done = aborted.done()
      done.catch(() => undefined)
      await new Promise((resolve) => aborted.once('httpUploadProgress', resolve))
      await aborted.abort()
      await expect(done).rejects.toMatchObject({ name: 'AbortError' })
      expect(await uploadsLeft()).toBe(0)
    },
  ],
  [
    'versions are read by their ids, and deleted',
    async ({ plain, encrypted, bucket, read }) => {
      await plain.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }))
      const client = encrypted()
      const put = (Body: string): Promise<PutObjectCommandOutput> => client.send(new PutObjectCommand({ Bucket: bucket, Key: 'v', Body }))
      const [first, second] = [await put('the first'), await put('the second')]
      expect((await read('v')).toString()).toBe('the second')
      expect((await read('v', { VersionId: first.VersionId })).toString()).toBe('the first')
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'v' }))
      await expect(read('v')).rejects.toMatchObject({ name: 'NoSuchKey' })
      expect((await read('v', { VersionId: second.VersionId })).toString()).toBe('the second')
    },
  ],
  [
    'a copy with new metadata opens, and its length is that of the plaintext',
    async ({ encrypted, bucket, read }) => {
      const client = encrypted()
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: 'two pairs', Metadata: { color: 'red' } }))
      const copy = {
        Bucket: bucket,
        Key: 'b',
        CopySource: `${bucket}/a`,
        MetadataDirective: 'REPLACE',
        Metadata: { color: 'blue' },
      } as const
      await client.send(new CopyObjectCommand(copy))
      expect((await read('b')).toString()).toBe('two pairs')
      const { ContentLength, Metadata } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: 'b' }))
      expect([ContentLength, Metadata?.color]).toEqual([9, 'blue'])
    },
  ],
  [
    'an instruction file holds the envelope, and goes with its object',
    async ({ encrypted, plain, bucket, read }) => {
      const config = { instructionFile: true }
      const client = encrypted(config)
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'i', Body: 'two pairs' }))
      const { Metadata } = await plain.send(new HeadObjectCommand({ Bucket: bucket, Key: 'i' }))
      expect(Metadata).not.toHaveProperty('x-amz-3')
      expect((await read('i', {}, config)).toString()).toBe('two pairs')
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'i' }))
      await expect(plain.send(new HeadObjectCommand({ Bucket: bucket, Key: 'i.instruction' }))).rejects.toMatchObject({ name: 'NotFound' })
    },
  ],
  [
    'ranges of an esdk object are read, from the start, from the middle and from the end',
    async ({ encrypted, bucket, read }) => {
      const config = { format: 'esdk' } as const
      const bytes = markedBytes(300_000)
      await encrypted(config).send(new PutObjectCommand({ Bucket: bucket, Key: 'e', Body: bytes }))
      for (const [Range, from, to] of [
        ['bytes=0-9', 0, 10],
        ['bytes=65530-200000', 65_530, 200_001],
        ['bytes=-7', 299_993, 300_000],
      ] as const) {
        expect(Buffer.compare(await read('e', { Range }, config), bytes.subarray(from, to))).toBe(0)
      }
      await expect(read('e', { Range: 'bytes=300000-' }, config)).rejects.toMatchObject({ code: 'RANGE_NOT_SATISFIABLE' })
    },
  ],
  [
    'an object that is larger than memory is allowed for is verified, then released',
    async ({ upload, read, minPartSize }) => {
      const bytes = markedBytes(2 * minPartSize + 100)
      await upload('large', bytes).done()
      for (const largeObjects of ['second-pass', 'spool'] as const) {
        const config = { maxBufferedBytes: 1000, largeObjects }
        expect(Buffer.compare(await read('large', {}, config), bytes)).toBe(0)
      }
    },
  ],
  [
    'another key opens nothing, and says no more than that',
    async ({ encrypted, bucket, read }) => {
      await encrypted().send(new PutObjectCommand({ Bucket: bucket, Key: 'k', Body: 'two pairs' }))
      const other = rawAesKeyring({ namespace: 's3', name: 'kek', key: Buffer.alloc(32, 8) })
      await expect(read('k', {}, { keyring: other })).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    },
  ],
]
