import { createDecipheriv, hkdfSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { cachingMaterials } from './caching-materials.ts'
import { defaultMaterials } from './default-materials.ts'
import { contextFromEntries, serialiseContext } from './encryption-context.ts'
import { StrongroomError } from './errors.ts'
import type { EncryptedDataKey, Keyring, Recipient, Unwrapped, WrapRequest } from './keyring.ts'
import { multiKeyring } from './keyrings/multi-keyring.ts'
import { rawAesKeyring } from './keyrings/raw-aes-keyring.ts'
import { rawRsaKeyring } from './keyrings/raw-rsa-keyring.ts'
import { generateRsaKeyPair } from './keys/rsa-key.ts'
import { SecretBytes } from './secret-bytes.ts'
import { itemSuiteById } from './suite.ts'
import { UnwrapError, unwrapDataKey } from './unwrap-data-key.ts'
import { wrapDataKey } from './wrap-data-key.ts'

const context = contextFromEntries([['purpose', 'orders']])
const request: WrapRequest = { suite: itemSuiteById('6700'), context, aad: serialiseContext(context) }
const aes = (name: string): Keyring => rawAesKeyring({ namespace: 'test', name, key: Buffer.alloc(32, name) })
const hex = (secret: SecretBytes): string => secret.use((bytes) => Buffer.from(bytes).toString('hex'))

/** A keyring whose wrapping is none, so that a test sees the intermediate keys: the wrapped key is the key. */
function open(name: string, edksEach = 1, over: Partial<Recipient> = {}): { keyring: Keyring; seen: SecretBytes[] } {
  const seen: SecretBytes[] = []
  const recipient: Recipient = {
    providerId: name,
    keyId: name,
    async wrap(secret) {
      seen.push(secret)
      return Array.from({ length: edksEach }, () => ({
        providerId: name,
        providerInfo: new Uint8Array(0),
        ciphertext: secret.use((bytes) => Uint8Array.from(bytes)),
      }))
    },
    owns: ({ providerId }) => providerId === name,
    ...over,
  }
  return {
    seen,
    keyring: {
      recipients: async () => [recipient],
      async unwrap(edks) {
        const edk = edks.findIndex(({ providerId }) => providerId === name)
        const found = edks[edk]
        if (found === undefined) return { attempts: edks.map((_, index) => ({ edk: index, outcome: 'not-mine' as const })) }
        return { secret: SecretBytes.copyOf(found.ciphertext), edk, keyId: name } satisfies Unwrapped
      },
    },
  }
}

describe('a data key under intermediate keys', () => {
  it('has the form that is specified, a key of its own for each recipient, and a MAC key for each', async () => {
    const [first, second] = [open('a'), open('b')]
    const keyring = multiKeyring({ generator: first.keyring, children: [second.keyring] })
    const { secret, edks, macKeys = [] } = await wrapDataKey(keyring, request)
    expect([edks.length, macKeys.length]).toEqual([2, 2])
    const keys = edks.map(({ ciphertext }) => ciphertext.slice(48))
    expect(Buffer.compare(keys[0] as Uint8Array, keys[1] as Uint8Array)).not.toBe(0)
    for (const [index, { ciphertext }] of edks.entries()) {
      const derived = (label: string) =>
        Buffer.from(hkdfSync('sha512', keys[index] as Uint8Array, '', `AWS_MPL_INTERMEDIATE_KEYWRAP_${label}`, 32))
      const decipher = createDecipheriv('aes-256-gcm', derived('ENC'), Buffer.alloc(12))
      decipher.setAAD(request.aad).setAuthTag(ciphertext.subarray(32, 48))
      expect(Buffer.concat([decipher.update(ciphertext.subarray(0, 32)), decipher.final()]).toString('hex')).toBe(hex(secret))
      expect(hex(macKeys[index] as SecretBytes)).toBe(derived('MAC').toString('hex'))
    }
    expect([...first.seen, ...second.seen].every(({ disposed }) => disposed)).toBe(true)
  })

  it('opens for each recipient alone, with the MAC key of that one', async () => {
    const pair = await generateRsaKeyPair()
    const rsa = rawRsaKeyring({ namespace: 'test', name: 'rsa', padding: 'OAEP_SHA256', ...pair })
    const all = [aes('one'), aes('two'), rsa]
    const {
      secret,
      edks,
      macKeys = [],
    } = await wrapDataKey(multiKeyring({ generator: all[0] as Keyring, children: all.slice(1) }), request)
    for (const [index, keyring] of all.entries()) {
      const opened = await unwrapDataKey(keyring, edks, 32, request)
      expect([hex(opened.secret), opened.edk]).toEqual([hex(secret), index])
      expect(hex(opened.macKey as SecretBytes)).toBe(hex(macKeys[index] as SecretBytes))
    }
  })

  it('shares one intermediate key where a recipient appends several', async () => {
    const { edks, macKeys = [] } = await wrapDataKey(open('a', 3).keyring, request)
    expect([edks.length, new Set(macKeys.map(hex)).size]).toEqual([3, 1])
    macKeys[0]?.dispose()
    expect(macKeys.map(({ disposed }) => disposed)).toEqual([true, false, false])
  })

  it('opens under the whole context alone, and for its own keys', async () => {
    const { edks } = await wrapDataKey(open('a').keyring, request)
    const other = contextFromEntries([['purpose', 'invoices']])
    await expect(
      unwrapDataKey(open('a').keyring, edks, 32, { ...request, context: other, aad: serialiseContext(other) }),
    ).rejects.toMatchObject({
      code: 'MESSAGE_INVALID',
    })
    for (let at = 0; at < 80; at += 1) {
      const [edk] = edks as [EncryptedDataKey]
      const ciphertext = Uint8Array.from(edk.ciphertext)
      ciphertext[at] = (ciphertext[at] as number) ^ 1
      const failure: unknown = await unwrapDataKey(open('a').keyring, [{ ...edk, ciphertext }], 32, request).catch(
        (error: unknown) => error,
      )
      // Letter for letter that of any forgery: what opened, and how, would tell of the padding of RSA.
      expect(failure).toMatchObject({ code: 'MESSAGE_INVALID' })
      expect(failure).not.toBeInstanceOf(UnwrapError)
    }
  })

  it('is found behind one whose intermediate key is another', async () => {
    const { keyring } = open('a')
    const { secret, edks } = await wrapDataKey(keyring, request)
    const foreign = (await wrapDataKey(keyring, { ...request, aad: new Uint8Array(4) })).edks
    const short = { ...(edks[0] as EncryptedDataKey), ciphertext: new Uint8Array(48) }
    const odd = { ...(edks[0] as EncryptedDataKey), ciphertext: new Uint8Array(60) }
    const opened = await unwrapDataKey(keyring, [short, odd, ...foreign, ...edks], 32, request)
    expect([hex(opened.secret), opened.edk]).toEqual([hex(secret), 3])
    await expect(unwrapDataKey(keyring, [short], 32, request)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('needs all of its recipients, and leaves no secret behind where one fails', async () => {
    const failure = new StrongroomError('KEY_TRANSIENT', 'away')
    const broken = open('b', 1, {
      wrap: async () => {
        throw failure
      },
    })
    const slow = open('c')
    const keyring = multiKeyring({ generator: open('a').keyring, children: [broken.keyring, slow.keyring] })
    await expect(wrapDataKey(keyring, request)).rejects.toBe(failure)
    expect(slow.seen.map(({ disposed }) => disposed)).toEqual([true])
    const generated: SecretBytes[] = []
    const wrong = open('a', 1, {
      generate: async () => {
        const secret = SecretBytes.random(16)
        generated.push(secret)
        return { secret, edks: [] }
      },
    })
    await expect(wrapDataKey(wrong.keyring, request)).rejects.toMatchObject({ code: 'MATERIALS_INVALID' })
    expect(generated.map(({ disposed }) => disposed)).toEqual([true])
    await expect(wrapDataKey(open('a', 0).keyring, request)).rejects.toMatchObject({ code: 'MATERIALS_INVALID' })
    await expect(wrapDataKey(multiKeyring({ children: [open('a').keyring] }), request)).rejects.toMatchObject({
      code: 'KEYRING_CANNOT_ENCRYPT',
    })
  })

  it('is never cached: the context of an item is its own', async () => {
    const { keyring, seen } = open('a')
    const materials = cachingMaterials({ materials: defaultMaterials(keyring), maxAgeMs: 60_000 })
    const made = [1, 2].map(async () => {
      const { edks, macKeys } = await materials.forEncrypt({ suite: itemSuiteById('6701'), context, plaintextLength: 1 })
      expect(macKeys).toHaveLength(1)
      return edks
    })
    await Promise.all(made)
    expect(seen).toHaveLength(2)
  })
})

describe('the suites of items', () => {
  it.each([
    ['6700', 0x6700, undefined],
    ['6701', 0x6701, 'P-384'],
  ] as const)('%s is what the specification says', (id, wireId, curve) => {
    const suite = itemSuiteById(id)
    expect(suite).toMatchObject({
      id,
      wireId,
      dataKeyLength: 32,
      kdfHash: 'sha512',
      commits: true,
      cipher: 'aes-256-gcm',
      wrapping: 'intermediate',
    })
    expect([suite.signature?.curve, suite.signature?.signatureLength]).toEqual(curve === undefined ? [undefined, undefined] : [curve, 103])
    expect(Object.isFrozen(suite)).toBe(true)
  })

  it.each(['0478', '6702', '__proto__', ''])('are not found by %j', (id) => {
    expect(() => itemSuiteById(id as '6700')).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', option: 'suite' }))
  })
})
