import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { CacheOptions } from './caching-materials.ts'
import { createEncryptionClient, type EncryptionClientOptions, type EncryptionClientSettings } from './client.ts'
import type { CommitmentPolicy } from './commitment-policy.ts'
import { StrongroomError } from './errors.ts'
import type { Keyring } from './keyring.ts'
import { multiKeyring } from './keyrings/multi-keyring.ts'
import { rawAesKeyring } from './keyrings/raw-aes-keyring.ts'
import { generateAesKey } from './keys/aes-key.ts'
import type { ObserverEvent } from './observer.ts'
import type { SuiteId } from './suite.ts'

const key = generateAesKey()
const keyring = rawAesKeyring({ namespace: 'test', name: 'kek', key })
const cache: CacheOptions = { maxAgeMs: 60_000 }
const encryptionContext = { purpose: 'test' }
const MARKER = 'plaintext-marker'
const text = new TextEncoder().encode(MARKER)

function client(options: Partial<EncryptionClientOptions> = {}): ReturnType<typeof createEncryptionClient> {
  return createEncryptionClient({ keyring, suite: '0478', ...options } as EncryptionClientOptions)
}

/** A keyring that waits before it answers, whatever the call. */
function slow(inner: Keyring, wait: Promise<unknown>): Keyring {
  return {
    async recipients(request) {
      await wait
      return await inner.recipients(request)
    },
    async unwrap(edks, request) {
      await wait
      return await inner.unwrap(edks, request)
    },
  }
}

describe('the default suite', () => {
  it.each<[CommitmentPolicy | undefined, SuiteId]>([
    [undefined, '0578'],
    ['REQUIRE_ENCRYPT_REQUIRE_DECRYPT', '0578'],
    ['REQUIRE_ENCRYPT_ALLOW_DECRYPT', '0578'],
    ['FORBID_ENCRYPT_ALLOW_DECRYPT', '0378'],
  ])('under %s is %s', async (commitmentPolicy, suite) => {
    const policy = commitmentPolicy === undefined ? {} : { commitmentPolicy }
    const made = await createEncryptionClient({ keyring, ...policy }).encrypt(text)
    expect(made.suite).toBe(suite)
    const opened = await createEncryptionClient({ keyring, ...policy }).decrypt(made.ciphertext)
    expect(opened).toMatchObject({ suite, plaintext: text, openedBy: { edk: 0, keyId: 'kek' } })
  })

  it('may be another of the policy, for the client or for one message, and none that the policy forbids', async () => {
    expect((await client({ suite: '0478' }).encrypt(text)).suite).toBe('0478')
    expect((await client({ suite: '0478' }).encrypt(text, { suite: '0578' })).suite).toBe('0578')
    expect(() => client({ suite: '0178' })).toThrowError(expect.objectContaining({ code: 'SUITE_FORBIDDEN' }))
    await expect(client().encrypt(text, { suite: '0178' })).rejects.toMatchObject({ code: 'SUITE_FORBIDDEN' })
  })

  it('is read only where the policy allows it, before any keyring is asked', async () => {
    const old = await client({ commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT', suite: '0178' }).encrypt(text)
    let asked = 0
    const counting: Keyring = {
      ...keyring,
      unwrap: (...args) => {
        asked += 1
        return keyring.unwrap(...args)
      },
    }
    await expect(client({ keyring: counting }).decrypt(old.ciphertext)).rejects.toMatchObject({ code: 'SUITE_FORBIDDEN' })
    expect(asked).toBe(0)
    const lenient = client({ keyring: counting, commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' })
    expect((await lenient.decrypt(old.ciphertext)).plaintext).toEqual(text)
  })
})

describe('the encryption context', () => {
  it('is answered by both calls, and what encrypt answers may be demanded of decrypt', async () => {
    for (const suite of ['0478', '0578'] as const) {
      const made = await client().encrypt(text, { encryptionContext, suite })
      expect(Object.keys(made.encryptionContext)).toEqual(suite === '0578' ? ['purpose', 'aws-crypto-public-key'] : ['purpose'])
      const opened = await client().decrypt(made.ciphertext, { encryptionContext: made.encryptionContext })
      expect(opened.encryptionContext).toEqual(made.encryptionContext)
      expect(Object.getPrototypeOf(opened.encryptionContext)).toBeNull()
    }
  })

  it.each<[string, Record<string, string>]>([
    ['another value', { purpose: 'other' }],
    ['a pair that is not there', { purpose: 'test', more: 'x' }],
    ['a name of Object.prototype', { constructor: 'x' }],
  ])('fails before plaintext is released when %s is demanded', async (_what, demanded) => {
    for (const options of [{}, { cache }]) {
      const events: ObserverEvent[] = []
      const reader = client({ ...options, observer: (event) => events.push(event) })
      const { ciphertext } = await client().encrypt(text, { encryptionContext })
      await expect(reader.decrypt(ciphertext, { encryptionContext: demanded })).rejects.toMatchObject({ code: 'CONTEXT_MISMATCH' })
      await reader.decrypt(ciphertext, { encryptionContext })
      // Now cached: still refused.
      await expect(reader.decrypt(ciphertext, { encryptionContext: demanded })).rejects.toMatchObject({ code: 'CONTEXT_MISMATCH' })
      expect(events.filter(({ type }) => type === 'message.decrypted')).toHaveLength(1)
    }
  })

  it('may hold more than is demanded', async () => {
    const { ciphertext } = await client().encrypt(text, { encryptionContext: { a: '1', b: '2' } })
    expect((await client().decrypt(ciphertext, { encryptionContext: { b: '2' } })).plaintext).toEqual(text)
  })

  it('of a frozen object that decrypt accepted with a reserved key is still refused by encrypt', async () => {
    const { encryptionContext: answered, ciphertext } = await client().encrypt(text, { suite: '0578' })
    await client().decrypt(ciphertext, { encryptionContext: answered })
    await expect(client().encrypt(text, { encryptionContext: answered })).rejects.toMatchObject({ code: 'CONTEXT_INVALID' })
  })

  it('draws a warning where the official Java client would refuse it, and only there', async () => {
    const warningsFor = async (given: Record<string, string>): Promise<ObserverEvent[]> => {
      const events: ObserverEvent[] = []
      await client({ observer: (event) => events.push(event) }).encrypt(text, { encryptionContext: given })
      return events.filter(({ type }) => type === 'warning')
    }
    expect(await warningsFor({ empty: '' })).toMatchObject([{ code: 'context.notPortable', message: expect.stringContaining('"empty"') }])
    expect(await warningsFor({ long: 'x'.repeat(32_767) })).toMatchObject([{ code: 'context.notPortable' }])
    expect(await warningsFor({ fits: 'x'.repeat(32_767 - 2 - 4 - 4) })).toEqual([])
    expect(await warningsFor({})).toEqual([])
  })

  it('may fill the format, and is refused above it, with and without an observer and a cache', async () => {
    const largest = { k: 'v'.repeat(65_535 - 2 - 4 - 1) }
    const { ciphertext } = await client().encrypt(text, { encryptionContext: largest })
    expect((await client().decrypt(ciphertext, { encryptionContext: largest })).plaintext).toEqual(text)
    for (const options of [{}, { cache }, { observer: () => undefined }]) {
      const refused = client(options).encrypt(text, { encryptionContext: { k: `${largest.k}v` } })
      await expect(refused).rejects.toMatchObject({ code: 'CONTEXT_INVALID' })
    }
  })
})

describe('input', () => {
  it.each<[string, unknown, RegExp]>([
    ['a string', 'text', /TextEncoder/],
    ['a shared array', new Uint8Array(new SharedArrayBuffer(8)), /not shared between threads/],
    ['an ArrayBuffer', new ArrayBuffer(8), /Uint8Array/],
    ['an array of numbers', [1, 2, 3], /Uint8Array/],
    ['a wider array', new Uint16Array(4), /Uint8Array/],
    ['nothing', undefined, /Uint8Array/],
  ])('that is %s is refused with the remedy', async (_what, input, remedy) => {
    await expect(client().encrypt(input as Uint8Array)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringMatching(remedy),
    })
    await expect(client().decrypt(input as Uint8Array)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringMatching(remedy),
    })
  })

  it('that is base64 text of a message is recognised', async () => {
    const { ciphertext } = await client().encrypt(text)
    for (const bytes of [ciphertext, Uint8Array.of(0x01, 0x80, ...ciphertext.subarray(2))]) {
      const base64 = new TextEncoder().encode(Buffer.from(bytes).toString('base64'))
      await expect(client().decrypt(base64)).rejects.toMatchObject({ code: 'MESSAGE_INVALID', message: expect.stringContaining('base64') })
    }
    await expect(client().decrypt(Uint8Array.of(9, 9, 9))).rejects.toMatchObject({ message: expect.not.stringContaining('base64') })
  })
})

describe('bytes that the caller changes during the call', () => {
  const settings: [string, Partial<EncryptionClientOptions>, SuiteId][] = [
    ['uncached', {}, '0478'],
    ['uncached and signed', {}, '0578'],
    ['cached', { cache }, '0478'],
    ['cached and signed', { cache }, '0578'],
  ]

  it.each(settings)('do not change what is encrypted: %s', async (_name, options, suite) => {
    const writer = client(options)
    // The first call fills the cache, the second takes the path without waiting.
    for (let round = 0; round < 2; round += 1) {
      const bytes = Uint8Array.from(text)
      const given: Record<string, string> = { purpose: 'test' }
      const pending = writer.encrypt(bytes, { encryptionContext: given, suite })
      bytes.fill(0x58)
      given['purpose'] = 'changed'
      const { ciphertext } = await pending
      expect((await client().decrypt(ciphertext, { encryptionContext })).plaintext).toEqual(text)
    }
  })

  it.each(settings)('do not change what is decrypted: %s', async (_name, options, suite) => {
    const { ciphertext } = await client().encrypt(text, { encryptionContext, suite })
    const reader = client(options)
    for (let round = 0; round < 2; round += 1) {
      const bytes = Uint8Array.from(ciphertext)
      const demanded: Record<string, string> = { purpose: 'test' }
      const pending = reader.decrypt(bytes, { encryptionContext: demanded })
      bytes.fill(0)
      demanded['purpose'] = 'changed'
      expect((await pending).plaintext).toEqual(text)
    }
  })

  it('may even be transferred away', async () => {
    const events: ObserverEvent[] = []
    const writer = client({ observer: (event) => events.push(event) })
    const bytes = Uint8Array.from(text)
    const pending = writer.encrypt(bytes)
    structuredClone(bytes, { transfer: [bytes.buffer] })
    expect(bytes).toHaveLength(0)
    const { ciphertext } = await pending
    const message = Uint8Array.from(ciphertext)
    const reading = writer.decrypt(message)
    structuredClone(message, { transfer: [message.buffer] })
    expect((await reading).plaintext).toEqual(text)
    expect(events.filter((event) => 'plaintextBytes' in event)).toMatchObject([
      { type: 'message.encrypted', plaintextBytes: text.length, ciphertextBytes: ciphertext.length },
      { type: 'message.decrypted', plaintextBytes: text.length, ciphertextBytes: ciphertext.length },
    ])
  })

  it('nor do options that change after they were validated', async () => {
    const options: { -readonly [K in keyof EncryptionClientSettings]: EncryptionClientSettings[K] } & { keyring: Keyring } = {
      keyring,
      suite: '0478',
      frameLength: 8,
    }
    const writer = createEncryptionClient(options)
    const before = (await writer.encrypt(text)).ciphertext.length
    options.frameLength = -1
    options.commitmentPolicy = 'FORBID_ENCRYPT_ALLOW_DECRYPT'
    options.suite = '0014'
    const after = await writer.encrypt(text)
    expect([after.ciphertext.length, after.suite]).toEqual([before, '0478'])
  })
})

describe('results', () => {
  it.each([0, 1, 15, 16, 17, 48, 100])('own their memory, at %i bytes', async (length) => {
    for (const suite of ['0478', '0578'] as const) {
      const plaintext = new Uint8Array(length).fill(7)
      const { ciphertext } = await client({ frameLength: 16 }).encrypt(plaintext, { suite })
      const opened = await client().decrypt(ciphertext)
      expect(opened.plaintext).toEqual(plaintext)
      for (const bytes of [ciphertext, opened.plaintext]) {
        expect([bytes.byteOffset, bytes.buffer.byteLength, Buffer.isBuffer(bytes)]).toEqual([0, bytes.length, false])
      }
    }
  })

  it('never repeat: two messages of one plaintext differ from the message id on', async () => {
    const writer = client({ cache })
    const [one, two] = [await writer.encrypt(text), await writer.encrypt(text)]
    expect(Buffer.compare(one.ciphertext.subarray(3, 35), two.ciphertext.subarray(3, 35))).not.toBe(0)
    expect(Buffer.compare(one.ciphertext.subarray(-16), two.ciphertext.subarray(-16))).not.toBe(0)
  })

  it('take their message id from the source that was given, which a test repeats', async () => {
    const random = (length: number): Uint8Array => new Uint8Array(length).fill(0xab)
    const { ciphertext } = await client({ random }).encrypt(text)
    expect(Buffer.from(ciphertext.subarray(3, 35)).toString('hex')).toBe('ab'.repeat(32))
  })

  it('are not made with a random source that answers too few bytes', async () => {
    const random = (length: number): Uint8Array => new Uint8Array(length - 1)
    await expect(client({ random }).encrypt(text)).rejects.toBeInstanceOf(StrongroomError)
  })
})

describe('limits', () => {
  it('allow 16 encrypted data keys unless told otherwise, both ways', async () => {
    const many = (count: number) =>
      multiKeyring({
        generator: keyring,
        children: Array.from({ length: count - 1 }, (_, index) =>
          rawAesKeyring({ namespace: 'test', name: `k${index}`, key: generateAesKey() }),
        ),
      })
    const { ciphertext } = await client({ keyring: many(16) }).encrypt(text)
    expect((await client().decrypt(ciphertext)).plaintext).toEqual(text)
    const limit = { code: 'LIMIT_EXCEEDED', option: 'maxEncryptedDataKeys' }
    await expect(client({ keyring: many(17) }).encrypt(text)).rejects.toMatchObject(limit)
    const seventeen = await client({ keyring: many(17), maxEncryptedDataKeys: 17 }).encrypt(text)
    await expect(client().decrypt(seventeen.ciphertext)).rejects.toMatchObject(limit)
    expect((await client({ maxEncryptedDataKeys: 17 }).decrypt(seventeen.ciphertext)).plaintext).toEqual(text)
    // The same limit holds where the header is remembered.
    const remembering = client({ cache })
    for (let round = 0; round < 2; round += 1) await expect(remembering.decrypt(seventeen.ciphertext)).rejects.toMatchObject(limit)
  })
})

describe('an aborted call', () => {
  it('rejects with the reason of its signal before it starts', async () => {
    const signal = AbortSignal.abort('before')
    let asked = 0
    const ask = (): never => {
      asked += 1
      throw new Error('asked')
    }
    const unasked = client({ keyring: { recipients: ask, unwrap: ask } })
    const { ciphertext } = await client().encrypt(text)
    await expect(unasked.encrypt(text, { signal })).rejects.toBe('before')
    await expect(unasked.decrypt(ciphertext, { signal })).rejects.toBe('before')
    expect(asked).toBe(0)
  })

  it('rejects during the call even where the keyring does not heed the signal', async () => {
    const { ciphertext } = await client().encrypt(text)
    for (const options of [{}, { cache }]) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const waiting = client({ keyring: slow(keyring, promise), ...options })
      const controller = new AbortController()
      const calls = [waiting.encrypt(text, { signal: controller.signal }), waiting.decrypt(ciphertext, { signal: controller.signal })]
      controller.abort('during')
      resolve()
      expect(await Promise.allSettled(calls)).toMatchObject([
        { status: 'rejected', reason: 'during' },
        { status: 'rejected', reason: 'during' },
      ])
    }
  })

  it('is not told to the observer as a rejected message', async () => {
    const events: ObserverEvent[] = []
    await expect(client({ observer: (event) => events.push(event) }).decrypt(text, { signal: AbortSignal.abort('x') })).rejects.toBe('x')
    expect(events).toEqual([])
  })
})

describe('the observer', () => {
  it('is told of everything, in order, with sizes and key ids', async () => {
    const events: ObserverEvent[] = []
    const watched = client({ cache, observer: (event) => events.push(event) })
    const { ciphertext } = await watched.encrypt(text, { encryptionContext })
    await watched.encrypt(text, { encryptionContext })
    await watched.decrypt(ciphertext)
    await watched.decrypt(ciphertext)
    const forged = Uint8Array.from(ciphertext)
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1
    await expect(watched.decrypt(forged)).rejects.toThrow()
    const sizes = { plaintextBytes: text.length, ciphertextBytes: ciphertext.length }
    expect(events).toEqual([
      { type: 'cache.miss', operation: 'encrypt', suite: '0478' },
      { type: 'dataKey.generated', suite: '0478', keyIds: ['kek'], durationMs: expect.any(Number) },
      { type: 'message.encrypted', suite: '0478', ...sizes },
      { type: 'cache.hit', operation: 'encrypt', suite: '0478' },
      { type: 'message.encrypted', suite: '0478', ...sizes },
      { type: 'cache.miss', operation: 'decrypt', suite: '0478' },
      { type: 'dataKey.unwrapped', suite: '0478', keyId: 'kek', durationMs: expect.any(Number) },
      { type: 'message.decrypted', suite: '0478', ...sizes },
      { type: 'cache.hit', operation: 'decrypt', suite: '0478' },
      { type: 'message.decrypted', suite: '0478', ...sizes },
      { type: 'cache.hit', operation: 'decrypt', suite: '0478' },
      { type: 'message.rejected', code: 'MESSAGE_INVALID', ciphertextBytes: ciphertext.length },
    ])
  })

  it('is told of keys that failed', async () => {
    const events: ObserverEvent[] = []
    const { ciphertext } = await client().encrypt(text)
    const wrong = rawAesKeyring({ namespace: 'test', name: 'kek', key: generateAesKey() })
    await expect(client({ keyring: wrong, observer: (event) => events.push(event) }).decrypt(ciphertext)).rejects.toThrow()
    expect(events).toEqual([
      { type: 'keyring.failed', outcome: 'rejected', keyId: 'kek', error: 'StrongroomError' },
      { type: 'message.rejected', code: 'MESSAGE_INVALID', ciphertextBytes: ciphertext.length },
    ])
  })

  it('breaks nothing by throwing', async () => {
    const broken = client({
      cache,
      observer: () => {
        throw new Error('observer broke')
      },
    })
    const { ciphertext } = await broken.encrypt(text, { encryptionContext: { empty: '' } })
    expect((await broken.decrypt(ciphertext)).plaintext).toEqual(text)
  })

  it('never sees plaintext, key or context values, and neither do errors', async () => {
    const seen: unknown[] = []
    const watched = client({ cache, observer: (event) => seen.push(event) })
    const made = await watched.encrypt(text, { encryptionContext: { purpose: 'context-marker' } })
    await watched.decrypt(made.ciphertext)
    const failures = [
      watched.decrypt(made.ciphertext.subarray(0, -1)),
      watched.decrypt(made.ciphertext, { encryptionContext: { purpose: 'wrong-marker' } }),
      watched.encrypt(text, { encryptionContext: { bad: '\ud800context-marker' } }),
      client({ keyring: rawAesKeyring({ namespace: 'test', name: 'kek', key: generateAesKey() }) }).decrypt(made.ciphertext),
    ]
    for (const result of await Promise.allSettled(failures)) {
      expect(result.status).toBe('rejected')
      if (result.status === 'rejected') seen.push(result.reason)
    }
    const shown = inspect(seen, { depth: 12, showHidden: true, maxArrayLength: null, maxStringLength: null })
    const forms = [
      MARKER,
      'context-marker',
      'wrong-marker',
      Buffer.from(key).toString('hex'),
      Buffer.from(key).toString('base64'),
      [...key].join(', '),
    ]
    for (const form of forms) expect(shown).not.toContain(form)
  })
})

it('refuses what is neither keyring nor materials, both, and a cache around materials', () => {
  const materials = { forEncrypt() {}, forDecrypt() {} } as never
  const invalid = (options: object, option: string) =>
    expect(() => createEncryptionClient(options as never)).toThrowError(expect.objectContaining({ code: 'OPTION_INVALID', option }))
  invalid({}, 'keyring')
  invalid({ keyring, materials }, 'keyring')
  invalid({ materials, cache }, 'cache')
  invalid({ keyring: {} }, 'keyring')
  invalid({ keyring, suite: '6700' }, 'suite')
  invalid({ keyring, suite: 0x0478 }, 'suite')
  invalid({ keyring, commitmentPolicy: 'REQUIRE' }, 'commitmentPolicy')
  for (const frameLength of [0, -1, 1.5, 2 ** 32, Number.NaN, '4096', null]) invalid({ keyring, frameLength }, 'frameLength')
  for (const maxEncryptedDataKeys of [0, 65_536]) invalid({ keyring, maxEncryptedDataKeys }, 'maxEncryptedDataKeys')
  invalid({ keyring, cache: { maxAge: 1 } }, 'cache.maxAge')
  invalid({ keyring, cache: {} }, 'cache.maxAgeMs')
  invalid({ keyring, cache: { maxAgeMs: -1 } }, 'cache.maxAgeMs')
  invalid({ keyring, cache: { maxAgeMs: 1, keyring } }, 'cache.keyring')
  invalid({ keyring, cache: true }, 'cache')
  invalid({ keyring, netV400Retry: 1 }, 'netV400Retry')
})
