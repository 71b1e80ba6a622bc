import { createReadStream, createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, type PutObjectCommandInput } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BUCKET, type Lab, startLab } from '../../test/lab.ts'
import { memoryKms } from '../../test/memory-kms.ts'
import { objectOptions } from './call-options.ts'

let lab: Lab
const folder = mkdtempSync(join(tmpdir(), 'strongroom-s3-'))
beforeAll(async () => {
  lab = await startLab()
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await lab.close()
})

const object = { Bucket: BUCKET, Key: 'order-1' }
const long = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, at) => at % 251))

async function read(client = lab.encrypted(), input: { Key?: string } = {}): Promise<Buffer> {
  const { Body } = await client.send(new GetObjectCommand({ ...object, ...input }))
  return Buffer.from((await Body?.transformToByteArray()) ?? [])
}

async function* slowly(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

describe('a body', () => {
  const file = join(folder, 'body')
  writeFileSync(file, long)
  const forms: [string, () => Partial<PutObjectCommandInput>, Buffer][] = [
    ['text', () => ({ Body: 'zwei Paar Stiefel, größer' }), Buffer.from('zwei Paar Stiefel, größer')],
    ['bytes', () => ({ Body: long }), long],
    ['nothing', () => ({}), Buffer.alloc(0)],
    ['no bytes', () => ({ Body: new Uint8Array(0) }), Buffer.alloc(0)],
    ['bytes and their length', () => ({ Body: long, ContentLength: long.length }), long],
    ['a Blob', () => ({ Body: new Blob([long]) }), long],
    ['a Readable of known length', () => ({ Body: Readable.from(slowly(long, 1000)), ContentLength: long.length }), long],
    ['a Readable of unknown length', () => ({ Body: Readable.from(slowly(long, 1000)) }), long],
    ['a ReadableStream', () => ({ Body: ReadableStream.from(slowly(long, 70_000)) as never, ContentLength: long.length }), long],
    ['a file', () => ({ Body: createReadStream(file) }), long],
    ['a part of a file', () => ({ Body: createReadStream(file, { start: 10, end: 200_000 }) }), long.subarray(10, 200_001)],
    ['the end of a file', () => ({ Body: createReadStream(file, { start: 299_000 }) }), long.subarray(299_000)],
  ]

  it.each(forms)('may be %s', async (_form, input, expected) => {
    for (const config of [{}, { format: 'esdk' }, { commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' }] as const) {
      const client = lab.encrypted(config)
      await client.send(new PutObjectCommand({ ...object, ...input() }))
      expect((await read(client)).equals(expected)).toBe(true)
    }
  })

  it('of known length is not held in memory, and not retried; what is retried is the same', async () => {
    const client = lab.encrypted({ maxBufferedBytes: 1000 })
    await client.send(new PutObjectCommand({ ...object, Body: Readable.from(slowly(long, 1000)), ContentLength: long.length }))
    lab.s3.requests.length = 0
    lab.s3.faults.outage('internal-error', { operations: ['PutObject'], times: 2 })
    await lab.encrypted().send(new PutObjectCommand({ ...object, Body: long }))
    const bodies = lab.s3.requests.map(({ body }) => Buffer.from(body).toString('base64'))
    expect([bodies.length, new Set(bodies).size]).toEqual([3, 1])
    expect((await read()).equals(long)).toBe(true)
  })

  it('of unknown length that is too long is refused, with the remedy, before a key is used', async () => {
    const kms = memoryKms()
    const source = Readable.from(slowly(long, 1000))
    await expect(
      lab.encrypted({ keyring: kms, maxBufferedBytes: 1000 }).send(new PutObjectCommand({ ...object, Body: source })),
    ).rejects.toMatchObject({
      code: 'LENGTH_UNKNOWN',
      message: expect.stringContaining('EncryptedUpload'),
    })
    expect([kms.calls, source.destroyed]).toEqual([[], true])
  })

  it('that is not as long as ContentLength says is not stored', async () => {
    const client = lab.encrypted()
    const put = (input: Partial<PutObjectCommandInput>) => client.send(new PutObjectCommand({ ...object, Key: 'wrong-length', ...input }))
    await expect(put({ Body: 'abc', ContentLength: 4 })).rejects.toMatchObject({ code: 'LENGTH_MISMATCH' })
    for (const ContentLength of [long.length - 1, long.length + 1])
      await expect(put({ Body: Readable.from(slowly(long, 1000)), ContentLength })).rejects.toThrow()
    await expect(lab.plain.send(new HeadObjectCommand({ ...object, Key: 'wrong-length' }))).rejects.toThrow()
  })

  it('that breaks off is not stored, and its source is let go of', async () => {
    const source = Readable.from(
      (async function* () {
        yield long
        throw new Error('the disk is gone')
      })(),
    )
    const put = new PutObjectCommand({ ...object, Key: 'broken', Body: source, ContentLength: 2 * long.length })
    await expect(lab.encrypted().send(put)).rejects.toThrow()
    expect(source.destroyed).toBe(true)
    await expect(lab.plain.send(new HeadObjectCommand({ ...object, Key: 'broken' }))).rejects.toThrow()
  })

  it('is taken as it is at the call', async () => {
    const client = lab.encrypted()
    const Body = Buffer.from(long)
    const input = { ...object, Body, Metadata: { color: 'red' } }
    const putting = client.send(new PutObjectCommand(input))
    Body.fill(0)
    input.Metadata.color = 'blue'
    await putting
    expect((await read(client)).equals(long)).toBe(true)
    expect(input.Body).toBe(Body)
    expect((await client.send(new HeadObjectCommand(object))).Metadata).toEqual({ color: 'red' })
  })

  it.each(['text', 7, {}, createWriteStream(join(folder, 'out'))])('that is none is refused: %#', async (Body) => {
    if (Body === 'text') return
    await expect(lab.encrypted().send(new PutObjectCommand({ ...object, Body: Body as never }))).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    })
  })
})

describe('parameters', () => {
  it.each([
    [{ ContentMD5: 'rL0Y20zC+Fzt72VPzMSk2A==' }, 'ContentMD5'],
    [{ ChecksumCRC32: 'AAAAAA==' }, 'ChecksumCRC32'],
    [{ ChecksumSHA256: 'AA==' }, 'ChecksumSHA256'],
    [{ WriteOffsetBytes: 5 }, 'WriteOffsetBytes'],
    [{ Metadata: { 'X-Amz-C': '115' } }, 'Metadata'],
  ])('%j is refused', async (input, option) => {
    const kms = memoryKms()
    const attempt = lab.encrypted({ keyring: kms }).send(new PutObjectCommand({ ...object, Body: 'a', ...input } as PutObjectCommandInput))
    await expect(attempt).rejects.toMatchObject({ code: 'PARAMETER_UNSUPPORTED', option })
    expect(kms.calls).toEqual([])
  })

  it('pass where they are about what is stored', async () => {
    const client = lab.encrypted()
    const input = {
      ...object,
      Body: long,
      ChecksumAlgorithm: 'SHA256',
      StorageClass: 'STANDARD_IA',
      ContentType: 'text/csv',
      CacheControl: 'no-store',
      IfNoneMatch: undefined,
    } as const
    expect((await client.send(new PutObjectCommand(input))).ChecksumSHA256).toBeDefined()
    const head = await lab.plain.send(new HeadObjectCommand(object))
    expect(head).toMatchObject({
      StorageClass: 'STANDARD_IA',
      ContentType: 'text/csv',
      CacheControl: 'no-store',
      ContentLength: long.length + 16,
    })
    await expect(client.send(new PutObjectCommand({ ...object, Body: 'a', IfNoneMatch: '*' }))).rejects.toMatchObject({
      name: 'PreconditionFailed',
    })
    await expect(client.send(new PutObjectCommand({ Bucket: BUCKET, Key: undefined, Body: 'a' }))).rejects.toThrow()
  })
})

describe('the encryption context', () => {
  it('is the configuration’s, a function of the place, or the call’s', async () => {
    const kms = memoryKms()
    const of = (encryptionContext: object) => lab.encrypted({ keyring: kms, encryptionContext } as never)
    const put = new PutObjectCommand({ ...object, Body: 'a' })
    await of({ tenant: 'blue' }).send(put)
    await of(({ bucket, key }: { bucket: string; key: string }) => ({ at: `${bucket}/${key}` })).send(put)
    await of({ tenant: 'blue' }).send(
      new PutObjectCommand(objectOptions({ ...object, Body: 'a' }, { encryptionContext: { tenant: 'red' } })),
    )
    const pairs = kms.calls.map(({ context }) => context)
    const algorithm = { 'aws:x-amz-cek-alg': '115' }
    expect(pairs).toEqual([
      { tenant: 'blue', ...algorithm },
      { at: 'documents/order-1', ...algorithm },
      { tenant: 'red', ...algorithm },
    ])
    await expect(read(of({ tenant: 'blue' }))).rejects.toMatchObject({ code: 'CONTEXT_MISMATCH' })
    const { Body } = await of({}).send(new GetObjectCommand(objectOptions(object, { encryptionContext: { tenant: 'red' } })))
    expect(await Body?.transformToString()).toBe('a')
  })
})

describe('an instruction file', () => {
  const config = { instructionFile: true, instructionFileSuffix: '.key' }
  const bodies = async () =>
    (await lab.plain.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'filed' }))).Contents?.map(({ Key }) => Key) ?? []

  it('is stored first, marked, and read back', async () => {
    for (const policy of [{}, { commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' } as const]) {
      const client = lab.encrypted({ ...config, ...policy })
      lab.calls()
      await client.send(new PutObjectCommand({ ...object, Key: 'filed', Body: long }))
      expect(lab.calls().filter((name) => name === 'PutObject')).toHaveLength(2)
      expect(await bodies()).toEqual(['filed', 'filed.key'])
      const file = await lab.plain.send(new GetObjectCommand({ ...object, Key: 'filed.key' }))
      expect(file.Metadata).toEqual({ 'x-amz-crypto-instr-file': '' })
      expect((await read(client, { Key: 'filed' })).equals(long)).toBe(true)
      await expect(read(lab.encrypted(policy), { Key: 'filed' })).rejects.toMatchObject({
        code: policy.commitmentPolicy === undefined ? 'INSTRUCTION_FILE_MISSING' : 'OBJECT_NOT_ENCRYPTED',
      })
      const { Body } = await lab
        .encrypted(policy)
        .send(new GetObjectCommand(objectOptions({ ...object, Key: 'filed' }, { instructionFileSuffix: '.key' })))
      expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(long)).toBe(true)
    }
  })

  it('that was there is put back where the object could not be stored', async () => {
    const client = lab.encrypted(config, { maxAttempts: 1 })
    const put = (Body: string, Key = 'filed-2') => client.send(new PutObjectCommand({ ...object, Key, Body }))
    await put('first')
    const isObject = ({ key }: { key?: string }) => key === 'filed-2'
    for (const kind of ['internal-error', 'reset'] as const) {
      using _fault = lab.s3.faults.outage(kind, { operations: ['PutObject'], when: isObject, times: 1 })
      await expect(put('second')).rejects.toThrow()
      expect((await read(client, { Key: 'filed-2' })).toString()).toBe('first')
    }
    using _fault = lab.s3.faults.outage('internal-error', { operations: ['PutObject'], when: ({ key }) => key === 'filed-3', times: 1 })
    await expect(put('first', 'filed-3')).rejects.toThrow()
    expect(await bodies()).not.toContain('filed-3.key')
  })

  it('stays where the object was stored, though the answer was lost', async () => {
    const client = lab.encrypted(config, { maxAttempts: 1 })
    const put = (Body: string) => client.send(new PutObjectCommand({ ...object, Key: 'filed-4', Body }))
    await put('first')
    using _fault = lab.s3.faults.outage('lost-answer', { operations: ['PutObject'], when: ({ key }) => key === 'filed-4', times: 1 })
    await expect(put('second')).rejects.toThrow()
    expect((await read(client, { Key: 'filed-4' })).toString()).toBe('second')
  })

  it('that is too long is not read', async () => {
    const client = lab.encrypted({ ...config, maxEnvelopeBytes: 300 })
    await client.send(new PutObjectCommand({ ...object, Key: 'filed-5', Body: 'a' }))
    await lab.plain.send(new PutObjectCommand({ ...object, Key: 'filed-5.key', Body: Buffer.alloc(301, ' ') }))
    await expect(read(client, { Key: 'filed-5' })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', option: 'maxEnvelopeBytes' })
  })
})
