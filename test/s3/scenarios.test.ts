import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { S3Client } from '@aws-sdk/client-s3'
import { type EmbeddedS3, startEmbeddedS3 } from '@strongroom/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { leaks } from '../../packages/kinesis/test/leaks.ts'
import { type Bench, benchOf, MARKER } from './bench.ts'
import { scenarios } from './scenarios.ts'

const MIN_PART = 65_536

describe('encrypted objects on the embedded S3', () => {
  let s3: EmbeddedS3
  let bench: Bench
  const lines: unknown[] = []
  const log = (...content: unknown[]): void => {
    lines.push(...content)
  }

  beforeAll(async () => {
    s3 = await startEmbeddedS3({ minPartBytes: MIN_PART })
    s3.createBucket('documents')
    bench = benchOf(new S3Client({ ...s3.clientConfig, logger: { debug: log, info: log, warn: log, error: log } }), 'documents', MIN_PART)
  })
  afterAll(async () => {
    bench.plain.destroy()
    await s3.close()
  })

  it.each(scenarios)('%s', (_name, run) => run(bench))

  it('never show plaintext to S3 or to the logger of the SDK', () => {
    expect(s3.requests.length).toBeGreaterThan(40)
    for (const { body, headers } of s3.requests) {
      expect(Buffer.from(body).includes(MARKER)).toBe(false)
      expect(leaks(headers, MARKER)).toEqual([])
    }
    expect(lines.length).toBeGreaterThan(40)
    // No deeper: an output has the socket that it came by, and that the whole client.
    for (const line of lines) expect(inspect(line, { depth: 3, maxArrayLength: 1000 })).not.toContain(MARKER.toString())
  })
})

describe('10,000 parts', () => {
  it('are one object, each sent once', async () => {
    const PART = 64
    await using s3 = await startEmbeddedS3({ minPartBytes: 1, recordRequests: false })
    s3.createBucket('documents')
    const bench = benchOf(new S3Client(s3.clientConfig), 'documents', PART)
    const most = PART * 10_000 - 16
    const bytes = Buffer.alloc(most, 'two pairs of boots')
    await bench.upload('most', Readable.from([bytes]), { queueSize: 8 }).done()
    expect(s3.calls.count('UploadPart')).toBe(10_000)
    const digest = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex')
    expect(digest(await bench.read('most'))).toBe(digest(bytes))
    expect(await bench.uploadsLeft()).toBe(0)
    bench.plain.destroy()
  }, 120_000)
})

describe('a bucket of another Region', () => {
  it('is followed there, and the object is encrypted once', async () => {
    await using s3 = await startEmbeddedS3({ minPartBytes: MIN_PART })
    s3.createBucket('far-away', { region: 'eu-central-1' })
    const plain = new S3Client({ ...s3.clientConfig, followRegionRedirects: true })
    const bench = benchOf(plain, 'far-away', MIN_PART)
    let keys = 0
    const observer = ({ type }: { type: string }): void => {
      if (type === 'dataKey.generated') keys += 1
    }
    const body = Buffer.alloc(3 * MIN_PART, 'two pairs of boots')
    await bench.upload('scan', Readable.from([body]), { client: bench.encrypted({ observer }) }).done()
    expect(Buffer.compare(await bench.read('scan'), body)).toBe(0)
    expect(keys).toBe(1)
    plain.destroy()
  })
})
