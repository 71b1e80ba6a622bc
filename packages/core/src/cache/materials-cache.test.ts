import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SecretBytes } from '../secret-bytes.ts'
import { CacheEntry } from './cache-entry.ts'
import { EntryStore } from './materials-cache.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

/** Puts a ready entry into a cache as the caching manager does, and answers its secret. */
async function put(cache: EntryStore, id: string, maxAgeMs = 1000): Promise<SecretBytes> {
  const secret = SecretBytes.random(32)
  const entry: CacheEntry<{ dataKey: SecretBytes }> = new CacheEntry(
    { maxAgeMs, maxMessages: 10, maxBytes: 10 },
    cache.now,
    async () => ({ dataKey: secret }),
    () => cache.scheduleSweep(entry.expiresAt),
    () => cache.remove(id, entry),
  )
  cache.put(id, entry)
  await entry.lease(undefined)
  return secret
}

describe('the bound', () => {
  it('drops the least recently used entry and wipes it', async () => {
    const cache = new EntryStore({ maxEntries: 2 })
    const [a, b] = [await put(cache, 'a'), await put(cache, 'b')]
    cache.get('a')
    await put(cache, 'c')
    expect([cache.get('a') !== undefined, cache.get('b'), cache.get('c') !== undefined]).toEqual([true, undefined, true])
    expect([a.disposed, b.disposed]).toEqual([false, true])
    expect(cache.size).toBe(2)
  })

  it('may be one', async () => {
    const cache = new EntryStore({ maxEntries: 1 })
    const first = await put(cache, 'a')
    const second = await put(cache, 'b')
    expect([first.disposed, second.disposed, cache.size]).toEqual([true, false, 1])
  })
})

it('wipes the entry whose place another takes', async () => {
  const cache = new EntryStore()
  const first = await put(cache, 'a')
  const second = await put(cache, 'a')
  expect([first.disposed, second.disposed, cache.size]).toEqual([true, false, 1])
})

it('does not let a late failure remove the entry that took its place', async () => {
  const cache = new EntryStore()
  const { promise, reject } = Promise.withResolvers<{ dataKey: SecretBytes }>()
  const failing: CacheEntry<{ dataKey: SecretBytes }> = new CacheEntry(
    { maxAgeMs: 1000, maxMessages: 10, maxBytes: 10 },
    cache.now,
    () => promise,
    () => undefined,
    () => cache.remove('a', failing),
  )
  cache.put('a', failing)
  const replacement = await put(cache, 'a')
  reject(new Error('down'))
  await vi.advanceTimersByTimeAsync(0)
  expect([cache.size, replacement.disposed]).toEqual([1, false])
})

it('clear() wipes everything, and the cache goes on', async () => {
  const cache = new EntryStore()
  const secrets = [await put(cache, 'a'), await put(cache, 'b')]
  cache.clear()
  expect(cache.size).toBe(0)
  expect(secrets.map((secret) => secret.disposed)).toEqual([true, true])
  expect(vi.getTimerCount()).toBe(0)
  const again = await put(cache, 'a')
  await vi.advanceTimersByTimeAsync(1000)
  expect(again.disposed).toBe(true)
})

describe('the sweep', () => {
  it('wipes what has expired though nobody asks for it, each at its time', async () => {
    const cache = new EntryStore()
    const early = await put(cache, 'early', 1000)
    const late = await put(cache, 'late', 3000)
    await vi.advanceTimersByTimeAsync(999)
    expect([early.disposed, late.disposed]).toEqual([false, false])
    await vi.advanceTimersByTimeAsync(1)
    expect([early.disposed, late.disposed, cache.size]).toEqual([true, false, 1])
    await vi.advanceTimersByTimeAsync(2000)
    expect([late.disposed, cache.size]).toEqual([true, 0])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('comes in time for an entry that expires before those that were there', async () => {
    const cache = new EntryStore()
    await put(cache, 'hour', 3_600_000)
    const second = await put(cache, 'second', 1000)
    await vi.advanceTimersByTimeAsync(1000)
    expect(second.disposed).toBe(true)
  })

  it('reaches ages beyond the longest timer', async () => {
    const cache = new EntryStore()
    const age = 2 ** 31 + 1000
    const secret = await put(cache, 'a', age)
    await vi.advanceTimersByTimeAsync(age - 1)
    expect(secret.disposed).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(secret.disposed).toBe(true)
  })

  it('wipes entries from the future, the clock having gone back', async () => {
    let ms = 10_000
    const cache = new EntryStore({ now: () => ms })
    const secret = await put(cache, 'a', 1000)
    ms = 5000
    await vi.advanceTimersByTimeAsync(1000)
    expect(secret.disposed).toBe(true)
  })

  it('does not keep the process alive', async () => {
    vi.useRealTimers()
    const unrefs: boolean[] = []
    const original = globalThis.setTimeout
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((...args: Parameters<typeof setTimeout>) => {
      const timer = original(...args)
      const unref = timer.unref.bind(timer)
      timer.unref = () => {
        unrefs.push(true)
        return unref()
      }
      return timer
    }) as typeof setTimeout)
    try {
      const cache = new EntryStore()
      await put(cache, 'a', 60_000)
      expect(unrefs).toEqual([true])
      cache.clear()
    } finally {
      vi.restoreAllMocks()
    }
  })
})
