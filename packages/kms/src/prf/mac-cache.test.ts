import { SecretBytes } from '@strongroom/core'
import { testClock } from '@strongroom/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MacCache } from './mac-cache.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a cache of MACs', () => {
  it('wipes what is too old when nobody asks for it again', () => {
    const cache = new MacCache(10, 1000, Date.now)
    const [a, b] = [SecretBytes.random(32), SecretBytes.random(32)]
    const wiped = (secret: SecretBytes): boolean => secret.use((bytes) => bytes.every((byte) => byte === 0))
    // A handle that outlives the cache's shows what becomes of the bytes only when it is the last one.
    const views = [a, b].map((secret) => secret.use((bytes) => bytes))
    cache.put('a', a, Date.now())
    vi.advanceTimersByTime(600)
    cache.put('b', b, Date.now())
    expect([wiped(a), wiped(b)]).toEqual([false, false])
    a.dispose()
    b.dispose()
    vi.advanceTimersByTime(400)
    expect(views.map((bytes) => bytes.every((byte) => byte === 0))).toEqual([true, false])
    vi.advanceTimersByTime(600)
    expect(views.map((bytes) => bytes.every((byte) => byte === 0))).toEqual([true, true])
  })

  it('wipes what it drops for another, and what is replaced', () => {
    const clock = testClock()
    const cache = new MacCache(1, 1000, clock)
    const secrets = [SecretBytes.random(32), SecretBytes.random(32), SecretBytes.random(32)]
    const views = secrets.map((secret) => secret.use((bytes) => bytes))
    for (const [index, secret] of secrets.entries()) {
      cache.put(index === 2 ? 'b' : (['a', 'b'][index] ?? ''), secret, clock())
      secret.dispose()
    }
    expect(views.map((bytes) => bytes.every((byte) => byte === 0))).toEqual([true, true, false])
    expect(cache.get('a')).toBeUndefined()
    expect(cache.get('b')?.length).toBe(32)
  })
})
