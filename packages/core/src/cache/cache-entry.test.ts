import { describe, expect, it } from 'vitest'
import { SecretBytes } from '../secret-bytes.ts'
import { CacheEntry, type UseLimits } from './cache-entry.ts'

interface Value {
  readonly dataKey: SecretBytes
}

const limits: UseLimits = { maxAgeMs: 1000, maxMessages: 3, maxBytes: 100 }

function setup(bounds: UseLimits = limits): {
  entry: CacheEntry<Value>
  secret: SecretBytes
  clock: { ms: number }
  told: string[]
  resolve: () => void
  reject: (reason: unknown) => void
} {
  const secret = SecretBytes.random(32)
  const { promise, resolve, reject } = Promise.withResolvers<Value>()
  const clock = { ms: 5000 }
  const told: string[] = []
  const entry = new CacheEntry<Value>(
    bounds,
    () => clock.ms,
    () => promise,
    () => told.push('ready'),
    () => told.push('failed'),
  )
  return { entry, secret, clock, told, resolve: () => resolve({ dataKey: secret }), reject }
}

const settled = (): Promise<void> => new Promise((done) => setImmediate(done))

describe('limits', () => {
  it('end an entry at its last message, pending or ready', async () => {
    const { entry, resolve } = setup()
    expect([entry.reserve(1), entry.reserve(1)]).toEqual([true, true])
    resolve()
    await settled()
    expect([entry.reserve(1), entry.reserve(1)]).toEqual([true, false])
  })

  it('end an entry at its last byte, and not before', () => {
    const { entry } = setup()
    expect([entry.reserve(60), entry.reserve(41), entry.reserve(40), entry.reserve(1)]).toEqual([true, false, true, false])
  })

  it('do not book what they refuse', () => {
    const { entry } = setup()
    for (let attempt = 0; attempt < 10; attempt += 1) entry.reserve(101)
    expect([entry.reserve(50), entry.reserve(50)]).toEqual([true, true])
  })

  it('let a ready entry age from when it came', async () => {
    const { entry, clock, resolve } = setup()
    clock.ms += 60_000
    resolve()
    await settled()
    expect(entry.expiresAt).toBe(clock.ms + 1000)
    clock.ms += 999
    expect(entry.reserve(1)).toBe(true)
    clock.ms += 1
    expect(entry.reserve(1)).toBe(false)
  })

  it('count an entry as expired when the clock went backwards', async () => {
    const { entry, clock, resolve } = setup()
    resolve()
    await settled()
    clock.ms -= 1
    expect(entry.reserve(1)).toBe(false)
  })
})

describe('handles', () => {
  it('are of their receivers: one disposes its own and the next still works', async () => {
    const { entry, secret, resolve } = setup()
    resolve()
    await settled()
    const first = await entry.lease(undefined)
    first.dataKey.dispose()
    const second = await entry.lease(undefined)
    expect(second.dataKey.equals(secret)).toBe(true)
  })

  it('come at once when the entry is ready', async () => {
    const { entry, resolve } = setup()
    expect(entry.ready).toBe(false)
    expect(entry.lease(undefined)).toBeInstanceOf(Promise)
    resolve()
    await settled()
    expect(entry.ready).toBe(true)
    expect(entry.lease(undefined)).not.toBeInstanceOf(Promise)
  })
})

describe('the data key', () => {
  it('survives an eviction until its last user is done, and then is overwritten', async () => {
    const { entry, secret, resolve } = setup()
    const bytes = secret.use((live) => live)
    resolve()
    await settled()
    const [one, two] = [await entry.lease(undefined), await entry.lease(undefined)]
    entry.evict()
    expect(secret.disposed).toBe(true)
    one.dataKey.dispose()
    expect(bytes.some((byte) => byte !== 0)).toBe(true)
    two.dataKey.dispose()
    expect(bytes.every((byte) => byte === 0)).toBe(true)
  })

  it('reaches those who waited through an eviction', async () => {
    const { entry, secret, resolve } = setup()
    const waiting = [entry.lease(undefined), entry.lease(undefined)]
    entry.evict()
    const bytes = secret.use((live) => live)
    resolve()
    const leased = await Promise.all(waiting)
    await settled()
    expect(secret.disposed).toBe(true)
    for (const { dataKey } of leased) {
      expect(dataKey.use((live) => live.some((byte) => byte !== 0))).toBe(true)
      dataKey.dispose()
    }
    expect(bytes.every((byte) => byte === 0)).toBe(true)
  })

  it('that comes when everybody has left an evicted entry is overwritten at once', async () => {
    const { entry, secret, resolve } = setup()
    const leaver = new AbortController()
    const left = entry.lease(leaver.signal)
    leaver.abort('gone')
    await expect(left).rejects.toBe('gone')
    entry.evict()
    resolve()
    await settled()
    expect(secret.disposed).toBe(true)
  })
})

it('does not serve newcomers from a call that was given up', async () => {
  const { entry } = setup()
  const leaver = new AbortController()
  const left = entry.lease(leaver.signal)
  expect(entry.reserve(1)).toBe(true)
  leaver.abort('gone')
  await expect(left).rejects.toBe('gone')
  expect(entry.reserve(1)).toBe(false)
})

it('tells when it is ready, and when it failed', async () => {
  const good = setup()
  good.resolve()
  await settled()
  expect(good.told).toEqual(['ready'])
  const bad = setup()
  bad.reject(new Error('down'))
  await settled()
  expect(bad.told).toEqual(['failed'])
})
