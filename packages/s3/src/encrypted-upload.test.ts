import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { multiKeyring } from '@strongroom/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aesKeyring, rsaKeyring } from '../test/keyrings.ts'
import { BUCKET, type Lab, startLab } from '../test/lab.ts'
import { memoryKms } from '../test/memory-kms.ts'
import { EncryptedUpload, type UploadProgress } from './encrypted-upload.ts'
import { objectOptions } from './plugin/call-options.ts'
import type { S3EncryptionConfig } from './plugin-config.ts'
import type { EncryptedUploadOptions, EncryptedUploadParams } from './upload/upload-options.ts'

const PART = 1024
/** What the encryption hands on at a time. */
const PIECE = 65_536
const object = { Bucket: BUCKET, Key: 'scan-1' }
const keyring = aesKeyring()
let lab: Lab
beforeAll(async () => {
  lab = await startLab({ minPartBytes: PART })
})
afterAll(() => lab.close())
beforeEach(() => {
  lab.s3.faults.clear()
  lab.calls()
})

function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 7) % 251)
}

function upload(
  Body: EncryptedUploadParams['Body'],
  {
    config = {},
    params = {},
    ...options
  }: Partial<Omit<EncryptedUploadOptions, 'params'>> & {
    config?: Partial<S3EncryptionConfig>
    params?: Partial<EncryptedUploadParams>
  } = {},
): EncryptedUpload {
  const client = lab.encrypted({ keyring, ...config } as S3EncryptionConfig)
  return new EncryptedUpload({
    client,
    params: { ...object, ...params, Body } as EncryptedUploadParams,
    partSize: PART,
    minPartSize: PART,
    ...options,
  })
}

async function stored(config: Partial<S3EncryptionConfig> = {}): Promise<Uint8Array | undefined> {
  const { Body } = await lab.encrypted({ keyring, ...config } as S3EncryptionConfig).send(new GetObjectCommand(object))
  return await Body?.transformToByteArray()
}

async function uploadsLeft(): Promise<number> {
  return (await lab.plain.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }))).Uploads?.length ?? 0
}

/** A body of which the length is not known, in chunks of odd sizes. */
async function* chunked(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 3) % 997) yield bytes.subarray(at, at + size)
}

describe('an encrypted upload', () => {
  it('of any length is one object, however it is cut', async () => {
    for (const length of [0, 1, PART - 17, PART - 16, PART - 15, PART - 1, PART, 2 * PART - 16, 2 * PART - 15, 5 * PART + 3]) {
      const plaintext = bytesOf(length)
      for (const body of [plaintext, Readable.from(chunked(plaintext))]) {
        lab.calls()
        await upload(body as EncryptedUploadParams['Body']).done()
        const parts = Math.ceil((length + 16) / PART)
        const calls = lab.calls()
        expect(calls.filter((name) => name === 'UploadPart')).toHaveLength(parts === 1 ? 0 : parts)
        expect(calls.includes('PutObject')).toBe(parts === 1)
        expect(Buffer.compare((await stored()) ?? new Uint8Array(1), plaintext)).toBe(0)
      }
    }
  })

  it('takes whatever the SDK takes as a body, and knows the length where it can', async () => {
    const plaintext = Buffer.from('two pairs of boots, '.repeat(300))
    const folder = await mkdtemp(join(tmpdir(), 'strongroom-'))
    const file = join(folder, 'boots.txt')
    await writeFile(file, plaintext)
    const bodies: [string, unknown, boolean][] = [
      ['a string', plaintext.toString(), true],
      ['a Buffer', plaintext, true],
      ['an ArrayBuffer', Uint8Array.from(plaintext).buffer, true],
      ['a Blob', new Blob([plaintext]), true],
      ['a file', createReadStream(file), true],
      ['a Readable', Readable.from(chunked(plaintext)), false],
      ['a Readable of strings', Readable.from(['two pairs of boots, '.repeat(299), 'two pairs of boots, ']), false],
      ['a ReadableStream', ReadableStream.from(chunked(plaintext)), false],
      ['an AsyncIterable', chunked(plaintext), false],
    ]
    for (const [name, body, isKnown] of bodies) {
      await upload(body as EncryptedUploadParams['Body']).done()
      expect(Buffer.from((await stored()) ?? []).toString(), name).toBe(plaintext.toString())
      const { Metadata } = await lab.plain.send(new HeadObjectCommand(object))
      expect(Metadata?.['x-amz-unencrypted-content-length'], name).toBe(isKnown ? String(plaintext.length) : undefined)
    }
    await rm(folder, { recursive: true })
  })

  it.each<[string, Partial<S3EncryptionConfig>]>([
    ['V3 with KMS', { keyring: memoryKms(), encryptionContext: { tenant: 'blue' } }],
    ['V3 with RSA', { keyring: rsaKeyring() }],
    ['V2', { commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' }],
    ['esdk, many recipients', { format: 'esdk', keyring: multiKeyring({ generator: aesKeyring(), children: [rsaKeyring()] }) }],
    ['an instruction file', { instructionFile: true }],
  ])('is read as any other object: %s', async (_, config) => {
    const plaintext = bytesOf(200_000)
    await upload(Readable.from(chunked(plaintext)), {
      config,
      params: { ContentLength: plaintext.length, Metadata: { color: 'red' } },
    }).done()
    expect(Buffer.compare((await stored(config)) ?? new Uint8Array(1), plaintext)).toBe(0)
    const { Metadata } = await lab.plain.send(new HeadObjectCommand(object))
    expect(Metadata).toMatchObject({ color: 'red', 'x-amz-unencrypted-content-length': '200000' })
    if (config.instructionFile === true) expect(Metadata).not.toHaveProperty('x-amz-3')
  })

  it('sends nothing of the plaintext', async () => {
    const marker = 'MARKER-4000-0012'
    lab.s3.requests.length = 0
    lab.calls()
    await upload(Readable.from([marker.repeat(500)])).done()
    for (const { body, headers } of lab.s3.requests) {
      expect(Buffer.from(body).includes(marker.slice(0, 8))).toBe(false)
      expect(JSON.stringify(headers)).not.toContain(marker)
    }
    expect(lab.s3.requests.length).toBeGreaterThan(8)
  })

  it('takes an encryption context of its own, and bytes as they were at the call', async () => {
    const kms = memoryKms()
    const client = lab.encrypted({ keyring: kms, encryptionContext: { tenant: 'blue' } })
    const body = bytesOf(3000)
    const params = objectOptions({ ...object, Body: body }, { encryptionContext: { tenant: 'green' } })
    const done = new EncryptedUpload({ client, params, partSize: PART, minPartSize: PART }).done()
    body.fill(0)
    await done
    expect(kms.calls[0]?.context).toMatchObject({ tenant: 'green' })
    const read = await client.send(new GetObjectCommand(objectOptions(object, { encryptionContext: { tenant: 'green' } })))
    expect(Buffer.compare((await read.Body?.transformToByteArray()) ?? new Uint8Array(1), bytesOf(3000))).toBe(0)
  })

  it('tells how far it is, and where the object is', async () => {
    for (const length of [10, 5000]) {
      const seen: UploadProgress[] = []
      const result = await upload(bytesOf(length), { queueSize: 3 })
        .on('httpUploadProgress', (progress) => seen.push(progress))
        .done()
      const total = length + 16
      expect(seen.map(({ part }) => part).sort()).toEqual(Array.from({ length: Math.ceil(total / PART) }, (_, at) => at + 1))
      expect(seen.at(-1)).toMatchObject({ loaded: total, total, ...object })
      expect(seen.map(({ loaded }) => loaded)).toEqual(seen.map(({ loaded }) => loaded).sort((a, b) => a - b))
      expect(result).toMatchObject({ ...object, ETag: expect.any(String) })
      expect(result.Location).toMatch(/\/documents\/scan-1$/)
    }
  })

  it('gives the object its tags and headers at once', async () => {
    const tags = [
      { Key: 'kind of', Value: 'a&b=c' },
      { Key: 'x', Value: '' },
    ]
    for (const length of [10, 5000]) {
      await upload(bytesOf(length), { tags, params: { ContentType: 'image/tiff' } }).done()
      expect((await lab.plain.send(new GetObjectTaggingCommand(object))).TagSet).toEqual(tags)
      expect((await lab.plain.send(new HeadObjectCommand(object))).ContentType).toBe('image/tiff')
      expect(lab.calls()).not.toContain('PutObjectTagging')
    }
  })

  it('uploads no more parts at once than queueSize, and reads no further ahead', async () => {
    let read = 0
    let sent = 0
    async function* body(): AsyncGenerator<Uint8Array> {
      for (; read < 20; ) {
        read += 1
        // Two on their way, one that is cut, and one that told that it is not the last.
        expect(read - sent).toBeLessThanOrEqual(4)
        yield bytesOf(PIECE)
      }
    }
    await upload(body() as unknown as EncryptedUploadParams['Body'], { queueSize: 2, partSize: PIECE })
      .on('httpUploadProgress', () => {
        sent += 1
      })
      .done()
    expect([read, sent]).toEqual([20, 21])
  })
})

describe('a part that fails', () => {
  it('is sent again with the same bytes', async () => {
    lab.s3.requests.length = 0
    lab.calls()
    using fault = lab.s3.faults.outage('internal-error', { operations: ['UploadPart'], times: 3 })
    using lost = lab.s3.faults.outage('lost-answer', { operations: ['CompleteMultipartUpload'], times: 1 })
    const plaintext = bytesOf(5 * PART)
    await upload(Readable.from(chunked(plaintext))).done()
    expect([fault.hits, lost.hits]).toEqual([3, 1])
    const sent = lab.s3.requests.filter(({ operation }) => operation === 'UploadPart').map(({ body }) => Buffer.from(body).toString('hex'))
    expect(sent).toHaveLength(9)
    expect(new Set(sent).size).toBe(6)
    expect(Buffer.compare((await stored()) ?? new Uint8Array(1), plaintext)).toBe(0)
  })

  it('is completed where the answer to that was lost, and another object is not taken for it', async () => {
    using lost = lab.s3.faults.outage('lost-answer', { operations: ['CompleteMultipartUpload'] })
    const plaintext = bytesOf(3 * PART)
    for (const config of [{}, { commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' } as const]) {
      await expect(upload(plaintext, { config }).done()).resolves.toMatchObject({ ...object, ETag: expect.stringMatching(/-4"$/) })
      expect(Buffer.compare((await stored(config)) ?? new Uint8Array(1), plaintext)).toBe(0)
    }
    expect(lost.hits).toBeGreaterThan(1)
    lab.s3.faults.clear()
    lab.s3.faults.fail({ name: 'NoSuchUpload', status: 404 }, { operations: ['CompleteMultipartUpload'] })
    await expect(upload(plaintext).done()).rejects.toMatchObject({ name: 'NoSuchUpload' })
  })

  it('for good takes the upload away, stops the body, and is what done throws', async () => {
    lab.s3.faults.fail({ name: 'AccessDenied', status: 403 }, { when: ({ partNumber }) => partNumber === 3 })
    const body = Readable.from(chunked(bytesOf(50 * PART)))
    const failed = upload(body)
    await expect(failed.done()).rejects.toMatchObject({ name: 'AccessDenied' })
    expect([await uploadsLeft(), failed.uploadId, body.destroyed]).toEqual([0, undefined, true])
    expect(lab.calls()).not.toContain('CompleteMultipartUpload')
  })

  it('leaves its upload behind where that was asked for, or where it cannot be taken away, and tells its id', async () => {
    for (const left of ['asked', 'denied'] as const) {
      lab.s3.faults.fail({ name: 'AccessDenied', status: 403 }, { when: ({ partNumber }) => partNumber === 2 })
      if (left === 'denied') lab.s3.faults.fail({ name: 'AccessDenied', status: 403 }, { operations: ['AbortMultipartUpload'] })
      const failed = upload(bytesOf(5000), { leavePartsOnError: left === 'asked' })
      await expect(failed.done()).rejects.toMatchObject({ name: 'AccessDenied' })
      lab.s3.faults.clear()
      expect(failed.uploadId).toEqual(expect.any(String))
      expect(await uploadsLeft()).toBeGreaterThan(0)
    }
  })

  it('puts back the instruction file of the object that stays', async () => {
    const config = { instructionFile: true }
    await lab.encrypted({ keyring, ...config }).send(new PutObjectCommand({ ...object, Body: 'the old' }))
    for (const operation of ['CompleteMultipartUpload', 'UploadPart']) {
      lab.s3.faults.fail({ name: 'AccessDenied', status: 403 }, { operations: [operation] })
      await expect(upload(bytesOf(5000), { config }).done()).rejects.toMatchObject({ name: 'AccessDenied' })
      lab.s3.faults.clear()
      expect(Buffer.from((await stored(config)) ?? []).toString()).toBe('the old')
    }
  })
})

describe('an upload that is aborted', () => {
  it('in mid-stream leaves nothing behind, even where the body never answers', async () => {
    const before = await uploadsLeft()
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let part = 0; part < 4; part += 1) yield bytesOf(PIECE)
      await new Promise(() => undefined)
    }
    for (const body of [Readable.from(endless()), endless(), ReadableStream.from(endless())]) {
      const aborted = upload(body as EncryptedUploadParams['Body'])
      const done = aborted.done()
      done.catch(() => undefined)
      await new Promise((resolve) => aborted.once('httpUploadProgress', resolve))
      await aborted.abort()
      await expect(done).rejects.toMatchObject({ name: 'AbortError' })
      expect([await uploadsLeft(), aborted.uploadId]).toEqual([before, undefined])
    }
  })

  it('while it begins waits for the upload, and takes it away', async () => {
    const before = await uploadsLeft()
    const controller = new AbortController()
    lab.calls()
    lab.s3.faults.latency(
      () => {
        controller.abort()
        return 20
      },
      { operations: ['CreateMultipartUpload'] },
    )
    await expect(upload(bytesOf(5000), { abortController: controller }).done()).rejects.toMatchObject({ name: 'AbortError' })
    expect(lab.calls().filter((name) => name.includes('Upload'))).toEqual(['CreateMultipartUpload', 'AbortMultipartUpload'])
    expect(await uploadsLeft()).toBe(before)
  })

  it('before it began sends nothing', async () => {
    const aborted = upload(bytesOf(5000))
    await aborted.abort()
    await expect(aborted.done()).rejects.toMatchObject({ name: 'AbortError' })
    expect(lab.calls()).toEqual([])
  })

  it('is not where S3 makes the object of it already', async () => {
    const late = upload(bytesOf(5000))
    lab.s3.faults.latency(
      () => {
        late.abort().catch(() => undefined)
        return 1
      },
      { operations: ['CompleteMultipartUpload'] },
    )
    await expect(late.done()).resolves.toMatchObject(object)
  })
})

describe('an upload is refused', () => {
  it.each<[string, Parameters<typeof upload>[1], object]>([
    ['an unknown option', { parts: 3 } as never, { code: 'OPTION_INVALID', option: 'parts' }],
    ['parts that S3 would not take', { partSize: 1023 }, { code: 'OPTION_INVALID', option: 'partSize' }],
    ['parts below 5 MiB, unless the store takes them', { minPartSize: 5 * 2 ** 20 }, { code: 'OPTION_INVALID', option: 'partSize' }],
    ['a digest of the plaintext', { params: { ContentMD5: 'x' } }, { code: 'PARAMETER_UNSUPPORTED', option: 'ContentMD5' }],
    ['a checksum of it', { params: { ChecksumSHA256: 'x' } }, { code: 'PARAMETER_UNSUPPORTED', option: 'ChecksumSHA256' }],
    ['metadata of the envelope', { params: { Metadata: { 'x-amz-c': '115' } } }, { code: 'PARAMETER_UNSUPPORTED', option: 'Metadata' }],
    ['tags given twice', { tags: [{ Key: 'a', Value: 'b' }], params: { Tagging: 'a=c' } }, { code: 'OPTION_INVALID', option: 'tags' }],
    ['no key', { params: { Key: '' } }, { code: 'INPUT_INVALID', option: 'Key' }],
  ])('when it is made: %s', (_, options, error) => {
    expect(() => upload('hello', options)).toThrow(expect.objectContaining(error))
  })

  it('of a client that does not encrypt', () => {
    expect(() => new EncryptedUpload({ client: lab.plain, params: { ...object, Body: 'hello' } })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', option: 'client' }),
    )
  })

  it('a second time', async () => {
    const once = upload('hello')
    await once.done()
    await expect(once.done()).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  it('before a key is used, where it has more than 10,000 parts, or more than AES-GCM encrypts', async () => {
    for (const [ContentLength, option] of [
      [PART * 10_000 + 1, 'partSize'],
      [2 ** 36, undefined],
    ] as const) {
      const kms = memoryKms()
      const options = { config: { keyring: kms }, params: { ContentLength }, ...(option === undefined ? { partSize: 2 ** 30 } : {}) }
      const body = Readable.from(chunked(bytesOf(5000)))
      const large = upload(body, options)
      await expect(large.done()).rejects.toMatchObject({ code: 'OBJECT_TOO_LARGE', ...(option === undefined ? {} : { option }) })
      expect([kms.calls, lab.calls(), body.destroyed]).toEqual([[], [], true])
    }
  })

  it('where it is not as long as it was said to be, and nothing stays', async () => {
    const before = await uploadsLeft()
    for (const ContentLength of [4999, 5001]) {
      const wrong = upload(Readable.from(chunked(bytesOf(5000))), { params: { ContentLength } })
      await expect(wrong.done()).rejects.toMatchObject({ code: 'LENGTH_MISMATCH' })
    }
    expect(await uploadsLeft()).toBe(before)
  })

  it('with what the body throws', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytesOf(5 * PART)
      throw new Error('the disk is gone')
    }
    const before = await uploadsLeft()
    await expect(upload(Readable.from(broken())).done()).rejects.toThrow('the disk is gone')
    expect(await uploadsLeft()).toBe(before)
  })
})
