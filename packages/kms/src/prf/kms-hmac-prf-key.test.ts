import { createHmac, hkdfSync } from 'node:crypto'
import { DisableKeyCommand, GenerateMacCommand, KMSClient } from '@aws-sdk/client-kms'
import type { PrfKey } from '@strongroom/core'
import { type EmbeddedKms, startEmbeddedKms, testClock } from '@strongroom/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cannedClient } from '../../test/canned-client.ts'
import { type KmsHmacPrfKeyOptions, kmsHmacPrfKey } from './kms-hmac-prf-key.ts'

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const label = new TextEncoder().encode('orders/partition/1')
const PREFIX = 'strongroom/prf/1'

let kms: EmbeddedKms
let client: KMSClient
beforeAll(async () => {
  kms = await startEmbeddedKms()
  client = new KMSClient({ ...kms.clientConfig, maxAttempts: 1 })
})
beforeEach(() => kms.calls.reset())
afterEach(() => kms.faults.clear())
afterAll(async () => {
  client.destroy()
  await kms.close()
})

const newKey = (options: Partial<KmsHmacPrfKeyOptions> = {}) =>
  kmsHmacPrfKey({ keyId: kms.createKey(undefined, { spec: options.spec ?? 'HMAC_256' }), client, ...options })

async function hex(key: PrfKey, of: Uint8Array = label, length = 32): Promise<string> {
  using secret = await key.prf(of, length)
  return secret.use((bytes) => Buffer.from(bytes).toString('hex'))
}

const calls = () => kms.calls.count('GenerateMac')

describe('an HMAC key in KMS as a PRF', () => {
  it.each([224, 256, 384, 512] as const)('makes what its formula says, under a key of %i bits', async (bits) => {
    const spec = `HMAC_${bits}` as const
    const keyId = kms.createKey(undefined, { spec })
    const Message = Buffer.concat([Buffer.from(PREFIX), Buffer.of(0), label])
    const { Mac } = await client.send(new GenerateMacCommand({ KeyId: keyId, MacAlgorithm: `HMAC_SHA_${bits}`, Message }))
    for (const length of [1, 32, 64, 1024]) {
      const expected = Buffer.from(hkdfSync('sha512', Mac ?? '', '', PREFIX, length)).toString('hex')
      expect(await hex(kmsHmacPrfKey({ keyId, spec, client }), label, length)).toBe(expected)
    }
  })

  it('makes what any implementation of HMAC and HKDF makes', async () => {
    // HKDF by its definition, on a MAC that the network answers.
    const mac = Buffer.alloc(32, 7)
    const key = kmsHmacPrfKey({ keyId: ARN, client: cannedClient({ json: { KeyId: ARN, Mac: mac.toString('base64') } }).client })
    const extracted = createHmac('sha512', Buffer.alloc(64)).update(mac).digest()
    const first = createHmac('sha512', extracted).update(PREFIX).update(Buffer.of(1)).digest()
    const second = createHmac('sha512', extracted).update(first).update(PREFIX).update(Buffer.of(2)).digest()
    expect(await hex(key, label, 100)).toBe(Buffer.concat([first, second]).subarray(0, 100).toString('hex'))
  })

  it('is the same for the same label and key, in every Region, and different for others', async () => {
    const keyId = kms.createKey(undefined, { spec: 'HMAC_256', multiRegion: true })
    const west = new KMSClient({ ...kms.clientConfig, region: 'eu-west-1' })
    const secret = await hex(kmsHmacPrfKey({ keyId, client }))
    expect(await hex(kmsHmacPrfKey({ keyId: kms.replicateKey(keyId, 'eu-west-1'), client: west }))).toBe(secret)
    const others = [await hex(newKey()), await hex(kmsHmacPrfKey({ keyId, client }), Uint8Array.of(...label, 0))]
    expect(new Set([secret, ...others]).size).toBe(3)
    west.destroy()
  })

  it('asks KMS once for a label, whatever the length, and again when that is too old', async () => {
    const clock = testClock()
    const key = newKey({ cache: { maxAgeMs: 1000 }, now: clock })
    const secret = await hex(key)
    expect(await hex(key, label, 8)).toBe(secret.slice(0, 16))
    clock.advance(999)
    await hex(key)
    expect(calls()).toBe(1)
    clock.advance(1)
    expect(await hex(key)).toBe(secret)
    expect(calls()).toBe(2)
    clock.advance(-5000)
    await hex(key)
    expect(calls()).toBe(3)
  })

  it('keeps the labels that were used last', async () => {
    const key = newKey({ cache: { maxLabels: 2 } })
    const [a, b, c] = ['a', 'b', 'c'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer]
    for (const each of [a, b, a, c, a]) await hex(key, each)
    expect(calls()).toBe(3)
    await hex(key, b)
    expect(calls()).toBe(4)
  })

  it('asks each time without a cache', async () => {
    const key = newKey({ cache: false })
    expect(await hex(key)).toBe(await hex(key))
    expect(calls()).toBe(2)
  })

  it.each([[{}], [false]] as const)('makes one call for many that ask together, with the cache %j', async (cache) => {
    const key = newKey({ cache })
    expect(new Set(await Promise.all(Array.from({ length: 20 }, () => hex(key)))).size).toBe(1)
    expect(calls()).toBe(1)
  })

  it('lets one caller leave without failing the others', async () => {
    const key = newKey()
    const outage = kms.faults.outage('silent')
    const controller = new AbortController()
    const reason = new Error('gave up')
    const leaving = key.prf(label, 32, { signal: controller.signal })
    const staying = key.prf(label, 32)
    controller.abort(reason)
    await expect(leaving).rejects.toBe(reason)
    outage.release()
    expect((await staying).length).toBe(32)
    expect(calls()).toBe(1)
    await expect(key.prf(label, 32, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('calls anew after everybody has left', async () => {
    const key = newKey()
    const outage = kms.faults.outage('silent')
    const controller = new AbortController()
    const leaving = key.prf(label, 32, { signal: controller.signal })
    controller.abort(new Error('gave up'))
    const staying = key.prf(label, 32)
    await expect(leaving).rejects.toThrow('gave up')
    outage.release()
    expect((await staying).length).toBe(32)
  })

  it('keeps no failure', async () => {
    const key = newKey()
    const fault = kms.faults.fail({ name: 'AccessDeniedException' })
    await expect(key.prf(label, 32)).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', kmsCode: 'AccessDeniedException' })
    fault[Symbol.dispose]()
    expect((await key.prf(label, 32)).length).toBe(32)
    using _fault = kms.faults.throttle()
    await expect(key.prf(Buffer.from('another'), 32)).rejects.toMatchObject({ code: 'KEY_TRANSIENT' })
  })

  it('uses a label as it was when it was given', async () => {
    const key = newKey()
    const mutable = Uint8Array.from(label)
    const pending = key.prf(mutable, 32)
    mutable.fill(0)
    using secret = await pending
    expect(secret.use((bytes) => Buffer.from(bytes).toString('hex'))).toBe(await hex(key))
  })

  it('gives each caller a secret of its own', async () => {
    const key = newKey()
    const first = await key.prf(label, 32)
    const second = await key.prf(label, 32)
    first.dispose()
    expect(second.use((bytes) => bytes.some((byte) => byte !== 0))).toBe(true)
  })

  it.each([
    ['another key', { KeyId: ARN.replace('1234abcd', 'ffffffff') }],
    ['another size', { Mac: Buffer.alloc(31, 7).toString('base64') }],
    ['nothing', { Mac: undefined }],
  ])('uses no answer of %s', async (_what, members) => {
    const json = { KeyId: ARN, Mac: Buffer.alloc(32, 7).toString('base64'), ...members }
    const key = kmsHmacPrfKey({ keyId: ARN, client: cannedClient({ json }).client })
    await expect(key.prf(label, 32)).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', keyId: ARN })
  })

  it('says what is wrong with a key that makes no such MACs', async () => {
    const wrongSize = kmsHmacPrfKey({ keyId: kms.createKey(undefined, { spec: 'HMAC_512' }), client })
    await expect(wrongSize.prf(label, 32)).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', kmsCode: 'InvalidKeyUsageException' })
    const disabled = kms.createKey(undefined, { spec: 'HMAC_256' })
    await client.send(new DisableKeyCommand({ KeyId: disabled }))
    const key = kmsHmacPrfKey({ keyId: disabled, client })
    await expect(key.prf(label, 32)).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', kmsCode: 'DisabledException' })
  })

  it.each([
    [new Uint8Array(0), 32],
    [new Uint8Array(1025), 32],
    ['label' as never, 32],
    [label, 0],
    [label, 1025],
    [label, 1.5],
  ])('refuses labels and lengths that it does not serve', async (wrongLabel, length) => {
    await expect(newKey().prf(wrongLabel, length)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  it.each([
    ['an alias', { keyId: ARN.replace('key/', 'alias/') }],
    ['a spec that is none', { keyId: ARN, spec: 'HMAC_128' }],
    ['a cache that keeps nothing', { keyId: ARN, cache: { maxLabels: 0 } }],
    ['a misspelt limit', { keyId: ARN, cache: { maxEntries: 1 } }],
    ['an unknown option', { keyId: ARN, ttlMs: 1 }],
  ])('does not take %s', (_what, options) => {
    expect(() => kmsHmacPrfKey(options as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})
