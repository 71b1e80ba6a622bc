import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { FakeKeyStore } from '../../test/fake-key-store.ts'
import { staticKeyStore } from '../branch-keys/static-key-store.ts'
import { beaconPrfKey } from './beacon-prf-key.ts'

const label = new TextEncoder().encode('orders/pseudonym/1')
const beaconKey = Uint8Array.from({ length: 32 }, (_, index) => index)
const keyStore = staticKeyStore([
  { branchKeyId: 'blue', version: 'aaaaaaaa-1111-4111-8111-111111111111', branchKey: new Uint8Array(32).fill(1), beaconKey },
])

describe('a beacon key as a PRF', () => {
  it('is HKDF-SHA512 without salt, as the Database Encryption SDK derives the keys of its beacons', async () => {
    const info = Buffer.from('AWS_DBE_SCAN_BEACONssn')
    // HKDF by its definition: one block is 64 bytes.
    const extracted = createHmac('sha512', Buffer.alloc(64)).update(beaconKey).digest()
    const expected = createHmac('sha512', extracted).update(info).update(Buffer.of(1)).digest('hex')
    using secret = await beaconPrfKey({ keyStore, branchKeyId: 'blue' }).prf(info, 64)
    expect(secret.use((bytes) => Buffer.from(bytes).toString('hex'))).toBe(expected)
  })

  it('asks the key store each time, or once with a cache', async () => {
    const store = new FakeKeyStore('blue')
    const uncached = beaconPrfKey({ keyStore: store, branchKeyId: 'blue' })
    const [first, second] = [await uncached.prf(label, 32), await uncached.prf(label, 32)]
    expect(first.equals(second)).toBe(true)
    expect(store.calls).toEqual(['beacon blue', 'beacon blue'])
    const cached = beaconPrfKey({ keyStore: store, branchKeyId: 'blue', cache: { ttlMs: 60_000 } })
    const all = await Promise.all([1, 2, 3].map(() => cached.prf(label, 32)))
    for (const secret of all) expect(secret.equals(first)).toBe(true)
    expect(store.calls).toHaveLength(3)
    store.rotate('blue')
    expect((await cached.prf(label, 32)).equals(first)).toBe(true)
  })

  it('wipes the key that the store gave out, also where the call is given up', async () => {
    const store = new FakeKeyStore('blue')
    const key = beaconPrfKey({ keyStore: store, branchKeyId: 'blue' })
    await key.prf(label, 32)
    const release = store.hold()
    const controller = new AbortController()
    const reason = new Error('gave up')
    const pending = key.prf(label, 32, { signal: controller.signal })
    controller.abort(reason)
    await expect(pending).rejects.toBe(reason)
    release()
    expect(store.secrets[0]?.disposed).toBe(true)
  })

  it('says what the key store says', async () => {
    const store = new FakeKeyStore('blue')
    await expect(beaconPrfKey({ keyStore: store, branchKeyId: 'red' }).prf(label, 32)).rejects.toMatchObject({
      code: 'BRANCH_KEY_NOT_FOUND',
    })
    const key = beaconPrfKey({ keyStore: store, branchKeyId: 'blue', cache: { ttlMs: 60_000 } })
    store.shred('blue')
    await expect(key.prf(label, 32)).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
  })

  it('uses a label as it was when it was given, and refuses what is none', async () => {
    const key = beaconPrfKey({ keyStore, branchKeyId: 'blue' })
    const mutable = Uint8Array.from(label)
    const pending = key.prf(mutable, 32)
    mutable.fill(0)
    expect((await pending).equals(await key.prf(label, 32))).toBe(true)
    await expect(key.prf(new Uint8Array(0), 32)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    await expect(key.prf(label, 2000)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  it.each([
    ['no branch key', { keyStore }],
    ['a cache without a limit', { keyStore, branchKeyId: 'blue', cache: {} }],
    ['what is no key store', { keyStore: {}, branchKeyId: 'blue' }],
    ['an unknown option', { keyStore, branchKeyId: 'blue', ttlMs: 1 }],
  ])('does not take %s', (_what, options) => {
    expect(() => beaconPrfKey(options as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})
