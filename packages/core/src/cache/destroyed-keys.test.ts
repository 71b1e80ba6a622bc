import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it, vi } from 'vitest'
import { cachingMaterials } from '../caching-materials.ts'
import type { EncryptedDataKey, Keyring } from '../keyring.ts'
import { rawAesKeyring } from '../keyrings/raw-aes-keyring.ts'
import type { EncryptMaterials } from '../materials.ts'
import { SecretBytes } from '../secret-bytes.ts'
import { suiteById } from '../suite.ts'
import { announceDestroyedKey, type DestroyedKey, type KeyCache, watchDestroyedKeys } from './destroyed-keys.ts'
import { createMaterialsCache } from './materials-cache.ts'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)
const keyNamed = (name: string): DestroyedKey => ({ providerId: 'p', providerInfo: bytes(name) })

describe('an announcement', () => {
  it('reaches every cache with a copy of its own, whatever another does', () => {
    const heard: string[] = []
    const listening: KeyCache[] = [
      {
        keyDestroyed() {
          throw new Error('defect')
        },
      },
      { keyDestroyed: ({ providerInfo }) => void providerInfo.fill(0) },
      { keyDestroyed: ({ providerId, providerInfo }) => void heard.push(`${providerId} ${text(providerInfo)}`) },
    ]
    for (const cache of listening) watchDestroyedKeys(cache)
    announceDestroyedKey(keyNamed('gone'))
    expect(heard).toEqual(['p gone'])
    expect(listening).toHaveLength(3)
  })

  it('reaches the caches of another copy of the module', async () => {
    const heard: string[] = []
    const cache: KeyCache = { keyDestroyed: ({ providerInfo }) => void heard.push(text(providerInfo)) }
    watchDestroyedKeys(cache)
    vi.resetModules()
    const other = await import('./destroyed-keys.ts')
    expect(other.announceDestroyedKey).not.toBe(announceDestroyedKey)
    other.announceDestroyedKey(keyNamed('gone'))
    expect(heard).toEqual(['gone'])
    expect(cache).toBeDefined()
  })
})

describe('cached materials', () => {
  const suite = suiteById('0478')
  const secrets: SecretBytes[] = []

  /** A manager whose answers name the given key, as soon as `gate` opens. */
  function manager(name: string, gate: Promise<void> = Promise.resolve()) {
    const store = createMaterialsCache()
    const edks: readonly EncryptedDataKey[] = [{ ...keyNamed(name), ciphertext: bytes('sealed') }]
    let calls = 0
    const answer = async () => {
      calls += 1
      await gate
      const dataKey = SecretBytes.random(32)
      secrets.push(dataKey)
      return { suite, context: {}, requiredKeys: [], dataKey }
    }
    const materials = cachingMaterials({
      materials: {
        forEncrypt: async () => ({ ...(await answer()), edks }),
        forDecrypt: async () => ({ ...(await answer()), openedBy: { keyId: name } }),
      },
      maxAgeMs: 60_000,
      store,
    })
    return {
      store,
      calls: () => calls,
      encrypt: async () => materials.forEncrypt({ suite, context: {}, plaintextLength: 1 }),
      decrypt: async () => materials.forDecrypt({ suite, context: {}, edks }),
    }
  }

  it('of a destroyed key are wiped, both to encrypt and to decrypt with, and others are kept', async () => {
    const gone = manager('gone')
    const kept = manager('kept')
    for (const each of [gone, kept]) for (const made of [await each.encrypt(), await each.decrypt()]) made.dataKey.dispose()
    announceDestroyedKey(keyNamed('gone'))
    expect([gone.store.size, kept.store.size]).toEqual([0, 2])
    expect(secrets.splice(0).map(({ disposed }) => disposed)).toEqual([true, true, false, false])
    await gone.encrypt()
    expect([gone.calls(), kept.calls()]).toEqual([3, 2])
  })

  it('of another provider with a key of the same name are kept', async () => {
    const { store, encrypt } = manager('gone')
    await encrypt()
    announceDestroyedKey({ providerId: 'q', providerInfo: bytes('gone') })
    expect(store.size).toBe(1)
  })

  it('do not come back from calls that were under way', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const gone = manager('gone', promise)
    const kept = manager('kept', promise)
    const waiting: Promise<Pick<EncryptMaterials, 'dataKey'>>[] = [gone, kept].flatMap(({ encrypt, decrypt }) => [encrypt(), decrypt()])
    announceDestroyedKey(keyNamed('gone'))
    resolve()
    for (const { dataKey } of await Promise.all(waiting)) {
      expect(dataKey.disposed).toBe(false)
      dataKey.dispose()
    }
    expect([gone.store.size, kept.store.size]).toEqual([0, 2])
  })

  it('of a call that was under way while very many keys were destroyed do not stay', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { store, encrypt } = manager('kept', promise)
    const waiting = encrypt()
    for (let index = 0; index < 65; index += 1) announceDestroyedKey(keyNamed(`other ${index}`))
    expect(store.size).toBe(0)
    resolve()
    expect((await waiting).dataKey.disposed).toBe(false)
  })

  it('are known by the key that stood in the message, though the message’s bytes changed later', async () => {
    const keyring: Keyring = rawAesKeyring({ namespace: 'p', name: 'k', key: new Uint8Array(32) })
    const store = createMaterialsCache()
    const materials = cachingMaterials({ keyring, maxAgeMs: 60_000, store })
    const { edks } = await materials.forEncrypt({ suite, context: {} })
    const [edk] = edks as [EncryptedDataKey]
    const info = Uint8Array.from(edk.providerInfo)
    await materials.forDecrypt({ suite, context: {}, edks: [edk] })
    edk.providerInfo.fill(0)
    announceDestroyedKey({ providerId: 'p', providerInfo: info })
    expect(store.size).toBe(0)
  })
})

describe('the list of caches', () => {
  it('stands where nothing replaces it by accident', () => {
    watchDestroyedKeys({ keyDestroyed: () => undefined })
    const descriptor = Object.getOwnPropertyDescriptor(globalThis, Symbol.for('@strongroom/key-caches'))
    expect(descriptor).toMatchObject({ writable: false, configurable: false, enumerable: false })
  })

  it('is not looked for in something else that stands there', async () => {
    const module = new URL('./destroyed-keys.ts', import.meta.url).href
    // A thread has globals of its own.
    const program = `
      const { parentPort } = require('node:worker_threads')
      globalThis[Symbol.for('@strongroom/key-caches')] = { caches: [] }
      import(${JSON.stringify(module)})
        .then(({ announceDestroyedKey }) => announceDestroyedKey({ providerId: 'p', providerInfo: new Uint8Array(1) }))
        .then(() => parentPort.postMessage('announced'), ({ code }) => parentPort.postMessage(code))`
    const worker = new Worker(program, { eval: true, execArgv: [] })
    expect(await once(worker, 'message')).toEqual(['RUNTIME_UNSUPPORTED'])
    await worker.terminate()
  })
})
