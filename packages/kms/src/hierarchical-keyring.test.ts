import { createHmac } from 'node:crypto'
import { createEncryptionClient, multiKeyring, SecretBytes, StrongroomError, serialiseContext, suiteById } from '@strongroom/core'
import { keyringContract } from '@strongroom/testing'
import { describe, expect, it } from 'vitest'
import { createBranchKeyCache } from './branch-key-cache.ts'
import type { BranchKeyStore } from './branch-keys/branch-key-store.ts'
import { staticKeyStore } from './branch-keys/static-key-store.ts'
import { hierarchicalKeyring } from './hierarchical-keyring.ts'
import { versionOf } from './hierarchical-wrap.ts'

const FIRST = '11111111-1111-4111-8111-111111111111'
const SECOND = '22222222-2222-4222-8222-222222222222'
const plaintext = new TextEncoder().encode('two pairs of boots')

const keyOf = (tenant: string): Uint8Array => createHmac('sha256', 'a key for tests').update(tenant).digest()

describe('the keyring contract on a hierarchical keyring over a static key store', () => {
  const make = () => {
    const branchKey = SecretBytes.random(32).use((bytes) => Uint8Array.from(bytes))
    return {
      keyring: hierarchicalKeyring({ keyStore: staticKeyStore([{ branchKeyId: 'mine', version: FIRST, branchKey }]), branchKeyId: 'mine' }),
      other: hierarchicalKeyring({
        keyStore: staticKeyStore([{ branchKeyId: 'theirs', version: FIRST, branchKey: SecretBytes.random(32) }]),
        branchKeyId: 'theirs',
      }),
      keyMaterial: [branchKey],
    }
  }
  for (const { name, run } of keyringContract(make)) it(name, run)
})

/** A store that fails with an error. */
function failing(error: Error): BranchKeyStore {
  const fail = () => Promise.reject(error)
  return { getActive: fail, getVersion: fail, getBeaconKey: fail }
}

describe('a hierarchical keyring', () => {
  const rotated = staticKeyStore([
    { branchKeyId: 'blue', version: FIRST, branchKey: keyOf('blue') },
    { branchKeyId: 'blue', version: SECOND, branchKey: keyOf('blue, later'), active: true },
    { branchKeyId: 'red', version: FIRST, branchKey: keyOf('red') },
  ])

  it('opens older messages after a rotation, and writes with the new version', async () => {
    const before = staticKeyStore([{ branchKeyId: 'blue', version: FIRST, branchKey: keyOf('blue') }])
    const old = createEncryptionClient({ keyring: hierarchicalKeyring({ keyStore: before, branchKeyId: 'blue' }) })
    const now = createEncryptionClient({ keyring: hierarchicalKeyring({ keyStore: rotated, branchKeyId: 'blue' }) })
    const { ciphertext } = await old.encrypt(plaintext)
    expect((await now.decrypt(ciphertext)).plaintext).toEqual(plaintext)
    const fresh = await now.encrypt(plaintext)
    expect((await now.decrypt(fresh.ciphertext)).plaintext).toEqual(plaintext)
    await expect(old.decrypt(fresh.ciphertext)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('names the version of the key in the encrypted data key', async () => {
    const keyring = hierarchicalKeyring({ keyStore: rotated, branchKeyId: 'blue' })
    const request = { suite: suiteById('0478'), context: {}, aad: serialiseContext({}) }
    const [recipient] = await keyring.recipients(request)
    const [edk] = (await recipient?.wrap(SecretBytes.random(32), request)) ?? []
    expect(edk?.providerId).toBe('aws-kms-hierarchy')
    expect(Buffer.from(edk?.providerInfo ?? []).toString()).toBe('blue')
    expect(edk?.ciphertext).toHaveLength(92)
    expect(versionOf(edk?.ciphertext ?? new Uint8Array(0))).toBe(SECOND)
  })

  it('chooses the branch key by the encryption context, and one tenant opens nothing of another', async () => {
    const client = createEncryptionClient({
      keyring: hierarchicalKeyring({ keyStore: rotated, branchKeyId: ({ tenant = '' }) => tenant }),
    })
    const { ciphertext } = await client.encrypt(plaintext, { encryptionContext: { tenant: 'red' } })
    expect((await client.decrypt(ciphertext, { encryptionContext: { tenant: 'red' } })).plaintext).toEqual(plaintext)
    const blue = createEncryptionClient({ keyring: hierarchicalKeyring({ keyStore: rotated, branchKeyId: 'blue' }) })
    await expect(blue.decrypt(ciphertext)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    const forged = Uint8Array.from(ciphertext)
    const at = Buffer.from(forged).indexOf('red')
    forged.set(new TextEncoder().encode('blu'), at)
    await expect(client.decrypt(forged)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('opens what the official JavaScript keyring sorted by locale, but for a strict one', async () => {
    const context = { Zeta: '1', alpha: '2' }
    const legacy = Buffer.concat([serialiseContext({ alpha: '2' }), serialiseContext({ Zeta: '1' }).subarray(2)])
    legacy[1] = 2
    const writer = hierarchicalKeyring({ keyStore: rotated, branchKeyId: 'red' })
    const request = { suite: suiteById('0478'), context, aad: legacy }
    const [recipient] = await writer.recipients(request)
    const edks = (await recipient?.wrap(SecretBytes.random(32), request)) ?? []
    const reading = { ...request, aad: serialiseContext(context) }
    expect(await writer.unwrap(edks, reading)).toMatchObject({ edk: 0, keyId: 'red' })
    const strict = hierarchicalKeyring({ keyStore: rotated, branchKeyId: 'red', legacyContextOrder: false })
    expect(await strict.unwrap(edks, reading)).toMatchObject({ attempts: [{ outcome: 'rejected' }] })
  })

  it.each([
    ['KEY_TRANSIENT', 'transient'],
    ['KEY_OPERATIONAL', 'operational'],
    ['KEY_SHREDDED', 'shredded'],
    ['BRANCH_KEY_NOT_FOUND', 'rejected'],
    ['SOMETHING_NEW', 'operational'],
  ])('reports a key store that fails with %s as %s', async (code, outcome) => {
    const { ciphertext } = await createEncryptionClient({
      keyring: hierarchicalKeyring({ keyStore: rotated, branchKeyId: 'red' }),
    }).encrypt(plaintext)
    const keyStore = failing(new StrongroomError(code, 'the store fails'))
    const client = createEncryptionClient({ keyring: hierarchicalKeyring({ keyStore, branchKeyId: 'red' }) })
    await expect(client.decrypt(ciphertext)).rejects.toMatchObject({ attempts: [{ edk: 0, keyId: 'red', outcome }] })
    await expect(client.encrypt(plaintext)).rejects.toMatchObject({ code })
  })

  it('writes nothing for a context without a branch key, and leaves such messages to other keyrings', async () => {
    const tenants = hierarchicalKeyring({ keyStore: rotated, branchKeyId: ({ tenant }) => tenant })
    const blue = hierarchicalKeyring({ keyStore: rotated, branchKeyId: 'blue' })
    await expect(createEncryptionClient({ keyring: tenants }).encrypt(plaintext)).rejects.toMatchObject({ code: 'CONTEXT_INVALID' })
    const { ciphertext } = await createEncryptionClient({ keyring: blue }).encrypt(plaintext)
    const both = createEncryptionClient({ keyring: multiKeyring({ children: [tenants, blue] }) })
    expect((await both.decrypt(ciphertext)).plaintext).toEqual(plaintext)
  })

  it('takes a supplier that fails for its owner’s failure, not for a forgery, and hides no other keyring', async () => {
    const broken = hierarchicalKeyring({
      keyStore: rotated,
      branchKeyId: () => {
        throw new Error('no tenants today')
      },
    })
    const blue = hierarchicalKeyring({ keyStore: rotated, branchKeyId: 'blue' })
    const { ciphertext } = await createEncryptionClient({ keyring: blue }).encrypt(plaintext)
    await expect(createEncryptionClient({ keyring: broken }).decrypt(ciphertext)).rejects.toMatchObject({ code: 'KEY_OPERATIONAL' })
    const both = createEncryptionClient({ keyring: multiKeyring({ children: [broken, blue] }) })
    expect((await both.decrypt(ciphertext)).plaintext).toEqual(plaintext)
  })

  it('refuses a supplier that answers something else, unknown options and missing ones', async () => {
    const keyring = hierarchicalKeyring({ keyStore: rotated, branchKeyId: () => '' })
    await expect(createEncryptionClient({ keyring }).encrypt(plaintext)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    const wrongs = [{ keyStore: rotated }, { branchKeyId: 'red' }, { keyStore: rotated, branchKeyId: '' }]
    for (const wrong of [...wrongs, { keyStore: rotated, branchKeyId: 'red', ttl: 1 }])
      expect(() => hierarchicalKeyring(wrong as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })

  it.each([
    ['cache.ttlMs', {}],
    ['cache.ttlMs', { ttlMs: 0 }],
    ['cache.graceMs', { ttlMs: 1, graceMs: -1 }],
    ['cache.refreshAhead', { ttlMs: 1, refreshAhead: 0.8 }],
    ['cache.maxEntries', { ttlMs: 1, maxEntries: 0 }],
    ['cache.maxEntries', { ttlMs: 1, maxEntries: 5, store: createBranchKeyCache() }],
    ['cache.store', { ttlMs: 1, store: { size: 0, clear: (): void => undefined } }],
    ['cache.partition', { ttlMs: 1, partition: 'p' }],
    ['cache.partition', { ttlMs: 1, partition: '', store: createBranchKeyCache() }],
    ['cache.graceMS', { ttlMs: 1, graceMS: 1 }],
  ])('refuses a cache with a wrong %s', (option, cache) => {
    expect(() => hierarchicalKeyring({ keyStore: rotated, branchKeyId: 'red', cache: cache as never })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', option }),
    )
  })
})

it('refuses wrong options of a shared cache', () => {
  for (const wrong of [{ maxEntries: 0 }, { now: 1 }, { ttlMs: 1 }])
    expect(() => createBranchKeyCache(wrong as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
})
