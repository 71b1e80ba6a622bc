import { createHash } from 'node:crypto'
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  RestoreObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { testClock } from '../test-clock.ts'
import { type EmbeddedS3, type EmbeddedS3Options, startEmbeddedS3 } from './embedded-s3.ts'

const Bucket = 'documents'
const DAY_MS = 86_400_000
const clock = testClock()
let s3: EmbeddedS3
let client: S3Client

async function start(options: EmbeddedS3Options = {}): Promise<void> {
  s3 = await startEmbeddedS3({ clock, ...options })
  s3.createBucket(Bucket)
  client = new S3Client({ ...s3.clientConfig, maxAttempts: 1 })
}

beforeEach(() => start())
afterEach(async () => {
  client.destroy()
  await s3.close()
})

const put = (Key: string, Body: string | Uint8Array, more: Partial<PutObjectCommandInput> = {}) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }))
const get = async (Key: string, more: Partial<GetObjectCommandInput> = {}): Promise<string | undefined> =>
  (await client.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body?.transformToString()
const named = (name: string): unknown => expect.objectContaining({ name })

it('calls are logged with what they are about, and with the error', async () => {
  await put('a', 'hello')
  await get('a', { Range: 'bytes=1-2' })
  await expect(get('b', { VersionId: 'null' })).rejects.toThrow()
  await client.send(new ListBucketsCommand({}))
  expect(s3.calls.all).toEqual([
    { operation: 'PutObject', bucket: Bucket, key: 'a' },
    { operation: 'GetObject', bucket: Bucket, key: 'a', range: 'bytes=1-2' },
    { operation: 'GetObject', bucket: Bucket, key: 'b', versionId: 'null', error: 'NoSuchVersion' },
    { operation: 'ListBuckets' },
  ])
})

it('request bodies are kept as they arrived, unless they shall not be', async () => {
  await put('a', 'a marker')
  expect(s3.requests.map(({ operation }) => operation)).toEqual(['PutObject'])
  expect(Buffer.from(s3.requests[0]?.body ?? []).toString()).toContain('a marker')
  await s3.close()
  await start({ recordRequests: false })
  await put('a', 'a marker')
  expect(s3.requests).toEqual([])
})

it('dates are those of the clock', async () => {
  await put('a', 'hello')
  const { LastModified } = await client.send(new HeadObjectCommand({ Bucket, Key: 'a' }))
  expect(LastModified?.getTime()).toBe(Math.floor(clock() / 1000) * 1000)
})

it('a bucket of another Region redirects, and a client that follows gets there', async () => {
  s3.createBucket('far-away', { region: 'eu-west-1' })
  const command = new PutObjectCommand({ Bucket: 'far-away', Key: 'a', Body: 'hello' })
  await expect(client.send(command)).rejects.toThrow(named('PermanentRedirect'))
  expect(s3.calls.count('PutObject')).toBe(1)
  const following = new S3Client({ ...s3.clientConfig, followRegionRedirects: true })
  try {
    await following.send(command)
    const { Body } = await following.send(new GetObjectCommand({ Bucket: 'far-away', Key: 'a' }))
    expect(await Body?.transformToString()).toBe('hello')
  } finally {
    following.destroy()
  }
})

it('faults meet calls by operation, bucket and key', async () => {
  using throttled = s3.faults.throttle({ when: ({ key }) => key === 'a', times: 1 })
  await put('b', 'hello')
  await expect(put('a', 'hello')).rejects.toThrow(named('SlowDown'))
  await put('a', 'hello')
  expect(throttled.hits).toBe(1)
  using _down = s3.faults.outage('internal-error', { operations: ['GetObject'] })
  await expect(get('a')).rejects.toThrow(named('InternalError'))
})

it('a write whose answer is lost was carried out', async () => {
  using _lost = s3.faults.outage('lost-answer', { operations: ['PutObject'], times: 1 })
  await expect(put('a', 'hello')).rejects.toThrow()
  expect(await get('a')).toBe('hello')
})

it('a body is cut where it is told to', async () => {
  const bytes = Buffer.alloc(500_000, 'x')
  await put('a', bytes)
  using cut = s3.faults.cutBody({ afterBytes: 200_000, when: ({ operation }) => operation === 'GetObject', times: 1 })
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'a', ChecksumMode: 'ENABLED' }))
  let received = 0
  const read = async (): Promise<void> => {
    for await (const chunk of Body as AsyncIterable<Uint8Array>) received += chunk.length
  }
  await expect(read()).rejects.toThrow()
  expect(received).toBeLessThanOrEqual(200_000)
  expect(cut.hits).toBe(1)
  expect((await get('a'))?.length).toBe(500_000)
})

it('what is tampered with keeps its ETag, its date and its version', async () => {
  s3.createBucket('kept', { versioning: 'Enabled' })
  const command = { Bucket: 'kept', Key: 'a' }
  const before = await client.send(new PutObjectCommand({ ...command, Body: 'hello', Metadata: { colour: 'blue' } }))
  s3.tamper(
    { bucket: 'kept', key: 'a' },
    { body: (body) => Buffer.from(`${Buffer.from(body)}!`), metadata: ({ colour }) => ({ shade: `${colour}` }) },
  )
  const after = await client.send(new GetObjectCommand({ ...command, ChecksumMode: 'DISABLED' as 'ENABLED' }))
  expect([after.ETag, after.VersionId, after.Metadata]).toEqual([before.ETag, before.VersionId, { shade: 'blue' }])
  expect(await after.Body?.transformToString()).toBe('hello!')
})

it('what is denied is refused before it is done', async () => {
  await s3.close()
  await start({ deny: ({ operation }) => operation === 'PutObject' })
  await expect(put('a', 'hello')).rejects.toThrow(named('AccessDenied'))
  await expect(get('a')).rejects.toThrow(named('NoSuchKey'))
})

it('an upload of many small parts, up to number 10,000, is possible where the minimum is lowered', async () => {
  await s3.close()
  await start({ minPartBytes: 1, recordRequests: false })
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'a' }))
  const Parts: { PartNumber: number; ETag: string | undefined }[] = []
  const hash = createHash('sha256')
  for (let PartNumber = 40; PartNumber <= 10_000; PartNumber += 40) {
    const Body = Buffer.from(`part ${PartNumber};`)
    hash.update(Body)
    const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key: 'a', UploadId, PartNumber, Body }))
    Parts.push({ PartNumber, ETag })
  }
  await client.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'a', UploadId, MultipartUpload: { Parts } }))
  const text = (await get('a')) ?? ''
  expect(createHash('sha256').update(text).digest('hex')).toBe(hash.digest('hex'))
  expect((await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads).toBeUndefined()
})

it('restoring takes as long as it is told to, and the copy goes again', async () => {
  await s3.close()
  await start({ restoreDelayMs: 1000 })
  await put('a', 'cold', { StorageClass: 'DEEP_ARCHIVE' })
  const restore = () => client.send(new RestoreObjectCommand({ Bucket, Key: 'a', RestoreRequest: { Days: 2 } }))
  const restored = async () => (await client.send(new HeadObjectCommand({ Bucket, Key: 'a' }))).Restore
  expect((await restore()).$metadata.httpStatusCode).toBe(202)
  expect(await restored()).toBe('ongoing-request="true"')
  await expect(restore()).rejects.toThrow(named('RestoreAlreadyInProgress'))
  await expect(get('a')).rejects.toThrow(named('InvalidObjectState'))
  clock.advance(1000)
  expect(await get('a')).toBe('cold')
  expect(await restored()).toMatch(/^ongoing-request="false", expiry-date=/)
  await expect(client.send(new CopyObjectCommand({ Bucket, Key: 'b', CopySource: `${Bucket}/a` }))).resolves.toBeDefined()
  clock.advance(2 * DAY_MS)
  await expect(get('a')).rejects.toThrow(named('InvalidObjectState'))
  await expect(client.send(new CopyObjectCommand({ Bucket, Key: 'b', CopySource: `${Bucket}/a` }))).rejects.toThrow(
    named('ObjectNotInActiveTierError'),
  )
})

it('an object under a customer key needs that key', async () => {
  const keyOf = (seed: string) => {
    const key = createHash('sha256').update(seed).digest()
    return { SSECustomerAlgorithm: 'AES256', SSECustomerKey: key.toString('base64') }
  }
  const secure = (seed: string) => {
    const { SSECustomerAlgorithm, SSECustomerKey } = keyOf(seed)
    const md5 = createHash('md5').update(Buffer.from(SSECustomerKey, 'base64')).digest('base64')
    return { SSECustomerAlgorithm, SSECustomerKey, SSECustomerKeyMD5: md5 }
  }
  const { ETag } = await put('a', 'hello', secure('one'))
  expect(ETag).not.toBe(`"${createHash('md5').update('hello').digest('hex')}"`)
  expect(await get('a', secure('one'))).toBe('hello')
  await expect(get('a', secure('two'))).rejects.toThrow(named('AccessDenied'))
  await expect(get('a')).rejects.toThrow(named('InvalidRequest'))
})

it('a locked version is not deleted before its time', async () => {
  await client.send(new CreateBucketCommand({ Bucket: 'locked', ObjectLockEnabledForBucket: true }))
  const { VersionId } = await client.send(
    new PutObjectCommand({
      Bucket: 'locked',
      Key: 'a',
      Body: 'hello',
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: new Date(clock() + DAY_MS),
    }),
  )
  const remove = () => client.send(new DeleteObjectCommand({ Bucket: 'locked', Key: 'a', VersionId }))
  await expect(remove()).rejects.toThrow(named('AccessDenied'))
  clock.advance(DAY_MS + 1000)
  await remove()
  await expect(put('a', 'hello', { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: new Date(clock() + DAY_MS) })).rejects.toThrow(
    named('InvalidRequest'),
  )
})

it('a body that changed after it was signed is refused', async () => {
  const signed = { authorization: 'any', 'x-amz-content-sha256': createHash('sha256').update('hello').digest('hex') }
  const send = (body: string) => fetch(`${s3.endpoint}/${Bucket}/a`, { method: 'PUT', body, headers: signed })
  const changed = await send('hullo')
  expect(changed.status).toBe(400)
  expect(await changed.text()).toContain('<Code>XAmzContentSHA256Mismatch</Code>')
  await expect(get('a')).rejects.toThrow(named('NoSuchKey'))
  expect((await send('hello')).status).toBe(200)
})

it('sub-resources that are not served are refused, not taken for the object', async () => {
  await put('a', 'hello')
  const response = await fetch(`${s3.endpoint}/${Bucket}/a?acl`, { headers: { authorization: 'any' } })
  expect(response.status).toBe(501)
  expect(await response.text()).toContain('<Code>NotImplemented</Code>')
})

it('an option nobody knows is an error', async () => {
  await expect(startEmbeddedS3({ minPartSize: 1 } as EmbeddedS3Options)).rejects.toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID' }),
  )
  expect(() => s3.createBucket('No_Such_Name')).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
})
