import { afterEach, describe, expect, it, vi } from 'vitest'
import { createMaterialsCache } from './cache/materials-cache.ts'
import { type CacheLimits, type CacheOptions, cachingMaterials } from './caching-materials.ts'
import { createEncryptionClient, type EncryptionClient } from './client.ts'
import { contextFromEntries } from './encryption-context.ts'
import type { EncryptedDataKey, Keyring, WrapRequest } from './keyring.ts'
import type { DecryptMaterials, EncryptMaterials, EncryptRequest, Materials } from './materials.ts'
import type { ObserverEvent } from './observer.ts'
import { parseMessage } from './parse-message.ts'
import { SecretBytes } from './secret-bytes.ts'
import { suiteById } from './suite.ts'

const SUITE = suiteById('0478')

interface CountingKeyring extends Keyring {
  readonly calls: { generate: number; unwrap: number }
  readonly signals: (AbortSignal | undefined)[]
  readonly secrets: SecretBytes[]
  fail: unknown
  /** Resolves every call that waits, and lets later ones through. */
  release(): void
}

/** An asynchronous keyring whose encrypted data keys are the data keys themselves, and which counts. Calls wait until released. */
function countingKeyring(gate: 'open' | 'closed' = 'open'): CountingKeyring {
  const { promise: opened, resolve: release } = Promise.withResolvers<void>()
  if (gate === 'open') release()
  const keyring: CountingKeyring = {
    calls: { generate: 0, unwrap: 0 },
    signals: [],
    secrets: [],
    fail: undefined,
    release: () => release(),
    async recipients() {
      return [
        {
          providerId: 'fake',
          keyId: 'fake key',
          async generate(length: number, request: WrapRequest) {
            keyring.calls.generate += 1
            keyring.signals.push(request.signal)
            await opened
            if (keyring.fail !== undefined) throw keyring.fail
            const secret = SecretBytes.random(length)
            keyring.secrets.push(secret)
            return { secret, edks: [edkOf(secret)] }
          },
          wrap: async (secret: SecretBytes) => [edkOf(secret)],
          owns: () => true,
        },
      ]
    },
    async unwrap(edks, request) {
      keyring.calls.unwrap += 1
      keyring.signals.push(request.signal)
      await opened
      if (keyring.fail !== undefined) return { attempts: [{ edk: 0, outcome: 'transient', cause: keyring.fail }] }
      const secret = SecretBytes.copyOf((edks[0] as EncryptedDataKey).ciphertext)
      keyring.secrets.push(secret)
      return { secret, edk: 0, keyId: 'fake key' }
    },
  }
  return keyring
}

function edkOf(secret: SecretBytes): EncryptedDataKey {
  return { providerId: 'fake', providerInfo: Uint8Array.of(1), ciphertext: secret.use((bytes) => Uint8Array.from(bytes)) }
}

const limits: CacheLimits = { maxAgeMs: 60_000 }

function cachedClient(keyring: Keyring, cache: CacheOptions = limits, observer?: (event: ObserverEvent) => void): EncryptionClient {
  return createEncryptionClient({ keyring, cache, suite: '0478', ...(observer === undefined ? {} : { observer }) })
}

const text = new TextEncoder().encode('plaintext')
const encryptionContext = { purpose: 'test' }

afterEach(() => {
  vi.useRealTimers()
})

describe('single flight', () => {
  it('makes one data key for 3,000 messages that start together', async () => {
    const keyring = countingKeyring()
    const events: ObserverEvent[] = []
    const client = cachedClient(keyring, limits, (event) => events.push(event))
    await Promise.all(Array.from({ length: 3000 }, () => client.encrypt(text, { encryptionContext })))
    expect(keyring.calls.generate).toBe(1)
    const counted = (type: string): number => events.filter((event) => event.type === type).length
    expect([counted('cache.miss'), counted('cache.coalesced'), counted('cache.hit')]).toEqual([1, 2999, 0])
    await client.encrypt(text, { encryptionContext })
    expect([counted('cache.miss'), counted('cache.hit'), counted('message.encrypted')]).toEqual([1, 1, 3001])
  })

  it('makes exactly three where a data key serves 1,000', async () => {
    const keyring = countingKeyring()
    const client = cachedClient(keyring, { ...limits, maxMessages: 1000 })
    const made = await Promise.all(Array.from({ length: 3000 }, () => client.encrypt(text, { encryptionContext })))
    expect(keyring.calls.generate).toBe(3)
    const opened = await Promise.all(made.slice(0, 20).map(({ ciphertext }) => client.decrypt(ciphertext, { encryptionContext })))
    for (const { plaintext } of opened) expect(plaintext).toEqual(text)
  })

  it('opens one data key for 3,000 messages under it', async () => {
    const keyring = countingKeyring()
    const writer = cachedClient(keyring)
    const messages = await Promise.all(Array.from({ length: 3000 }, () => writer.encrypt(text, { encryptionContext })))
    const reader = cachedClient(keyring)
    const opened = await Promise.all(messages.map(({ ciphertext }) => reader.decrypt(ciphertext, { encryptionContext })))
    expect(keyring.calls.unwrap).toBe(1)
    expect(new Set(messages.map(({ ciphertext }) => Buffer.from(ciphertext).toString('hex'))).size).toBe(3000)
    for (const { plaintext } of opened) expect(plaintext).toEqual(text)
  })

  it('gives a failure to all who waited, and forgets it', async () => {
    const keyring = countingKeyring('closed')
    const client = cachedClient(keyring)
    keyring.fail = new Error('down')
    const waiting = Array.from({ length: 50 }, () => client.encrypt(text, { encryptionContext }))
    keyring.release()
    const results = await Promise.allSettled(waiting)
    expect(results.every((result) => result.status === 'rejected' && result.reason === keyring.fail)).toBe(true)
    expect(keyring.calls.generate).toBe(1)
    keyring.fail = undefined
    await client.encrypt(text, { encryptionContext })
    expect(keyring.calls.generate).toBe(2)
  })

  it('shares and forgets the failure of an unwrap too', async () => {
    const keyring = countingKeyring()
    const { ciphertext } = await cachedClient(keyring).encrypt(text)
    const client = cachedClient(keyring)
    keyring.fail = new Error('down')
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => client.decrypt(ciphertext)))
    expect(results.every((result) => result.status === 'rejected' && result.reason.code === 'KEY_TRANSIENT')).toBe(true)
    expect(keyring.calls.unwrap).toBe(1)
    keyring.fail = undefined
    await client.decrypt(ciphertext)
    expect(keyring.calls.unwrap).toBe(2)
  })

  it('lets one caller leave without failing the others, the first one too', async () => {
    const keyring = countingKeyring('closed')
    const client = cachedClient(keyring)
    const controller = new AbortController()
    const first = client.encrypt(text, { encryptionContext, signal: controller.signal })
    const others = Array.from({ length: 10 }, () => client.encrypt(text, { encryptionContext }))
    controller.abort('first left')
    await expect(first).rejects.toBe('first left')
    expect(keyring.signals[0]?.aborted).toBe(false)
    keyring.release()
    await expect(Promise.all(others)).resolves.toHaveLength(10)
    expect(keyring.calls.generate).toBe(1)
  })

  it('aborts the call itself when all have left, and calls anew for the next', async () => {
    const keyring = countingKeyring('closed')
    const client = cachedClient(keyring)
    const controllers = Array.from({ length: 3 }, () => new AbortController())
    const waiting = controllers.map(({ signal }) => client.encrypt(text, { encryptionContext, signal }))
    controllers.forEach((controller, index) => {
      controller.abort(`left ${index}`)
    })
    expect((await Promise.allSettled(waiting)).map((result) => result.status === 'rejected' && result.reason)).toEqual([
      'left 0',
      'left 1',
      'left 2',
    ])
    expect(keyring.signals[0]?.aborted).toBe(true)
    const next = client.encrypt(text, { encryptionContext })
    keyring.release()
    await next
    expect(keyring.calls.generate).toBe(2)
  })
})

describe('limits', () => {
  it('renew the data key after maxAgeMs, both ways', async () => {
    let ms = 1_000_000
    const keyring = countingKeyring()
    const client = cachedClient(keyring, { maxAgeMs: 1000, store: createMaterialsCache({ now: () => ms }) })
    const { ciphertext } = await client.encrypt(text)
    await client.decrypt(ciphertext)
    ms += 999
    await client.encrypt(text)
    await client.decrypt(ciphertext)
    expect(keyring.calls).toEqual({ generate: 1, unwrap: 1 })
    ms += 1
    await client.encrypt(text)
    await client.decrypt(ciphertext)
    expect(keyring.calls).toEqual({ generate: 2, unwrap: 2 })
  })

  it('renew it when the clock went backwards', async () => {
    let ms = 1_000_000
    const keyring = countingKeyring()
    const client = cachedClient(keyring, { maxAgeMs: 1000, store: createMaterialsCache({ now: () => ms }) })
    await client.encrypt(text)
    ms -= 1
    await client.encrypt(text)
    expect(keyring.calls.generate).toBe(2)
  })

  it('renew it after maxMessages and after maxBytes', async () => {
    const byMessages = countingKeyring()
    const first = cachedClient(byMessages, { ...limits, maxMessages: 2 })
    for (let count = 0; count < 5; count += 1) await first.encrypt(text)
    expect(byMessages.calls.generate).toBe(3)
    const byBytes = countingKeyring()
    const second = cachedClient(byBytes, { ...limits, maxBytes: 25 })
    for (let count = 0; count < 5; count += 1) await second.encrypt(new Uint8Array(10))
    expect(byBytes.calls.generate).toBe(3)
  })

  it('do not bound reading by messages or bytes', async () => {
    const keyring = countingKeyring()
    const client = cachedClient(keyring, { ...limits, maxMessages: 1, maxBytes: 10 })
    const { ciphertext } = await client.encrypt(text)
    for (let count = 0; count < 5; count += 1) await client.decrypt(ciphertext)
    expect(keyring.calls.unwrap).toBe(1)
  })

  it('keep only maxEntries, the least recently used going first', async () => {
    const keyring = countingKeyring()
    const client = cachedClient(keyring, { ...limits, maxEntries: 2 })
    const encrypt = (tenant: string) => client.encrypt(text, { encryptionContext: { tenant } })
    for (const tenant of ['a', 'b', 'a', 'c', 'a']) await encrypt(tenant)
    expect(keyring.calls.generate).toBe(3)
    await encrypt('b')
    expect(keyring.calls.generate).toBe(4)
  })

  it('of the stricter of two clients that share entries count', async () => {
    let ms = 0
    const keyring = countingKeyring()
    const store = createMaterialsCache({ now: () => ms })
    const lax = cachedClient(keyring, { maxAgeMs: 3_600_000, store })
    const strict = cachedClient(keyring, { maxAgeMs: 1000, maxMessages: 10, maxBytes: 1000, store })
    await lax.encrypt(text)
    await strict.encrypt(text)
    expect(keyring.calls.generate).toBe(1)
    ms += 1000
    await strict.encrypt(text)
    expect(keyring.calls.generate).toBe(2)
  })
})

describe('what is never cached', () => {
  it('is a suite without key derivation, one message per data key', async () => {
    const keyring = countingKeyring()
    const client = createEncryptionClient({ keyring, cache: limits, commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT', suite: '0078' })
    const { ciphertext } = await client.encrypt(text)
    await client.encrypt(text)
    await client.decrypt(ciphertext)
    await client.decrypt(ciphertext)
    expect(keyring.calls).toEqual({ generate: 2, unwrap: 2 })
  })

  it('is a message longer than maxBytes, which leaves the cached key alone', async () => {
    const keyring = countingKeyring()
    const client = cachedClient(keyring, { ...limits, maxBytes: 100 })
    const keyOf = async (length: number): Promise<string> => {
      const { ciphertext } = await client.encrypt(new Uint8Array(length))
      return Buffer.from((parseMessage(ciphertext).encryptedDataKeys[0] as EncryptedDataKey).ciphertext).toString('hex')
    }
    const [first, long, again, other] = [await keyOf(9), await keyOf(101), await keyOf(9), await keyOf(101)]
    expect(again).toBe(first)
    expect(new Set([first, long, other]).size).toBe(3)
    expect(keyring.calls.generate).toBe(3)
  })

  it('is a message of unknown length', async () => {
    const keyring = countingKeyring()
    const materials = cachingMaterials({ keyring, ...limits })
    for (let count = 0; count < 2; count += 1) (await materials.forEncrypt({ suite: SUITE, context: {} })).dataKey.dispose()
    expect(keyring.calls.generate).toBe(2)
  })
})

describe('what is never shared', () => {
  it.each<[string, Partial<EncryptRequest>]>([
    ['contexts', { context: { a: '2' } }],
    ['suites', { suite: suiteById('0178') }],
    ['policies', { commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' }],
    ['required keys', { requiredKeys: ['a'] }],
  ])('is a data key between two %s', async (_what, change) => {
    const keyring = countingKeyring()
    const materials = cachingMaterials({ keyring, ...limits })
    const base: EncryptRequest = {
      suite: SUITE,
      context: { a: '1' },
      commitmentPolicy: 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT',
      plaintextLength: 5,
    }
    await materials.forEncrypt(base)
    await materials.forEncrypt({ ...base, ...change })
    await materials.forEncrypt(base)
    expect(keyring.calls.generate).toBe(2)
  })

  it('is an opened key between two contexts, even with one frozen list of encrypted data keys', async () => {
    const keyring = countingKeyring()
    const materials = cachingMaterials({ keyring, ...limits })
    const edks = Object.freeze([{ providerId: 'fake', providerInfo: Uint8Array.of(1), ciphertext: new Uint8Array(32) }])
    const read = (tenant: string) => materials.forDecrypt({ suite: SUITE, context: contextFromEntries([['tenant', tenant]]), edks })
    expect((await read('a')).context['tenant']).toBe('a')
    expect((await read('b')).context['tenant']).toBe('b')
    expect(keyring.calls.unwrap).toBe(2)
  })

  it('is a message forged with the encrypted data key of a good one', async () => {
    const keyring = countingKeyring()
    const client = cachedClient(keyring)
    const { ciphertext } = await client.encrypt(text, { encryptionContext: { tenant: 'a' } })
    await client.decrypt(ciphertext)
    const swapped = Uint8Array.from(ciphertext)
    const at = Buffer.from(swapped).indexOf('tenant') + 'tenant'.length + 2
    swapped[at] = 'b'.charCodeAt(0)
    await expect(client.decrypt(swapped)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    expect(keyring.calls.unwrap).toBe(2)
  })
})

describe('a shared store', () => {
  it('keeps two keyrings apart', async () => {
    const store = createMaterialsCache()
    const [one, two] = [countingKeyring(), countingKeyring()]
    await cachedClient(one, { ...limits, store }).encrypt(text)
    await cachedClient(two, { ...limits, store }).encrypt(text)
    expect([one.calls.generate, two.calls.generate, store.size]).toEqual([1, 1, 2])
  })

  it('joins two keyrings of one partition, and only of one', async () => {
    const store = createMaterialsCache()
    const keyrings = [countingKeyring(), countingKeyring(), countingKeyring()] as const
    await cachedClient(keyrings[0], { ...limits, store, partition: 'tenant a' }).encrypt(text)
    await cachedClient(keyrings[1], { ...limits, store, partition: 'tenant a' }).encrypt(text)
    await cachedClient(keyrings[2], { ...limits, store, partition: 'tenant b' }).encrypt(text)
    expect(keyrings.map(({ calls }) => calls.generate)).toEqual([1, 0, 1])
  })

  it('does not join a partition that is named like the number of a keyring', async () => {
    const store = createMaterialsCache()
    const keyrings = Array.from({ length: 30 }, () => countingKeyring())
    for (const [index, keyring] of keyrings.entries())
      await cachedClient(keyring, { ...limits, store, partition: String(index) }).encrypt(text)
    for (const keyring of keyrings) await cachedClient(keyring, { ...limits, store }).encrypt(text)
    expect(keyrings.map(({ calls }) => calls.generate)).toEqual(keyrings.map(() => 2))
  })

  it('serves the same keyring in two clients', async () => {
    const store = createMaterialsCache()
    const keyring = countingKeyring()
    await cachedClient(keyring, { ...limits, store }).encrypt(text)
    await cachedClient(keyring, { ...limits, store }).encrypt(text)
    expect(keyring.calls.generate).toBe(1)
  })

  it('keeps partitions of the same name apart in two stores', async () => {
    const [one, two] = [countingKeyring(), countingKeyring()]
    await cachedClient(one, { ...limits, store: createMaterialsCache(), partition: 'p' }).encrypt(text)
    await cachedClient(two, { ...limits, store: createMaterialsCache(), partition: 'p' }).encrypt(text)
    expect([one.calls.generate, two.calls.generate]).toEqual([1, 1])
  })
})

describe('data keys in memory', () => {
  it('are overwritten by clear(), but for the message that is being made', async () => {
    const keyring = countingKeyring()
    const store = createMaterialsCache()
    const materials = cachingMaterials({ keyring, ...limits, store })
    const using = await materials.forEncrypt({ suite: SUITE, context: {}, plaintextLength: 1 })
    const bytes = using.dataKey.use((live) => live)
    store.clear()
    expect(keyring.secrets[0]?.disposed).toBe(true)
    expect(bytes.some((byte) => byte !== 0)).toBe(true)
    using.dataKey.dispose()
    expect(bytes.every((byte) => byte === 0)).toBe(true)
    ;(await materials.forEncrypt({ suite: SUITE, context: {}, plaintextLength: 1 })).dataKey.dispose()
    expect(keyring.calls.generate).toBe(2)
  })

  it('are overwritten after their age by a timer', async () => {
    vi.useFakeTimers()
    const keyring = countingKeyring()
    const client = cachedClient(keyring, { maxAgeMs: 5000 })
    const { ciphertext } = await client.encrypt(text)
    await client.decrypt(ciphertext)
    await vi.advanceTimersByTimeAsync(4999)
    expect(keyring.secrets.map((secret) => secret.disposed)).toEqual([false, false])
    await vi.advanceTimersByTimeAsync(1)
    expect(keyring.secrets.map((secret) => secret.disposed)).toEqual([true, true])
  })

  it('are disposed by the client when nothing is cached', async () => {
    const keyring = countingKeyring()
    const client = createEncryptionClient({ keyring, suite: '0478' })
    const { ciphertext } = await client.encrypt(text)
    await client.decrypt(ciphertext)
    await expect(client.decrypt(ciphertext, { encryptionContext: { absent: 'x' } })).rejects.toMatchObject({ code: 'CONTEXT_MISMATCH' })
    expect(keyring.secrets.map((secret) => secret.disposed)).toEqual([true, true, true])
  })

  it('are left in the cache only, whatever came of the messages', async () => {
    const keyring = countingKeyring()
    const store = createMaterialsCache()
    const client = cachedClient(keyring, { ...limits, store })
    const { ciphertext } = await client.encrypt(text, { encryptionContext })
    await client.decrypt(ciphertext)
    const forged = Uint8Array.from(ciphertext)
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1
    await expect(client.decrypt(forged)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    const live = keyring.secrets.map((secret) => secret.use((bytes) => bytes))
    store.clear()
    expect(live.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true)
  })
})

describe('around materials of another kind', () => {
  it('freezes what it keeps, so that no caller changes what another gets', async () => {
    const keyring = countingKeyring()
    const materials = cachingMaterials({ keyring, ...limits })
    const made = await materials.forEncrypt({ suite: SUITE, context: { a: '1' }, plaintextLength: 1 })
    expect(() => (made.edks as EncryptedDataKey[]).push(made.edks[0] as EncryptedDataKey)).toThrow(TypeError)
    expect(() => Object.assign(made.context, { b: '2' })).toThrow(TypeError)
  })

  it('asks them without the length of the one plaintext that happened to be first', async () => {
    const asked: (number | undefined)[] = []
    const inner: Materials = {
      forEncrypt: async (request): Promise<EncryptMaterials> => {
        asked.push(request.plaintextLength)
        const { suite, context } = request
        return { suite, context, requiredKeys: [], dataKey: SecretBytes.random(32), edks: [] }
      },
      forDecrypt: async (): Promise<DecryptMaterials> => {
        throw new Error('not asked')
      },
    }
    await cachingMaterials({ materials: inner, ...limits }).forEncrypt({ suite: SUITE, context: {}, plaintextLength: 77 })
    expect(asked).toEqual([undefined])
  })
})

it('needs exactly one of keyring and materials, and maxEntries where it belongs', () => {
  const keyring = countingKeyring()
  const materials = cachingMaterials({ keyring, ...limits })
  const invalid = (options: object, option: string) =>
    expect(() => cachingMaterials(options as never)).toThrowError(expect.objectContaining({ code: 'OPTION_INVALID', option }))
  invalid({ maxAgeMs: 1 }, 'keyring')
  invalid({ maxAgeMs: 1, keyring, materials }, 'keyring')
  invalid({ keyring }, 'maxAgeMs')
  invalid({ keyring, maxAgeMs: 1, store: createMaterialsCache(), maxEntries: 5 }, 'maxEntries')
  invalid({ keyring, maxAgeMs: 1, store: { clear() {} } }, 'store')
  for (const maxAgeMs of [0, -1, 1.5, Number.POSITIVE_INFINITY, Number.NaN, '1000', null]) invalid({ keyring, maxAgeMs }, 'maxAgeMs')
  invalid({ keyring, maxAgeMs: 1, maxMessages: 2 ** 32 + 1 }, 'maxMessages')
  invalid({ keyring, maxAgeMs: 1, maxBytes: 0 }, 'maxBytes')
  invalid({ keyring, maxAgeMs: 1, partition: '' }, 'partition')
})
