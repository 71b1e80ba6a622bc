import { createEncryptionClient, createMaterialsCache } from '@strongroom/core'
import { describe, expect, it, vi } from 'vitest'
import { FakeKeyStore } from '../test/fake-key-store.ts'
import { hierarchicalKeyring } from './hierarchical-keyring.ts'
import { announceShredded } from './shredded-keys.ts'

const plaintext = new TextEncoder().encode('two pairs of boots')

function setup() {
  const source = new FakeKeyStore('blue', 'red')
  const store = createMaterialsCache()
  const clientOf = (branchKeyId: string) =>
    createEncryptionClient({
      keyring: hierarchicalKeyring({ keyStore: source, branchKeyId, cache: { ttlMs: 60_000, graceMs: 60_000 } }),
      suite: '0478',
      cache: { maxAgeMs: 60_000, store },
    })
  return { source, store, blue: clientOf('blue'), red: clientOf('red') }
}

describe('a branch key that was announced as shredded', () => {
  it('opens nothing more in this process, neither by its own cache nor by that of data keys', async () => {
    const { source, store, blue, red } = setup()
    const [mine, other] = [(await blue.encrypt(plaintext)).ciphertext, (await red.encrypt(plaintext)).ciphertext]
    await Promise.all([blue.decrypt(mine), red.decrypt(other)])
    expect(store.size).toBe(4)
    source.shred('blue')
    expect((await blue.decrypt(mine)).plaintext).toEqual(plaintext)
    announceShredded('blue')
    expect(store.size).toBe(2)
    await expect(blue.decrypt(mine)).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
    await expect(blue.encrypt(plaintext)).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
    expect((await red.decrypt(other)).plaintext).toEqual(plaintext)
  })

  it('is so for all caches of the process as soon as one keyring meets it', async () => {
    const { source, store, blue } = setup()
    const { ciphertext } = await blue.encrypt(plaintext)
    source.shred('blue')
    const another = createEncryptionClient({ keyring: hierarchicalKeyring({ keyStore: source, branchKeyId: 'blue', cache: { ttlMs: 1 } }) })
    await expect(another.decrypt(ciphertext)).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
    expect(store.size).toBe(0)
    await expect(blue.decrypt(ciphertext)).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
  })

  it('is so for the caches of another copy of the package', async () => {
    const { source, store, blue } = setup()
    const { ciphertext } = await blue.encrypt(plaintext)
    source.shred('blue')
    vi.resetModules()
    const other = await import('./shredded-keys.ts')
    expect(other.announceShredded).not.toBe(announceShredded)
    other.announceShredded('blue')
    expect(store.size).toBe(0)
    await expect(blue.decrypt(ciphertext)).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
  })
})
