import { describe, expect, it } from 'vitest'
import { cachingMaterials } from './caching-materials.ts'
import { createEncryptionClient, type EncryptionClientOptions } from './client.ts'
import { defaultMaterials } from './default-materials.ts'
import type { Keyring } from './keyring.ts'
import { rawAesKeyring } from './keyrings/raw-aes-keyring.ts'
import type { EncryptMaterials, Materials } from './materials.ts'
import { parseMessage } from './parse-message.ts'
import { requiredContextMaterials } from './required-context-materials.ts'
import type { SecretBytes } from './secret-bytes.ts'
import { suiteById } from './suite.ts'

const keyring = rawAesKeyring({ namespace: 'test', name: 'key', key: new Uint8Array(32).fill(7) })
const text = new TextEncoder().encode('for the blue tenant')
const context = { tenant: 'blue', purpose: 'orders' }

function client(options: EncryptionClientOptions = { keyring, requiredContextKeys: ['tenant'] }) {
  return createEncryptionClient(options)
}

describe('a client with requiredContextKeys', () => {
  it.each(['0478', '0578'] as const)('leaves the required pairs out of a %s message, and binds them', async (suite) => {
    const { ciphertext, encryptionContext } = await client().encrypt(text, { encryptionContext: context, suite })
    expect(encryptionContext).toMatchObject(context)
    expect({ ...parseMessage(ciphertext).encryptionContext, 'aws-crypto-public-key': '' }).toEqual({
      purpose: 'orders',
      'aws-crypto-public-key': '',
    })
    expect(Buffer.from(ciphertext).includes('blue')).toBe(false)
    const opened = await client().decrypt(ciphertext, { encryptionContext: { tenant: 'blue' } })
    expect(opened.plaintext).toEqual(text)
    expect(opened.encryptionContext).toMatchObject(context)
  })

  it('opens what stores the pair, and compares it', async () => {
    const { ciphertext } = await client({ keyring }).encrypt(text, { encryptionContext: context })
    expect((await client().decrypt(ciphertext, { encryptionContext: { tenant: 'blue' } })).plaintext).toEqual(text)
    await expect(client().decrypt(ciphertext, { encryptionContext: { tenant: 'red' } })).rejects.toMatchObject({ code: 'CONTEXT_MISMATCH' })
  })

  it('refuses to write or read without the pair, and names its key', async () => {
    await expect(client().encrypt(text, { encryptionContext: { purpose: 'orders' } })).rejects.toMatchObject({
      code: 'CONTEXT_INVALID',
      contextKey: 'tenant',
    })
    const { ciphertext } = await client().encrypt(text, { encryptionContext: context })
    await expect(client().decrypt(ciphertext)).rejects.toMatchObject({ code: 'CONTEXT_INVALID', contextKey: 'tenant' })
  })

  it('refuses a wrong value as it refuses a forgery', async () => {
    const { ciphertext } = await client().encrypt(text, { encryptionContext: context })
    await expect(client().decrypt(ciphertext, { encryptionContext: { tenant: 'red' } })).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('writes what a client without them cannot open, whether it gives the pair or not', async () => {
    const { ciphertext } = await client().encrypt(text, { encryptionContext: context })
    const plain = client({ keyring })
    await expect(plain.decrypt(ciphertext)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    await expect(plain.decrypt(ciphertext, { encryptionContext: { tenant: 'blue' } })).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('authenticates the pairs by the header, even where the wrapping key would not', async () => {
    const careless: Keyring = {
      recipients: (request) => keyring.recipients(request),
      unwrap: (edks, request) => keyring.unwrap(edks, request),
    }
    const blind: Keyring = {
      recipients: async (request) =>
        (await careless.recipients(request)).map((recipient) => ({
          ...recipient,
          wrap: (secret: SecretBytes, call) => recipient.wrap(secret, { ...call, aad: new Uint8Array(0) }),
        })),
      unwrap: (edks, request) => careless.unwrap(edks, { ...request, aad: new Uint8Array(0) }),
    }
    const { ciphertext } = await client({ keyring: blind, requiredContextKeys: ['tenant'] }).encrypt(text, { encryptionContext: context })
    const reader = client({ keyring: blind, requiredContextKeys: ['tenant'] })
    expect((await reader.decrypt(ciphertext, { encryptionContext: { tenant: 'blue' } })).plaintext).toEqual(text)
    await expect(reader.decrypt(ciphertext, { encryptionContext: { tenant: 'red' } })).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('takes names of object members as keys like any other', async () => {
    const requiredContextKeys = ['__proto__', 'constructor']
    const strange = client({ keyring, requiredContextKeys })
    await expect(strange.encrypt(text, { encryptionContext: {} })).rejects.toMatchObject({ code: 'CONTEXT_INVALID' })
    const encryptionContext = JSON.parse('{"__proto__":"a","constructor":"b"}') as Record<string, string>
    const { ciphertext } = await strange.encrypt(text, { encryptionContext })
    expect((await strange.decrypt(ciphertext, { encryptionContext })).plaintext).toEqual(text)
    await expect(strange.decrypt(ciphertext, { encryptionContext: { constructor: 'b' } as never })).rejects.toMatchObject({
      code: 'CONTEXT_INVALID',
    })
  })

  it.each([[[]], ['tenant'], [[1]], [['aws-crypto-x']], [['a', 'a']], [['\ud800']]])('is not made with %j', (requiredContextKeys) => {
    expect(() => client({ keyring, requiredContextKeys: requiredContextKeys as never })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', option: 'requiredContextKeys' }),
    )
  })
})

describe('requiredContextMaterials with a cache', () => {
  const limits = { maxAgeMs: 60_000 }
  const arrangements: Record<string, (counted: Keyring) => Materials> = {
    around: (counted) =>
      requiredContextMaterials({ materials: cachingMaterials({ keyring: counted, ...limits }), requiredKeys: ['tenant'] }),
    inside: (counted) =>
      cachingMaterials({ materials: requiredContextMaterials({ keyring: counted, requiredKeys: ['tenant'] }), ...limits }),
  }

  it.each(Object.entries(arrangements))('%s it, makes and opens one data key, and spares no reader the pair', async (_name, arrange) => {
    const calls = { wrapped: 0, unwrapped: 0 }
    const materials = arrange(counting(calls))
    const cached = createEncryptionClient({ materials })
    const [first, second] = [
      await cached.encrypt(text, { encryptionContext: context }),
      await cached.encrypt(text, { encryptionContext: context }),
    ]
    await cached.encrypt(text, { encryptionContext: { ...context, tenant: 'red' } })
    expect(calls.wrapped).toBe(2)
    for (const { ciphertext } of [first, second]) {
      expect((await cached.decrypt(ciphertext, { encryptionContext: { tenant: 'blue' } })).plaintext).toEqual(text)
    }
    expect(calls.unwrapped).toBe(1)
    await expect(cached.decrypt(first.ciphertext)).rejects.toMatchObject({ code: 'CONTEXT_INVALID' })
    await expect(cached.decrypt(first.ciphertext, { encryptionContext: { tenant: 'red' } })).rejects.toMatchObject({
      code: 'MESSAGE_INVALID',
    })
  })

  it('shares nothing between a client that stores the pairs and one that does not', async () => {
    const calls = { wrapped: 0, unwrapped: 0 }
    const materials = cachingMaterials({ keyring: counting(calls), ...limits })
    const hiding = createEncryptionClient({ materials, requiredContextKeys: ['tenant'] })
    const storing = createEncryptionClient({ materials })
    await hiding.encrypt(text, { encryptionContext: context })
    const { ciphertext } = await storing.encrypt(text, { encryptionContext: context })
    expect(calls.wrapped).toBe(2)
    expect(parseMessage(ciphertext).encryptionContext).toMatchObject(context)
  })

  function counting(calls: { wrapped: number; unwrapped: number }): Keyring {
    return {
      async recipients(request) {
        calls.wrapped += 1
        return await keyring.recipients(request)
      },
      async unwrap(edks, request) {
        const answer = await keyring.unwrap(edks, request)
        if ('secret' in answer) calls.unwrapped += 1
        return answer
      },
    }
  }
})

describe('requiredContextMaterials', () => {
  it('adds its keys to those of a manager around it', async () => {
    const both = createEncryptionClient({
      materials: requiredContextMaterials({
        materials: requiredContextMaterials({ keyring, requiredKeys: ['tenant'] }),
        requiredKeys: ['purpose'],
      }),
    })
    const { ciphertext } = await both.encrypt(text, { encryptionContext: context, suite: '0478' })
    expect({ ...parseMessage(ciphertext).encryptionContext }).toEqual({})
    expect((await both.decrypt(ciphertext, { encryptionContext: context })).plaintext).toEqual(text)
    await expect(both.decrypt(ciphertext, { encryptionContext: { purpose: 'orders' } })).rejects.toMatchObject({ contextKey: 'tenant' })
  })

  it('refuses materials of a manager that ignored the keys, and disposes their data key', async () => {
    let given: EncryptMaterials | undefined
    const inner = defaultMaterials(keyring)
    const forgetful: Materials = {
      async forEncrypt(request) {
        given = await inner.forEncrypt({ ...request, requiredKeys: [] })
        return given
      },
      forDecrypt: (request) => inner.forDecrypt(request),
    }
    const { forEncrypt } = requiredContextMaterials({ materials: forgetful, requiredKeys: ['tenant'] })
    await expect(forEncrypt({ suite: suiteById('0478'), context })).rejects.toMatchObject({ code: 'MATERIALS_INVALID' })
    expect(given?.dataKey.disposed).toBe(true)
  })

  it('needs exactly one of keyring and materials, and knows its options', () => {
    const requiredKeys = ['tenant']
    expect(() => requiredContextMaterials({ requiredKeys } as never)).toThrow(/exactly one/)
    expect(() => requiredContextMaterials({ keyring, materials: defaultMaterials(keyring), requiredKeys } as never)).toThrow(/exactly one/)
    expect(() => requiredContextMaterials({ keyring, requiredKeys, optional: true } as never)).toThrow(/"optional"/)
    expect(() => requiredContextMaterials({ keyring } as never)).toThrow(/requiredKeys/)
  })
})
