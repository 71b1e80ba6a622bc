import { constants, createCipheriv, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { createEncryptionClient, type Keyring, multiKeyring, type RsaKey, StrongroomError, type WrappingKey } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { aesKeyring, keyrings, rsaKeyring } from '../test/keyrings.ts'
import { memoryKms } from '../test/memory-kms.ts'
import { type DecryptObjectOptions, decryptObject, decryptObjectStream, type StoredObject } from './decrypt-object.ts'
import { encryptObject } from './encrypt-object.ts'
import { headersFromMetadata, metadataFromHeaders } from './metadata-headers.ts'

const text = new TextEncoder().encode('two pairs of boots')
const keyring = aesKeyring()
const FORBID = 'FORBID_ENCRYPT_ALLOW_DECRYPT'
const ALLOW = 'REQUIRE_ENCRYPT_ALLOW_DECRYPT'
const everything = { commitmentPolicy: ALLOW, legacyWrappingAlgorithms: true, legacyContent: true } as const

type Options = Partial<DecryptObjectOptions>
type Bytes = StoredObject<Uint8Array>

async function codeOf(object: Bytes, options: Options = {}): Promise<unknown> {
  return await decryptObject(object, { keyring, ...options } as DecryptObjectOptions).then(
    () => 'opened',
    (error: unknown) => (error as { code: unknown }).code,
  )
}

/** A keyring whose key notes each operation. */
function noting(inner: Keyring): { readonly keyring: Keyring; readonly operations: string[] } {
  const operations: string[] = []
  const note = <T>(key: T): T =>
    new Proxy(key as object, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          operations.push(String(name))
          return (value as (...all: unknown[]) => unknown).apply(target, args)
        }
      },
    }) as T
  const keys = {
    current: async () => note((await inner.wrappingKeys?.current()) as WrappingKey),
    named: async (name: string) => note(await inner.wrappingKeys?.named(name)),
  }
  return { keyring: { ...inner, wrappingKeys: keys }, operations }
}

describe('the gates', () => {
  // An envelope for each, of which no key knows anything: what opens it would have to use one.
  const b64 = (length: number) => randomBytes(length).toString('base64')
  const v1 = { 'x-amz-key': b64(48), 'x-amz-iv': b64(16), 'x-amz-matdesc': '{}' }
  const v2 = (wrap: string, cbc = false) => ({
    'x-amz-key-v2': b64(256),
    'x-amz-iv': b64(cbc ? 16 : 12),
    'x-amz-wrap-alg': wrap,
    'x-amz-cek-alg': cbc ? 'AES/CBC/PKCS5Padding' : 'AES/GCM/NoPadding',
    'x-amz-matdesc': '{}',
  })
  const cases: [string, Record<string, string>, Options, string, string][] = [
    ['AES-CBC', v1, { ...everything, legacyContent: false }, 'FORMAT_FORBIDDEN', 'legacyContent'],
    ['AES-CBC in V2', v2('kms', true), { ...everything, legacyContent: false }, 'FORMAT_FORBIDDEN', 'legacyContent'],
    ['V1', v1, { ...everything, legacyWrappingAlgorithms: false }, 'FORMAT_FORBIDDEN', 'legacyWrappingAlgorithms'],
    ...['kms', 'AESWrap', 'AES', 'RSA', 'RSA/ECB/OAEPWithSHA-256AndMGF1Padding'].map((wrap): (typeof cases)[number] => [
      `wrap ${wrap}`,
      v2(wrap),
      { ...everything, legacyWrappingAlgorithms: false },
      'FORMAT_FORBIDDEN',
      'legacyWrappingAlgorithms',
    ]),
    ['no commitment', v2('AES/GCM'), {}, 'SUITE_FORBIDDEN', 'commitmentPolicy'],
    ['no commitment, legacy allowed', v1, { legacyContent: true, legacyWrappingAlgorithms: true }, 'SUITE_FORBIDDEN', 'commitmentPolicy'],
    [
      'a format that is not readable',
      v2('AES/GCM'),
      { ...everything, readableFormats: ['v3', 'v1', 'esdk'] },
      'FORMAT_FORBIDDEN',
      'readableFormats',
    ],
    ['messages', { 'strongroom-format': 'esdk' }, { readableFormats: ['v3'] }, 'FORMAT_FORBIDDEN', 'readableFormats'],
  ]

  it.each(cases)('refuse %s before any key is used', async (_what, metadata, options, code, option) => {
    for (const inner of [keyring, rsaKeyring(), memoryKms()]) {
      const { keyring: noted, operations } = noting(inner)
      const attempt = decryptObject({ metadata, body: randomBytes(32) }, { ...options, keyring: noted } as DecryptObjectOptions)
      await expect(attempt).rejects.toMatchObject({ code, option })
      expect(operations).toEqual([])
    }
  })

  it('are decided by what would be done, not by an entry that claims commitment', async () => {
    const { body, metadata } = await encryptObject(text, { keyring, commitmentPolicy: FORBID })
    for (const name of ['x-amz-c', 'x-amz-d', 'x-amz-i']) {
      expect(await codeOf({ body, metadata: { ...metadata, [name]: name === 'x-amz-c' ? '115' : b64(28) } })).toBe('MESSAGE_INVALID')
    }
    expect(await codeOf({ body, metadata })).toBe('SUITE_FORBIDDEN')
  })

  it('let every policy read V3, and those that say so V2', async () => {
    for (const [written, policies] of [
      [await encryptObject(text, { keyring }), [FORBID, ALLOW, 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT']],
      [await encryptObject(text, { keyring, commitmentPolicy: FORBID }), [FORBID, ALLOW]],
    ] as const) {
      for (const commitmentPolicy of policies) expect(await codeOf(written, { commitmentPolicy })).toBe('opened')
    }
  })
})

describe('an object without an envelope', () => {
  it('is not encrypted', async () => {
    expect(await codeOf({ body: text, metadata: {} })).toBe('OBJECT_NOT_ENCRYPTED')
    expect(await codeOf({ body: text, metadata: { color: 'red', 'x-amz-unencrypted-content-length': '18' } })).toBe('OBJECT_NOT_ENCRYPTED')
  })

  it('may lack its instruction file', async () => {
    const { body, metadata } = await encryptObject(text, { keyring, instructionFile: true })
    expect(await codeOf({ body, metadata })).toBe('INSTRUCTION_FILE_MISSING')
  })

  it('and the file of another object do not fit', async () => {
    const [one, other] = [
      await encryptObject(text, { keyring, instructionFile: true }),
      await encryptObject(text, { keyring, instructionFile: true }),
    ]
    expect(await codeOf(one)).toBe('opened')
    // The commitment is with the object: a data key of another does not match it.
    expect(await codeOf({ ...one, instructionFile: other.instructionFile })).toBe('MESSAGE_INVALID')
  })
})

describe('the encryption context', () => {
  const kms = memoryKms()
  const encryptionContext = { tenant: 'blue', purpose: 'orders' }

  it.each([{}, { commitmentPolicy: FORBID } as const])('has to be the whole of what it was written with: %j', async (policy) => {
    const object = await encryptObject(text, { keyring: kms, encryptionContext, ...policy })
    const attempt = (context: Record<string, string> | undefined) =>
      decryptObject(object, { keyring: kms, ...policy, ...(context === undefined ? {} : { encryptionContext: context }) }).catch(
        (error: unknown) => error,
      )
    expect(await attempt({ purpose: 'orders', tenant: 'blue' })).toMatchObject({ plaintext: text, encryptionContext })
    const before = kms.calls.length
    for (const [context, contextKey] of [
      [undefined, 'tenant'],
      [{}, 'tenant'],
      [{ tenant: 'blue' }, 'purpose'],
      [{ ...encryptionContext, tenant: 'red' }, 'tenant'],
      [{ ...encryptionContext, more: '' }, 'more'],
      [{ ...encryptionContext, 'aws:x-amz-cek-alg': '115' }, 'aws:x-amz-cek-alg'],
      [{ ...encryptionContext, toString: 'x' }, 'toString'],
    ] as const) {
      expect(await attempt(context)).toMatchObject({ code: 'CONTEXT_MISMATCH', contextKey })
    }
    expect(kms.calls.length).toBe(before)
  })

  it('that was rewritten to what is demanded is refused by KMS', async () => {
    const { body, metadata } = await encryptObject(text, { keyring: kms, encryptionContext })
    const forged = { ...metadata, 'x-amz-t': (metadata['x-amz-t'] as string).replace('blue', 'red') }
    expect(await codeOf({ body, metadata: forged }, { keyring: kms, encryptionContext: { ...encryptionContext, tenant: 'red' } })).toBe(
      'MESSAGE_INVALID',
    )
  })

  it('whose pair of the format is of another algorithm, or gone, is refused before KMS is asked', async () => {
    const own = memoryKms()
    for (const policy of [{}, { commitmentPolicy: FORBID } as const]) {
      const { body, metadata } = await encryptObject(text, { keyring: own, ...policy })
      const name = 'x-amz-t' in metadata ? 'x-amz-t' : 'x-amz-matdesc'
      const before = own.calls.length
      for (const stored of ['{}', '{"aws:x-amz-cek-alg":"116"}', '{"aws:x-amz-cek-alg":"AES/CTR/NoPadding"}', '']) {
        expect(await codeOf({ body, metadata: { ...metadata, [name]: stored } }, { keyring: own, ...policy })).toBe('MESSAGE_INVALID')
      }
      expect(own.calls.length).toBe(before)
    }
  })

  it('cannot be got around by a wrap that binds none', async () => {
    const { body, metadata } = await encryptObject(text, { keyring: kms, encryptionContext, commitmentPolicy: FORBID })
    const relabelled = { ...metadata, 'x-amz-wrap-alg': 'kms' }
    expect(await codeOf({ body, metadata: relabelled }, { ...everything, keyring: kms, encryptionContext })).toBe('CONTEXT_MISMATCH')
    // Without a demand either: the pair that binds the algorithm shows what it was.
    const plainContext = await encryptObject(text, { keyring: kms, commitmentPolicy: FORBID })
    const unbound = { ...plainContext.metadata, 'x-amz-wrap-alg': 'kms' }
    const before = kms.calls.length
    expect(await codeOf({ body: plainContext.body, metadata: unbound }, { ...everything, keyring: kms })).toBe('MESSAGE_INVALID')
    expect(kms.calls.length).toBe(before)
    const raw = await encryptObject(text, { keyring })
    expect(await codeOf(raw, { encryptionContext: { a: 'b' } })).toBe('CONTEXT_MISMATCH')
  })

  it('of a message has to carry what is demanded, and the purpose of an object', async () => {
    const options = { keyring, format: 'esdk', encryptionContext } as const
    const object = await encryptObject(text, options)
    expect(await codeOf(object, { encryptionContext: { tenant: 'blue' } })).toBe('opened')
    expect(await codeOf(object, { encryptionContext: { tenant: 'red' } })).toBe('CONTEXT_MISMATCH')
    const { ciphertext } = await createEncryptionClient({ keyring, suite: '0478' }).encrypt(text, {
      encryptionContext: { 'strongroom-purpose': 'kinesis-record' },
    })
    expect(await codeOf({ body: ciphertext, metadata: { 'strongroom-format': 'esdk' } })).toBe('CONTEXT_MISMATCH')
  })
})

describe('keys after a rotation', () => {
  const [old, older] = [aesKeyring(), rsaKeyring()]
  const additionalKeys = [
    { materialsDescription: { key: '2024' }, keyring: old },
    { materialsDescription: { key: '2023', kind: 'rsa' }, keyring: older },
  ]

  it('are chosen by the description, pair for pair', async () => {
    const write = (own: Keyring, materialsDescription: Record<string, string>) =>
      encryptObject(text, { keyring: own, materialsDescription })
    expect(await codeOf(await write(old, { key: '2024' }), { additionalKeys })).toBe('opened')
    expect(await codeOf(await write(older, { kind: 'rsa', key: '2023' }), { additionalKeys })).toBe('opened')
    expect(await codeOf(await write(keyring, { key: '2025' }), { additionalKeys })).toBe('opened')
    expect(await codeOf(await write(keyring, {}), { additionalKeys })).toBe('opened')
    expect(await codeOf(await write(old, { key: '2024', more: 'x' }), { additionalKeys })).toBe('MESSAGE_INVALID')
    expect(await codeOf(await write(keyring, { key: '2024' }), { additionalKeys })).toBe('MESSAGE_INVALID')
    expect(await codeOf(await write(older, { key: '2023' }), { additionalKeys })).toBe('MESSAGE_INVALID')
  })

  it('of KMS are chosen by the context that the writer gave', async () => {
    const [former, present] = [memoryKms(), memoryKms()]
    const object = await encryptObject(text, { keyring: former, encryptionContext: { year: '2024' } })
    const options = { keyring: present, encryptionContext: { year: '2024' } }
    expect(await codeOf(object, options)).toBe('MESSAGE_INVALID')
    expect(await codeOf(object, { ...options, additionalKeys: [{ materialsDescription: { year: '2024' }, keyring: former }] })).toBe(
      'opened',
    )
  })

  it('have to be one key each', async () => {
    const many = multiKeyring({ generator: keyring, children: [old] })
    await expect(encryptObject(text, { keyring, additionalKeys: [{ materialsDescription: {}, keyring: many }] })).rejects.toMatchObject({
      code: 'KEYRING_UNSUITABLE',
      option: 'additionalKeys[0].keyring',
    })
  })

  it('that have versions are written with their names, and read by them', async () => {
    const versions = new Map(
      await Promise.all(
        ['k/v0001', 'k/v0002'].map(
          async (name) => [name, { ...(await aesKeyring().wrappingKeys?.current()), name } as WrappingKey] as const,
        ),
      ),
    )
    let current = 'k/v0001'
    const versioned: Keyring = {
      ...keyring,
      wrappingKeys: {
        versioned: true,
        current: async () => versions.get(current) as WrappingKey,
        named: async (name) => versions.get(name),
      },
    }
    const materialsDescription = { team: 'a' }
    const first = await encryptObject(text, { keyring: versioned, materialsDescription })
    expect(first.metadata['x-amz-m']).toBe('{"team":"a","strongroom-key-version":"k/v0001"}')
    current = 'k/v0002'
    const second = await encryptObject(text, { keyring: versioned })
    for (const object of [first, second]) expect(await codeOf(object, { keyring: versioned })).toBe('opened')
    const other = { ...first.metadata, 'x-amz-m': '{"team":"a","strongroom-key-version":"k/v0003"}' }
    expect(await codeOf({ ...first, metadata: other }, { keyring: versioned })).toBe('MESSAGE_INVALID')
    // The description still chooses among the additional keys, without the version.
    expect(await codeOf(first, { additionalKeys: [{ materialsDescription, keyring: versioned }] })).toBe('opened')
  })
})

describe('a key that is not the one, or not of the kind', () => {
  it('opens nothing, and tells no more than the envelope does', async () => {
    const objects = await Promise.all(Object.values(keyrings).map((own) => encryptObject(text, { keyring: own })))
    for (const object of objects) {
      for (const own of [aesKeyring(), memoryKms(), rsaKeyring(generateKeyPairSync('rsa', { modulusLength: 2048 }))])
        expect(await codeOf(object, { keyring: own })).toBe('MESSAGE_INVALID')
    }
  })

  it('is told apart where it is out of reach', async () => {
    const object = await encryptObject(text, { keyring })
    for (const code of ['KEY_TRANSIENT', 'KEY_OPERATIONAL', 'KEY_SHREDDED', 'RUNTIME_UNSUPPORTED']) {
      const failing = {
        ...(await keyring.wrappingKeys?.current()),
        open: async () => Promise.reject(new StrongroomError(code, 'away')),
      } as WrappingKey
      const own = { ...keyring, wrappingKeys: { current: async () => failing, named: async () => failing } }
      expect(await codeOf(object, { keyring: own })).toBe(code)
    }
  })

  it('that is none of one is refused, whatever the object', async () => {
    const object = await encryptObject(text, { keyring })
    const many = multiKeyring({ generator: keyring, children: [aesKeyring()] })
    expect(await codeOf(object, { keyring: many, format: 'esdk' })).toBe('KEYRING_UNSUITABLE')
  })
})

describe('what is wrong with a wrapped RSA data key shows nowhere', () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const own = rsaKeyring(pair)
  const dataKey = randomBytes(32)
  const iv = randomBytes(12)
  const seal = (key: Uint8Array): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', key, iv)
    return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()])
  }
  const body = seal(dataKey)
  const envelope = (wrap: string, sealed: Uint8Array) => ({
    'x-amz-key-v2': Buffer.from(sealed).toString('base64'),
    'x-amz-iv': iv.toString('base64'),
    'x-amz-wrap-alg': wrap,
    'x-amz-cek-alg': 'AES/GCM/NoPadding',
    'x-amz-matdesc': '{}',
  })
  const pkcs1 = (bytes: Uint8Array) => publicEncrypt({ key: pair.publicKey, padding: constants.RSA_PKCS1_PADDING }, bytes)
  const oaep = (bytes: Uint8Array) =>
    publicEncrypt({ key: pair.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, bytes)
  const raw = (bytes: Uint8Array) => publicEncrypt({ key: pair.publicKey, padding: constants.RSA_NO_PADDING }, bytes)
  const algorithm = Buffer.from('AES/GCM/NoPadding')

  /** Everything that somebody who puts objects and reads errors could tell two failures apart by. */
  async function visible(object: Bytes, options: Options): Promise<unknown> {
    try {
      await decryptObject(object, { ...options, keyring: own } as DecryptObjectOptions)
    } catch (error) {
      const thrown = error as Error & { code?: unknown }
      return { code: thrown.code, message: thrown.message, class: thrown.constructor, properties: { ...thrown }, cause: thrown.cause }
    }
    throw new Error('it opened')
  }

  it('with PKCS#1 v1.5 off: right and wrong paddings are refused alike, without a private-key operation', async () => {
    const { keyring: noted, operations } = noting(own)
    const options = { commitmentPolicy: ALLOW } as const
    const told = await Promise.all(
      [pkcs1(dataKey), raw(Uint8Array.of(0, ...randomBytes(255))), raw(new Uint8Array(256))].map((sealed) =>
        decryptObject({ body, metadata: envelope('RSA', sealed) }, { ...options, keyring: noted }).catch((error: Error) => [
          (error as { code?: string }).code,
          error.message,
        ]),
      ),
    )
    expect(new Set(told.map((one) => JSON.stringify(one))).size).toBe(1)
    expect(told[0]).toEqual(['FORMAT_FORBIDDEN', expect.stringContaining('legacyWrappingAlgorithms')])
    expect(operations).toEqual([])
  })

  it('with PKCS#1 v1.5 on: every failure is that of a forged tag', async () => {
    const options = everything
    expect(await codeOf({ body, metadata: envelope('RSA', pkcs1(dataKey)) }, { ...options, keyring: own })).toBe('opened')
    const forged = Uint8Array.from(body)
    forged[0] = (forged[0] as number) ^ 1
    const expected = await visible({ body: forged, metadata: envelope('RSA', pkcs1(dataKey)) }, options)
    const wrong = [
      ...[0, 1, 16, 31, 33, 100].map((length) => pkcs1(randomBytes(length))),
      pkcs1(randomBytes(32)),
      raw(new Uint8Array(256)),
      ...Array.from({ length: 10 }, () => raw(Uint8Array.of(0, ...randomBytes(255)))),
      randomBytes(255),
      Buffer.concat([pkcs1(dataKey), Buffer.alloc(1)]),
    ]
    for (const sealed of wrong) expect(await visible({ body, metadata: envelope('RSA', sealed) }, options)).toEqual(expected)
    expect(expected).toMatchObject({ code: 'MESSAGE_INVALID', cause: undefined })
  })

  it('with OAEP: every failure is that of a forged tag, what is inside included', async () => {
    const options = { commitmentPolicy: ALLOW } as const
    const block = (length: number, key: Uint8Array, name: Uint8Array) => oaep(Buffer.concat([Buffer.of(length), key, name]))
    expect(await codeOf({ body, metadata: envelope('RSA-OAEP-SHA1', block(32, dataKey, algorithm)) }, { ...options, keyring: own })).toBe(
      'opened',
    )
    const forged = Uint8Array.from(body)
    forged[0] = (forged[0] as number) ^ 1
    const expected = await visible({ body: forged, metadata: envelope('RSA-OAEP-SHA1', block(32, dataKey, algorithm)) }, options)
    const wrong = [
      block(31, dataKey, algorithm),
      block(33, dataKey, algorithm),
      block(0, dataKey, algorithm),
      block(255, dataKey, algorithm),
      block(32, dataKey, Buffer.from('115')),
      block(32, dataKey, Buffer.from('AES/GCM/NoPaddinG')),
      block(32, dataKey, Buffer.concat([algorithm, Buffer.of(0)])),
      block(32, dataKey, Buffer.alloc(0)),
      block(16, dataKey.subarray(0, 16), algorithm),
      block(24, dataKey.subarray(0, 24), algorithm),
      oaep(dataKey),
      oaep(Buffer.alloc(0)),
      oaep(algorithm),
      pkcs1(dataKey),
      raw(Uint8Array.of(0, ...randomBytes(255))),
      randomBytes(255),
    ]
    for (const sealed of wrong) expect(await visible({ body, metadata: envelope('RSA-OAEP-SHA1', sealed) }, options)).toEqual(expected)
  })

  it('a runtime without implicit rejection is told, whatever the padding', async () => {
    const key = (await own.wrappingKeys?.current()) as RsaKey
    const limited = { ...key, paddings: key.paddings.filter((padding) => padding !== 'PKCS1') }
    const narrow = { ...own, wrappingKeys: { current: async () => limited, named: async () => limited } }
    for (const sealed of [pkcs1(dataKey), randomBytes(256)])
      expect(await codeOf({ body, metadata: envelope('RSA', sealed) }, { ...everything, keyring: narrow })).toBe('KEY_OPERATIONAL')
  })
})

describe('a stream', () => {
  const long = Uint8Array.from({ length: 200_000 }, (_, at) => at % 251)
  const chunked = (bytes: Uint8Array, size: number) =>
    Readable.from(
      Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => Buffer.from(bytes.subarray(at * size, (at + 1) * size))),
    )
  const read = async (plaintext: AsyncIterable<Uint8Array>) => Buffer.concat(await Readable.from(plaintext).toArray())

  it('releases nothing of a body that does not verify, unless it is told to', async () => {
    for (const policy of [{}, { commitmentPolicy: FORBID } as const]) {
      const { body, metadata } = await encryptObject(long, { keyring, ...policy })
      body[body.length - 1] = (body[body.length - 1] as number) ^ 1
      for (const [delayedAuthentication, released] of [
        [false, 0],
        [true, long.length],
      ] as const) {
        const { plaintext } = await decryptObjectStream(
          { body: chunked(body, 65_536), metadata },
          { keyring, ...policy, delayedAuthentication },
        )
        let length = 0
        await expect(
          (async () => {
            for await (const piece of plaintext) length += piece.length
          })(),
        ).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
        expect(length).toBeLessThanOrEqual(released)
        expect(length > 0).toBe(delayedAuthentication)
      }
    }
  })

  it('is not held in memory beyond the limit', async () => {
    const { body, metadata } = await encryptObject(long, { keyring })
    const source = chunked(body, 10_000)
    const { plaintext } = await decryptObjectStream({ body: source, metadata }, { keyring, maxBufferedBytes: 100_000 })
    await expect(read(plaintext)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      option: 'maxBufferedBytes',
      message: expect.stringContaining('delayedAuthentication'),
    })
    expect(source.destroyed).toBe(true)
    const again = await decryptObjectStream({ body: chunked(body, 10_000), metadata }, { keyring, maxBufferedBytes: body.length })
    expect((await read(again.plaintext)).equals(long)).toBe(true)
  })

  it('shorter than a tag, or cut at any place, does not open', async () => {
    const { body, metadata } = await encryptObject(text, { keyring })
    for (let length = 0; length < body.length; length += 1) {
      for (const delayedAuthentication of [true, false]) {
        const { plaintext } = await decryptObjectStream(
          { body: chunked(body.subarray(0, length), 5), metadata },
          { keyring, delayedAuthentication },
        )
        await expect(read(plaintext)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
      }
    }
  })

  it('of frames releases each as it verified', async () => {
    const options = { keyring, format: 'esdk', frameLength: 1000 } as const
    const { body, metadata } = await encryptObject(long, options)
    const opened = await decryptObjectStream({ body: chunked(body, 4096), metadata }, { keyring })
    expect(opened).toMatchObject({ format: 'esdk', suite: '0478', keyId: 'kek' })
    expect((await read(opened.plaintext)).equals(long)).toBe(true)
    const cut = await decryptObjectStream({ body: chunked(body.subarray(0, -1), 4096), metadata }, { keyring })
    await expect(read(cut.plaintext)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    await expect(decryptObjectStream({ body: chunked(body.subarray(0, 40), 4096), metadata }, { keyring })).rejects.toMatchObject({
      code: 'MESSAGE_INVALID',
    })
  })

  it('lets go of its body where nobody reads on, and when it is aborted', async () => {
    for (const format of ['v3', 'esdk'] as const) {
      const { body, metadata } = await encryptObject(long, { keyring, format })
      const left = chunked(body, 4096)
      const { plaintext } = await decryptObjectStream({ body: left, metadata }, { keyring, delayedAuthentication: true })
      for await (const _ of plaintext) break
      expect([format, left.destroyed]).toEqual([format, true])
      const abort = new AbortController()
      const aborted = await decryptObjectStream(
        { body: chunked(body, 4096), metadata },
        { keyring, delayedAuthentication: true, signal: abort.signal },
      )
      abort.abort(new Error('enough'))
      await expect(read(aborted.plaintext)).rejects.toThrow('enough')
    }
  })
})

it('takes body, metadata and instruction file as they are at the call', async () => {
  const written = await encryptObject(text, { keyring, instructionFile: true })
  const object = { body: written.body, metadata: { ...written.metadata }, instructionFile: written.instructionFile as { body: Uint8Array } }
  const opening = decryptObject(object, { keyring })
  object.body.fill(0)
  object.metadata['x-amz-d'] = ''
  object.instructionFile.body.fill(0)
  expect((await opening).plaintext).toEqual(text)
})

it.each([undefined, null, {}, { body: text }, { body: 'text', metadata: {} }, { body: text, metadata: null }])(
  'refuses %j as an object',
  async (object) => {
    expect(await codeOf(object as never)).toBe('INPUT_INVALID')
  },
)

it('goes through headers, for those who have no SDK', async () => {
  const { body, metadata } = await encryptObject(text, { keyring, metadata: { Color: 'red' } })
  const headers = new Headers({ ...headersFromMetadata(metadata), 'content-length': '34', etag: '"x"' })
  const arrived = metadataFromHeaders(headers)
  expect(arrived).toMatchObject({ color: 'red', 'x-amz-c': '115' })
  expect(Object.keys(arrived)).toHaveLength(Object.keys(metadata).length)
  expect(await codeOf({ body, metadata: arrived })).toBe('opened')
})
