import { generateKeyPairSync } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  generateAesKey,
  type Keyring,
  multiKeyring,
  type ObserverEvent,
  parseMessage,
  type RandomSource,
  rawEcdhKeyring,
} from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { aesKeyring, keyrings, rsaKeyring } from '../test/keyrings.ts'
import { memoryKms } from '../test/memory-kms.ts'
import { decryptObject } from './decrypt-object.ts'
import { type EncryptObjectOptions, encryptObject, encryptObjectStream } from './encrypt-object.ts'

const text = new TextEncoder().encode('two pairs of boots')
const keyring = aesKeyring()
const FORBID = 'FORBID_ENCRYPT_ALLOW_DECRYPT'
const v2 = { commitmentPolicy: FORBID } as const
const base64 = (bytes: number) =>
  expect.stringMatching(new RegExp(`^[A-Za-z0-9+/]{${Math.ceil(bytes / 3) * 4 - ((3 - (bytes % 3)) % 3)}}={0,2}$`))
const wraps = Object.entries(keyrings) as [keyof typeof keyrings, Keyring][]
const codes = { 'AES/GCM': '02', 'RSA-OAEP-SHA1': '22', 'kms+context': '12' } as const
const wrappedBytes = { 'AES/GCM': 60, 'RSA-OAEP-SHA1': 256, 'kms+context': 184 } as const

async function pieces(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Readable.from(body).toArray())
}

describe.each(wraps)('under %s', (wrap, own) => {
  it('V3 is laid out as its specification says', async () => {
    const { metadata, body, ...rest } = await encryptObject(text, { keyring: own })
    const isKms = wrap === 'kms+context'
    expect(metadata).toEqual({
      'x-amz-c': '115',
      'x-amz-d': base64(28),
      'x-amz-i': base64(28),
      'x-amz-3': base64(wrappedBytes[wrap]),
      'x-amz-w': codes[wrap],
      ...(isKms ? { 'x-amz-t': '{"aws:x-amz-cek-alg":"115"}' } : { 'x-amz-m': '{}' }),
      'x-amz-unencrypted-content-length': String(text.length),
    })
    expect(body).toHaveLength(text.length + 16)
    expect(rest).toEqual({ format: 'v3', suite: '0073', bodyLength: body.length, instructionFile: undefined })
  })

  it('V2 is laid out as its specification says', async () => {
    const { metadata, body, ...rest } = await encryptObject(text, { keyring: own, ...v2 })
    expect(metadata).toEqual({
      'x-amz-key-v2': base64(wrappedBytes[wrap]),
      'x-amz-iv': base64(12),
      'x-amz-wrap-alg': wrap,
      'x-amz-cek-alg': 'AES/GCM/NoPadding',
      'x-amz-tag-len': '128',
      'x-amz-matdesc': wrap === 'kms+context' ? '{"aws:x-amz-cek-alg":"AES/GCM/NoPadding"}' : '{}',
      'x-amz-unencrypted-content-length': String(text.length),
    })
    expect(body).toHaveLength(text.length + 16)
    expect(rest).toEqual({ format: 'v2', suite: '0072', bodyLength: body.length, instructionFile: undefined })
  })

  it.each([{}, v2])('an instruction file takes what it may: %j', async (more) => {
    const whole = await encryptObject(text, { keyring: own, ...more })
    const { metadata, body, instructionFile } = await encryptObject(text, { keyring: own, instructionFile: true, ...more })
    const file = Buffer.from(instructionFile?.body ?? []).toString()
    const binding = whole.format === 'v3' ? ['x-amz-c', 'x-amz-d', 'x-amz-i'] : []
    expect(Object.keys(metadata)).toEqual([...binding, 'x-amz-unencrypted-content-length'])
    expect([...Object.keys(metadata), ...Object.keys(JSON.parse(file))].sort()).toEqual(Object.keys(whole.metadata).sort())
    expect(file).toMatch(/^[!-~]+$/)
    expect(instructionFile?.metadata).toEqual({ 'x-amz-crypto-instr-file': '' })
    const opened = await decryptObject({ body, metadata, instructionFile }, { keyring: own, ...more })
    expect(opened.plaintext).toEqual(text)
  })

  it('a data key, a message id and an IV serve one object', async () => {
    for (const more of [{}, v2]) {
      const objects = await Promise.all(Array.from({ length: 50 }, () => encryptObject(text, { keyring: own, ...more })))
      for (const name of ['x-amz-i', 'x-amz-iv', 'x-amz-d', 'x-amz-3', 'x-amz-key-v2']) {
        const values = objects.map(({ metadata }) => metadata[name]).filter((value) => value !== undefined)
        expect(new Set(values).size).toBe(values.length)
      }
    }
  })

  it('any length goes round, whole and as a stream', async () => {
    for (const length of [0, 1, 15, 16, 17, 65_535, 65_536, 65_537, 200_001]) {
      const plaintext = Uint8Array.from({ length }, (_, at) => at % 251)
      for (const more of [{}, v2]) {
        const whole = await encryptObject(plaintext, { keyring: own, ...more })
        const stream = await encryptObjectStream(Readable.from([plaintext.subarray(0, 9), plaintext.subarray(9)]), {
          keyring: own,
          ...more,
        })
        expect('x-amz-unencrypted-content-length' in stream.metadata).toBe(false)
        for (const { metadata, body } of [whole, { ...stream, body: await pieces(stream.body) }]) {
          const { plaintext: opened } = await decryptObject({ metadata, body }, { keyring: own, ...more })
          expect(Buffer.compare(opened, plaintext)).toBe(0)
        }
      }
    }
  })
})

describe('a message of the AWS Encryption SDK', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ecdh = rawEcdhKeyring({ schema: 'discovery', curve: 'P-256', privateKey })
  const many = multiKeyring({ generator: keyring, children: [rsaKeyring()] })

  it('has its envelope in its body, and any keyring', async () => {
    const options = { keyring: many, format: 'esdk', encryptionContext: { tenant: 'blue' } } as const
    const { metadata, body, ...rest } = await encryptObject(text, options)
    expect(metadata).toEqual({ 'strongroom-format': 'esdk', 'x-amz-unencrypted-content-length': String(text.length) })
    expect(rest).toEqual({ format: 'esdk', suite: '0478', bodyLength: body.length, instructionFile: undefined })
    const parsed = parseMessage(body)
    expect({ ...parsed.encryptionContext }).toEqual({ tenant: 'blue', 'strongroom-purpose': 's3-object' })
    expect(parsed.encryptedDataKeys).toHaveLength(2)
    const opened = await decryptObject({ metadata, body }, options)
    expect([opened.plaintext, { ...opened.encryptionContext }, opened.format]).toEqual([text, { tenant: 'blue' }, 'esdk'])
  })

  it('is asked for where the keyring is not one key', async () => {
    for (const own of [many, ecdh]) {
      await expect(encryptObject(text, { keyring: own })).rejects.toMatchObject({
        code: 'KEYRING_UNSUITABLE',
        option: 'keyring',
        message: expect.stringContaining("format: 'esdk'"),
      })
    }
  })

  it('has no instruction file', async () => {
    await expect(encryptObject(text, { keyring, format: 'esdk', instructionFile: true })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: 'instructionFile',
    })
  })
})

describe('the encryption context', () => {
  it('is bound by KMS with the algorithm of the body, and stored in ASCII', async () => {
    const kms = memoryKms()
    const encryptionContext = { tenant: 'Zoë 🔑', a: '1' }
    const { metadata } = await encryptObject(text, { keyring: kms, encryptionContext })
    expect(metadata['x-amz-t']).toBe('{"tenant":"Zo\\u00eb \\ud83d\\udd11","a":"1","aws:x-amz-cek-alg":"115"}')
    await encryptObject(text, { keyring: kms, encryptionContext, ...v2 })
    expect(kms.calls.map(({ context }) => context)).toEqual([
      { ...encryptionContext, 'aws:x-amz-cek-alg': '115' },
      { ...encryptionContext, 'aws:x-amz-cek-alg': 'AES/GCM/NoPadding' },
    ])
  })

  it.each(['aws:x-amz-cek-alg', 'kms_cmk_id', 'aws-crypto-public-key'])('may not have the pair %s', async (key) => {
    const kms = memoryKms()
    await expect(encryptObject(text, { keyring: kms, encryptionContext: { [key]: 'x' } })).rejects.toMatchObject({
      code: 'CONTEXT_INVALID',
      contextKey: key,
    })
    expect(kms.calls).toEqual([])
  })

  it('is refused where nothing would bind it', async () => {
    for (const own of [keyring, rsaKeyring()]) {
      const failure = { code: 'CONTEXT_INVALID', contextKey: 'a', message: expect.stringContaining("format: 'esdk'") }
      await expect(encryptObject(text, { keyring: own, encryptionContext: { a: 'b' } })).rejects.toMatchObject(failure)
      expect((await encryptObject(text, { keyring: own, encryptionContext: {} })).format).toBe('v3')
    }
  })
})

describe('a materials description', () => {
  it('is stored with objects of raw keys', async () => {
    const description = { materialsDescription: { key: 'primär' } }
    expect((await encryptObject(text, { keyring, ...description })).metadata['x-amz-m']).toBe('{"key":"prim\\u00e4r"}')
    expect((await encryptObject(text, { keyring, ...description, ...v2 })).metadata['x-amz-matdesc']).toBe('{"key":"prim\\u00e4r"}')
  })

  it('is refused under KMS, which has a context in its place', async () => {
    await expect(encryptObject(text, { keyring: memoryKms(), materialsDescription: { key: 'a' } })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: 'materialsDescription',
    })
  })
})

describe('metadata of the caller’s own', () => {
  it('stands beside the envelope', async () => {
    for (const format of ['v3', 'esdk'] as const) {
      const { metadata } = await encryptObject(text, { keyring, format, metadata: { color: 'red', left: undefined } })
      expect(metadata).toMatchObject({ color: 'red' })
      expect('left' in metadata).toBe(false)
    }
  })

  it.each(['x-amz-3', 'X-AMZ-KEY-V2', 'x-amz-unencrypted-content-length', 'x-amz-crypto-instr-file', 'Strongroom-Format'])(
    'may not be named %s',
    async (name) => {
      for (const format of ['v3', 'esdk'] as const) {
        await expect(encryptObject(text, { keyring, format, metadata: { [name]: 'x' } })).rejects.toMatchObject({
          code: 'OPTION_INVALID',
          option: 'metadata',
        })
      }
    },
  )

  // Entries take 200 bytes under AES, the empty description 9 more, and 402 under KMS; the length of the plaintext takes 32 and 2.
  it.each([
    ['AES/GCM', keyring, 2048 - 209 - 34],
    ['kms+context', memoryKms(), 2048 - 402 - 34],
  ] as const)('has the room that the envelope leaves in 2 KB: %s', async (_wrap, own, room) => {
    const called = () => ('calls' in own ? own.calls.length : 0)
    await encryptObject(text, { keyring: own, metadata: { é: 'x'.repeat(room - 2) } })
    const before = called()
    await expect(encryptObject(text, { keyring: own, metadata: { é: 'x'.repeat(room - 1) } })).rejects.toMatchObject({
      code: 'METADATA_TOO_LARGE',
      message: expect.stringContaining('instruction file'),
    })
    expect(called()).toBe(before)
    const more = { instructionFile: true, metadata: { é: 'x'.repeat(room - 1) } }
    expect((await encryptObject(text, { keyring: own, ...more })).instructionFile).toBeDefined()
  })
})

describe('the commitment policy', () => {
  it('decides the format', async () => {
    expect((await encryptObject(text, { keyring, commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' })).format).toBe('v3')
    expect((await encryptObject(text, { keyring, ...v2 })).format).toBe('v2')
    expect((await encryptObject(text, { keyring, ...v2, format: 'v2' })).format).toBe('v2')
    expect((await encryptObject(text, { keyring, ...v2, format: 'esdk' })).suite).toBe('0178')
  })

  it.each<Partial<EncryptObjectOptions>>([
    { format: 'v2' },
    { format: 'v2', commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' },
    { format: 'v3', commitmentPolicy: FORBID },
    { format: 'esdk', commitmentPolicy: FORBID, suite: '0478' },
    { format: 'esdk', suite: '0178' },
  ])('forbids %j', async (more) => {
    await expect(encryptObject(text, { keyring, ...more } as EncryptObjectOptions)).rejects.toMatchObject({ code: 'SUITE_FORBIDDEN' })
  })
})

describe('what is asked for wrongly is refused', () => {
  it.each<[string, object]>([
    ['keyRing', { keyRing: keyring }],
    ['legacyWrapping', { legacyWrapping: true }],
    ['plaintextLength', { plaintextLength: 3 }],
    ['format', { format: 'v1' }],
    ['readableFormats', { readableFormats: ['v4'] }],
    ['readableFormats', { readableFormats: 'v3' }],
    ['commitmentPolicy', { commitmentPolicy: 'NONE' }],
    ['instructionFile', { instructionFile: '.instruction' }],
    ['metadata', { metadata: 'red' }],
    ['metadata', { metadata: { color: 7 } }],
    ['materialsDescription', { materialsDescription: { a: 1 } }],
    ['materialsDescription', { materialsDescription: { 'strongroom-key-version': 'k/v0001' } }],
    ['additionalKeys', { additionalKeys: {} }],
    ['additionalKeys[0].keyring', { additionalKeys: [{ materialsDescription: {}, keyring: 'a' }] }],
    ['additionalKeys[0].description', { additionalKeys: [{ description: {}, keyring }] }],
    ['maxBufferedBytes', { maxBufferedBytes: 15 }],
    ['suite', { suite: '9999' }],
    ['signal', { signal: {} }],
  ])('%s', async (option, change) => {
    await expect(encryptObject(text, { keyring, ...change } as EncryptObjectOptions)).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option,
    })
  })

  it('as keys: none, or two sources', async () => {
    await expect(encryptObject(text, {} as EncryptObjectOptions)).rejects.toMatchObject({ code: 'KEYRING_UNSUITABLE' })
    const both = { keyring, materials: { forEncrypt() {}, forDecrypt() {} }, format: 'esdk' } as unknown as EncryptObjectOptions
    await expect(encryptObject(text, both)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  it.each(['text', undefined, [1, 2], new ArrayBuffer(3)])('as plaintext: %s', async (plaintext) => {
    await expect(encryptObject(plaintext as never, { keyring })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    const stream = plaintext as unknown as AsyncIterable<Uint8Array>
    await expect(encryptObjectStream(stream, { keyring })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  it('as a stream: text', async () => {
    const { body } = await encryptObjectStream(Readable.from(['text']) as AsyncIterable<Uint8Array>, { keyring })
    await expect(pieces(body)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  it('from a random source: too few bytes', async () => {
    const random: RandomSource = (length) => new Uint8Array(length - 1)
    await expect(encryptObject(text, { keyring, random })).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'random' })
  })
})

describe('a stream', () => {
  const chunks = (count: number, size: number) => Readable.from(Array.from({ length: count }, () => Buffer.alloc(size, 3)))

  it('comes in pieces of 64 KiB or more, but for the last', async () => {
    const { body } = await encryptObjectStream(chunks(3000, 100), { keyring })
    const lengths = (await Readable.from(body).toArray()).map(({ length }) => length)
    expect(lengths.slice(0, -1).every((length) => length >= 65_536)).toBe(true)
    expect(lengths.reduce((total, length) => total + length)).toBe(300_016)
    expect(lengths.length).toBeLessThan(6)
  })

  it('as long as it was said to be has that length stored', async () => {
    const { metadata, bodyLength, body } = await encryptObjectStream(chunks(10, 10), { keyring, plaintextLength: 100 })
    expect([metadata['x-amz-unencrypted-content-length'], bodyLength, (await pieces(body)).length]).toEqual(['100', 116, 116])
  })

  it.each([99, 101, 0, 1000])('that is not %i bytes long, as it was said to be, fails before its tag', async (plaintextLength) => {
    const { body } = await encryptObjectStream(chunks(10, 10), { keyring, plaintextLength })
    await expect(pieces(body)).rejects.toMatchObject({ code: 'LENGTH_MISMATCH' })
  })

  it('that is said to be too long for AES-GCM is refused before a key is used', async () => {
    const kms = memoryKms()
    await expect(encryptObjectStream(chunks(1, 1), { keyring: kms, plaintextLength: 2 ** 36 - 31 })).rejects.toMatchObject({
      code: 'OBJECT_TOO_LARGE',
    })
    expect(kms.calls).toEqual([])
  })

  it('fails with what its source throws, and with the reason of an abort', async () => {
    const source = Readable.from(
      (async function* () {
        yield Buffer.alloc(70_000)
        throw new Error('the disk is gone')
      })(),
    )
    await expect(pieces((await encryptObjectStream(source, { keyring })).body)).rejects.toThrow('the disk is gone')
    const abort = new AbortController()
    const { body } = await encryptObjectStream(chunks(10, 70_000), { keyring, signal: abort.signal })
    const iterator = body[Symbol.asyncIterator]()
    await iterator.next()
    abort.abort(new Error('enough'))
    await expect(iterator.next()).rejects.toThrow('enough')
  })

  it('lets go of its source where nobody reads on', async () => {
    const source = chunks(10, 70_000)
    const { body } = await encryptObjectStream(source, { keyring })
    for await (const _ of body) break
    expect(source.destroyed).toBe(true)
  })
})

it('takes the bytes as they are at the call', async () => {
  for (const format of ['v3', 'esdk'] as const) {
    const plaintext = Uint8Array.from(text)
    const metadata = { color: 'red' }
    const encrypting = encryptObject(plaintext, { keyring, format, metadata })
    plaintext.fill(0)
    metadata.color = 'blue'
    const object = await encrypting
    expect((await decryptObject(object, { keyring })).plaintext).toEqual(text)
    expect(object.metadata.color).toBe('red')
  }
})

it('tells the observer lengths and names, and neither key nor plaintext', async () => {
  const key = generateAesKey()
  const events: ObserverEvent[] = []
  const options = { keyring: aesKeyring(key), observer: (event: ObserverEvent) => events.push(event) }
  const { body, metadata } = await encryptObject(text, options)
  await decryptObject({ body, metadata }, options)
  await expect(decryptObject({ body: body.subarray(1), metadata }, options)).rejects.toThrow()
  expect(events).toEqual([
    { type: 'dataKey.generated', suite: '0073', keyIds: ['kek'], durationMs: expect.any(Number) },
    { type: 'message.encrypted', suite: '0073', plaintextBytes: 18, ciphertextBytes: 34 },
    { type: 'dataKey.unwrapped', suite: '0073', keyId: 'kek', durationMs: expect.any(Number) },
    { type: 'message.decrypted', suite: '0073', plaintextBytes: 18, ciphertextBytes: 34 },
    { type: 'dataKey.unwrapped', suite: '0073', keyId: 'kek', durationMs: expect.any(Number) },
    { type: 'message.rejected', code: 'MESSAGE_INVALID', ciphertextBytes: 33 },
  ])
})

it('is not begun where the signal was aborted before', async () => {
  const kms = memoryKms()
  const signal = AbortSignal.abort(new Error('no more'))
  await expect(encryptObject(text, { keyring: kms, signal })).rejects.toThrow('no more')
  expect(kms.calls).toEqual([])
})
