import { createCipheriv, createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  GetObjectCommand,
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { ObserverEvent } from '@strongroom/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aesKeyring } from '../../test/keyrings.ts'
import { BUCKET, type Lab, startLab } from '../../test/lab.ts'
import { memoryKms } from '../../test/memory-kms.ts'
import type { ObjectEncryptionSettings, ObjectKeyring } from '../config.ts'
import type { S3EncryptionSettings } from '../plugin-config.ts'

let lab: Lab
let folder: string
beforeAll(async () => {
  lab = await startLab()
  folder = await mkdtemp(join(tmpdir(), 'strongroom-spool-test-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await lab.close()
})

const FORBID = 'FORBID_ENCRYPT_ALLOW_DECRYPT'
/** The SDK's own checksum would find most changes first. S3 makes it, so that it proves nothing. */
const CARELESS = { responseChecksumValidation: 'WHEN_REQUIRED' } as const
const plaintext = Buffer.from(Uint8Array.from({ length: 3_500_000 }, (_, at) => (at * 7) % 251))
const object = { Bucket: BUCKET, Key: 'order-1' }
const name = { bucket: BUCKET, key: object.Key }
type Config = Partial<ObjectEncryptionSettings & ObjectKeyring & S3EncryptionSettings>

async function put(config: Config = {}, Body: Uint8Array = plaintext): Promise<void> {
  await lab.encrypted(config).send(new PutObjectCommand({ ...object, Body, Metadata: { color: 'red' } }))
}

function get(
  config: Config = {},
  input: Partial<GetObjectCommandInput> = {},
  client: S3Client = lab.encrypted(config, CARELESS),
): Promise<GetObjectCommandOutput> {
  return client.send(new GetObjectCommand({ ...object, ...input }))
}

async function bytes(output: GetObjectCommandOutput): Promise<Buffer> {
  return Buffer.from((await output.Body?.transformToByteArray()) ?? [])
}

function flip(at: number): void {
  lab.s3.tamper(name, {
    body: (body) => {
      const changed = Buffer.from(body)
      changed[at < 0 ? changed.length + at : at] = (changed.at(at) as number) ^ 1
      return changed
    },
  })
}

const formats: [string, Config][] = [
  ['V3', {}],
  ['V2', { commitmentPolicy: FORBID }],
  ['esdk', { format: 'esdk' }],
]
const ways: [string, () => Config][] = [
  ['from memory', () => ({})],
  ['by a second pass', () => ({ maxBufferedBytes: 1000 })],
  ['from a spool', () => ({ maxBufferedBytes: 1000, largeObjects: 'spool', spoolFolder: folder })],
  ['with delayed authentication', () => ({ delayedAuthentication: true })],
]

describe.each(formats)('an object of %s', (_format, format) => {
  it.each(ways)('is read %s', async (_way, config) => {
    await put(format)
    const output = await get({ ...format, ...config() })
    expect(output).toMatchObject({ ContentLength: plaintext.length, Metadata: { color: 'red' }, ETag: expect.any(String) })
    expect(Object.keys(output).filter((name) => name.startsWith('Checksum'))).toEqual([])
    expect((await bytes(output)).equals(plaintext)).toBe(true)
    expect(readdirSync(folder)).toEqual([])
  })

  it.each(ways)(
    'that was changed anywhere is refused %s, before anything of it is released unless that was asked for',
    async (_way, config) => {
      for (const at of [0, 2_000_000, -1]) {
        await put(format)
        flip(at)
        let released = 0
        const reading = async () => {
          const { Body } = await get({ ...format, ...config() })
          for await (const piece of Body as Readable) released += (piece as Uint8Array).length
        }
        await expect(reading()).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
        if (config().delayedAuthentication !== true && format.format !== 'esdk') expect(released).toBe(0)
        // Frames are released as they verify, the one that was changed is not.
        if (format.format === 'esdk') expect(released).toBeLessThan(at < 0 ? plaintext.length : at + 1)
        expect(readdirSync(folder)).toEqual([])
      }
    },
  )

  it('is empty where nothing was put', async () => {
    await put(format, new Uint8Array(0))
    for (const [, config] of ways) {
      const output = await get({ ...format, ...config() })
      expect([output.ContentLength, (await bytes(output)).length]).toEqual([0, 0])
    }
  })
})

describe('a body', () => {
  it('is bytes, text or a stream, once', async () => {
    await put({}, Buffer.from('größer'))
    expect(await (await get()).Body?.transformToString()).toBe('größer')
    expect(await (await get()).Body?.transformToString('base64')).toBe(Buffer.from('größer').toString('base64'))
    expect(await (await get()).Body?.transformToString('latin1')).toBe(Buffer.from('größer').toString('latin1'))
    expect(await (await get()).Body?.transformToString('utf-16be')).toHaveLength(4)
    const web = (await get()).Body?.transformToWebStream() as ReadableStream<Uint8Array>
    expect(Buffer.concat(await Readable.from(web).toArray()).toString()).toBe('größer')
    const { Body } = await get()
    expect(Body).toBeInstanceOf(Readable)
    await Body?.transformToByteArray()
    await expect(Body?.transformToByteArray()).rejects.toThrow('read once')
  })

  it('that nobody reads on lets go of its connection', async () => {
    await put()
    const client = lab.encrypted(
      { delayedAuthentication: true },
      { requestHandler: { requestTimeout: 10_000, httpsAgent: undefined, httpAgent: { maxSockets: 1 } } as never },
    )
    for (let turn = 0; turn < 3; turn += 1) {
      const { Body } = await get({}, {}, client)
      for await (const _ of Body as Readable) break
    }
    const { Body } = await get({}, {}, client)
    ;(Body as Readable).destroy()
    expect((await bytes(await get({}, {}, client))).equals(plaintext)).toBe(true)
  })
})

describe('a second pass', () => {
  const config: Config = { maxBufferedBytes: 1000 }

  it('holds what comes against what verified: nothing that differs is released, at whatever place, and with the same ETag', async () => {
    for (const at of [0, 1_048_575, 1_048_576, 3_000_000, -1]) {
      await put()
      const output = await get(config)
      flip(at)
      let released = Buffer.alloc(0)
      const reading = async () => {
        for await (const piece of output.Body as Readable) released = Buffer.concat([released, piece as Uint8Array])
      }
      await expect(reading()).rejects.toMatchObject({ code: 'RESPONSE_UNEXPECTED' })
      expect(plaintext.subarray(0, released.length).equals(released)).toBe(true)
      expect(released.length).toBeLessThanOrEqual(at < 0 ? plaintext.length : at)
    }
  })

  it.each([
    ['shorter', (body: Uint8Array) => body.subarray(0, body.length - 5)],
    ['shorter by chunks', (body: Uint8Array) => body.subarray(0, 2 ** 21)],
    ['longer', (body: Uint8Array) => Buffer.concat([body, Buffer.alloc(5)])],
    ['empty', () => new Uint8Array(0)],
  ])('of an object that is %s by now fails', async (_what, change) => {
    await put()
    const output = await get(config)
    lab.s3.tamper(name, { body: change })
    await expect(bytes(output)).rejects.toThrow()
  })

  it('of an object that was replaced or deleted fails', async () => {
    await put()
    const output = await get(config)
    await put({}, Buffer.from('another'))
    await expect(bytes(output)).rejects.toMatchObject({ code: 'RESPONSE_UNEXPECTED' })
  })

  it('is not made where long objects are refused', async () => {
    await put()
    await expect(get({ ...config, largeObjects: 'refuse' })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', option: 'maxBufferedBytes' })
  })
})

describe('a range', () => {
  const small = plaintext.subarray(0, 10_000)
  const ranges: [string, number, number][] = [
    ['bytes=0-0', 0, 1],
    ['bytes=0-9999', 0, 10_000],
    ['bytes=17-4711', 17, 4712],
    ['bytes=9990-', 9990, 10_000],
    ['bytes=9990-20000', 9990, 10_000],
    ['bytes=-1', 9999, 10_000],
    ['bytes=-100', 9900, 10_000],
    ['bytes=-20000', 0, 10_000],
  ]
  const cases: [string, Config, Config][] = [
    ['V3', {}, { unauthenticatedRanges: true }],
    ['V2', { commitmentPolicy: FORBID }, { commitmentPolicy: FORBID, unauthenticatedRanges: true }],
    ['esdk', { format: 'esdk', frameLength: 1000 }, { format: 'esdk' }],
    ['esdk, by a client that writes V3', { format: 'esdk', frameLength: 1000 }, {}],
    ['V3, by a client that writes esdk', {}, { format: 'esdk', unauthenticatedRanges: true }],
  ]

  it.each(cases)('of an object of %s', async (_what, written, read) => {
    await put(written, small)
    for (const [Range, start, end] of ranges) {
      const output = await get(read, { Range })
      expect(output).toMatchObject({
        ContentLength: end - start,
        ContentRange: `bytes ${start}-${end - 1}/10000`,
        Metadata: { color: 'red' },
      })
      expect((await bytes(output)).equals(small.subarray(start, end))).toBe(true)
    }
    for (const Range of ['bytes=10000-', 'bytes=10015-10020', 'bytes=10000-10000', 'bytes=-0']) {
      const failure = await get(read, { Range }).catch((error: unknown) => error)
      expect([Range, (failure as { code?: string; name: string }).code ?? (failure as Error).name]).toEqual([
        Range,
        expect.stringMatching(/^(RANGE_NOT_SATISFIABLE|InvalidRange)$/),
      ])
    }
    await expect(get(read, { Range: 'bytes=20000-' })).rejects.toThrow()
    for (const Range of ['bytes=', 'bytes=5-4', 'bytes=0-1,4-5', 'lines=0-1'])
      await expect(get(read, { Range })).rejects.toMatchObject({ code: 'PARAMETER_UNSUPPORTED', option: 'Range' })
  })

  it('of V2 or V3 needs permission', async () => {
    await put({}, small)
    await expect(get({}, { Range: 'bytes=0-1' })).rejects.toMatchObject({ code: 'FORMAT_FORBIDDEN', option: 'unauthenticatedRanges' })
  })

  it('of esdk is verified, and of V3 is not', async () => {
    await put({ format: 'esdk', frameLength: 1000 }, small)
    flip(-5000)
    await expect((async () => await bytes(await get({}, { Range: 'bytes=0-9000' })))()).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    expect((await bytes(await get({}, { Range: 'bytes=0-999' }))).equals(small.subarray(0, 1000))).toBe(true)
    await put({}, small)
    flip(5)
    expect((await bytes(await get({ unauthenticatedRanges: true }, { Range: 'bytes=5-5' })))[0]).toBe((small[5] as number) ^ 1)
  })

  it('of an old object of AES-CBC is read, where that is allowed', async () => {
    const seed = (name: string, length: number) => createHash('sha512').update(name).digest().subarray(0, length)
    const [kek, dataKey, iv] = [seed('kek', 32), seed('key', 32), seed('iv', 16)]
    const wrap = createCipheriv('aes-256-ecb', kek, null)
    const cipher = createCipheriv('aes-256-cbc', dataKey, iv)
    await lab.plain.send(
      new PutObjectCommand({
        ...object,
        Body: Buffer.concat([cipher.update(small), cipher.final()]),
        Metadata: {
          'x-amz-key': Buffer.concat([wrap.update(dataKey), wrap.final()]).toString('base64'),
          'x-amz-iv': iv.toString('base64'),
          'x-amz-matdesc': '{}',
        },
      }),
    )
    const config: Config = {
      keyring: aesKeyring(kek),
      commitmentPolicy: FORBID,
      legacyContent: true,
      legacyWrappingAlgorithms: true,
      unauthenticatedRanges: true,
    }
    for (const [Range, start, end] of ranges) {
      const output = await get(config, { Range })
      expect(output.ContentRange).toBe(`bytes ${start}-${end - 1}/10000`)
      expect((await bytes(output)).equals(small.subarray(start, end))).toBe(true)
    }
    expect((await bytes(await get(config))).equals(small)).toBe(true)
    await expect(get({ ...config, legacyContent: false })).rejects.toMatchObject({ code: 'FORMAT_FORBIDDEN' })
  })
})

describe('conditions and versions', () => {
  it('pass to S3, and hold for all requests of a call', async () => {
    await put()
    const { ETag } = await get()
    expect((await bytes(await get({}, { IfMatch: ETag }))).equals(plaintext)).toBe(true)
    await expect(get({}, { IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' })
    await expect(get({}, { IfNoneMatch: ETag })).rejects.toThrow()
    await expect(get({}, { Key: 'absent' })).rejects.toMatchObject({ name: 'NoSuchKey' })
  })

  it('of objects are kept apart', async () => {
    lab.s3.createBucket('versions', { versioning: 'Enabled' })
    const client = lab.encrypted({ maxBufferedBytes: 1000, frameLength: 1000, unauthenticatedRanges: true })
    const at = { Bucket: 'versions', Key: 'order-1' }
    const old = await client.send(new PutObjectCommand({ ...at, Body: plaintext }))
    await client.send(new PutObjectCommand({ ...at, Body: 'new' }))
    const first = await client.send(new GetObjectCommand({ ...at, VersionId: old.VersionId }))
    expect((await bytes(first)).equals(plaintext)).toBe(true)
    expect((await bytes(await client.send(new GetObjectCommand(at)))).toString()).toBe('new')
    // A version that is read by a second pass stays the one that it was.
    const reading = await client.send(new GetObjectCommand({ ...at, VersionId: old.VersionId }))
    await client.send(new PutObjectCommand({ ...at, Body: 'newer' }))
    expect((await bytes(reading)).equals(plaintext)).toBe(true)
  })

  it('parts are refused', async () => {
    await expect(get({}, { PartNumber: 1 })).rejects.toMatchObject({ code: 'PARAMETER_UNSUPPORTED', option: 'PartNumber' })
  })
})

describe('an object that is not encrypted', () => {
  const later = new Date(Date.now() + 3_600_000)
  const earlier = new Date(Date.now() - 3_600_000)

  it('is refused, or passes where S3 says that it is older than the cut-off', async () => {
    await lab.plain.send(new PutObjectCommand({ ...object, Body: 'in the clear', Metadata: { color: 'red' } }))
    await expect(get()).rejects.toMatchObject({ code: 'OBJECT_NOT_ENCRYPTED' })
    await expect(get({ unencryptedObjects: 'refuse' })).rejects.toMatchObject({ code: 'OBJECT_NOT_ENCRYPTED' })
    await expect(get({ unencryptedObjects: { passBefore: earlier } })).rejects.toMatchObject({
      code: 'OBJECT_NOT_ENCRYPTED',
      option: 'unencryptedObjects',
    })
    const config: Config = { unencryptedObjects: { passBefore: later } }
    expect(await (await get(config)).Body?.transformToString()).toBe('in the clear')
    for (const [Range, part] of [
      ['bytes=3-5', 'the'],
      ['bytes=-5', 'clear'],
      ['bytes=7-', 'clear'],
    ]) {
      for (const format of ['v3', 'esdk'] as const) {
        const output = await get({ ...config, format, unauthenticatedRanges: true }, { Range })
        expect(await output.Body?.transformToString()).toBe(part)
      }
    }
    // What has an envelope never passes for plaintext.
    await put()
    flip(3)
    await expect(get(config)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })
})

describe('failures', () => {
  it('of the key come out as they are, and let go of the body', async () => {
    const kms = memoryKms()
    await put({ keyring: kms })
    await expect(get({ keyring: memoryKms() })).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    await expect(get({ keyring: kms, encryptionContext: { a: 'b' } })).rejects.toMatchObject({ code: 'CONTEXT_MISMATCH' })
    await expect(get()).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it.each(ways)('of a body that breaks off come out %s', async (_way, config) => {
    await put()
    using _fault = lab.s3.faults.cutBody({ afterBytes: 2_000_000 })
    await expect((async () => await bytes(await get(config(), {}, lab.encrypted(config(), { maxAttempts: 1 }))))()).rejects.toThrow()
    expect(readdirSync(folder)).toEqual([])
  })

  it('abort ends a call, and a body that is being read', async () => {
    await put()
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(lab.encrypted().send(new GetObjectCommand(object), { abortSignal: signal })).rejects.toThrow()
    for (const [, config] of ways.slice(1)) {
      const controller = new AbortController()
      const { Body } = await lab.encrypted(config()).send(new GetObjectCommand(object), { abortSignal: controller.signal })
      controller.abort(new Error('enough'))
      await expect(Body?.transformToByteArray()).rejects.toThrow()
    }
    expect(readdirSync(folder)).toEqual([])
  })

  it('and successes are told to the observer', async () => {
    const events: ObserverEvent[] = []
    const observer = (event: ObserverEvent) => events.push(event)
    await put()
    for (const [, config] of ways) {
      await bytes(await get({ ...config(), observer }))
      expect(events.splice(0).map(({ type }) => type)).toEqual(['dataKey.unwrapped', 'message.decrypted'])
    }
    flip(0)
    for (const [, config] of ways.slice(0, 3)) {
      await get({ ...config(), observer }).catch(() => undefined)
      expect(events.splice(0).map(({ type }) => type)).toEqual(['dataKey.unwrapped', 'message.rejected'])
    }
  })
})
