import { type ObserverEvent, StrongroomError } from '@strongroom/core'
import { announceDestroyedKey } from '@strongroom/core/keyring-tools'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeKeyStore } from '../test/fake-key-store.ts'
import { type BranchKeyCaching, createBranchKeyCache } from './branch-key-cache.ts'
import type { BranchKey, BranchKeyStore } from './branch-keys/branch-key-store.ts'
import { cachedKeyStore } from './hierarchical-cached-store.ts'
import { announceShredded } from './shredded-keys.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const TTL = 10_000
const transient = new StrongroomError('KEY_TRANSIENT', 'down')
const denied = new StrongroomError('KEY_OPERATIONAL', 'denied')
const [FIRST, SECOND] = [FakeKeyStore.version('blue', 1), FakeKeyStore.version('blue', 2)]

function setup(caching: Partial<BranchKeyCaching> = {}) {
  const source = new FakeKeyStore('blue', 'red')
  const events: string[] = []
  const observer = (event: ObserverEvent): void => {
    events.push([event.type.replace('branchKey.', ''), 'code' in event ? event.code : []].flat().join(' '))
  }
  return { source, events, call: { observer }, keys: cachedKeyStore(source, { ttlMs: TTL, ...caching } as BranchKeyCaching) }
}

/** Uses a key and answers its version. */
async function versionOf(key: Promise<BranchKey>): Promise<string> {
  const { version, secret } = await key
  secret.use((bytes) => expect(bytes).toHaveLength(32))
  secret.dispose()
  return version
}

/** Lets background work come to its end. */
const settle = () => new Promise((resolve) => setImmediate(resolve))
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const live = (source: FakeKeyStore) => source.secrets.filter(({ disposed }) => !disposed).length

describe('a cached branch key', () => {
  it('is fetched once for each of its forms, until its ttl', async () => {
    const { source, keys } = setup({ refreshAhead: false })
    const all = async () => {
      await versionOf(keys.getActive('blue'))
      await versionOf(keys.getVersion('red', FakeKeyStore.version('red', 1)))
      ;(await keys.getBeaconKey('blue')).secret.dispose()
    }
    await all()
    await pass(TTL - 1)
    await all()
    const once = ['active blue', 'version red 1', 'beacon blue']
    expect(source.calls).toEqual(once)
    await pass(1)
    await all()
    expect(source.calls).toEqual([...once, ...once])
  })

  it('that is written with is read without another call', async () => {
    const { source, keys } = setup()
    await versionOf(keys.getActive('blue'))
    expect(await versionOf(keys.getVersion('blue', FIRST.toUpperCase()))).toBe(FIRST)
    expect(source.calls).toEqual(['active blue'])
  })

  it('is counted from when the key store was asked, not from when it answered', async () => {
    const { source, keys } = setup({ refreshAhead: false })
    const release = source.hold()
    const first = versionOf(keys.getActive('blue'))
    await pass(TTL - 1)
    release()
    await first
    await versionOf(keys.getActive('blue'))
    await pass(1)
    await versionOf(keys.getActive('blue'))
    expect(source.calls).toHaveLength(2)
  })

  it('counts as expired where the clock went backwards', async () => {
    const { source, keys } = setup()
    await versionOf(keys.getActive('blue'))
    vi.setSystemTime(Date.now() - 1)
    await versionOf(keys.getActive('blue'))
    expect(source.calls).toHaveLength(2)
  })

  it('is a handle of the caller’s own, which outlives the cache’s', async () => {
    const store = createBranchKeyCache()
    const { keys } = setup({ store })
    const { secret } = await keys.getActive('blue')
    store.clear()
    expect(secret.use((bytes) => bytes.some((byte) => byte !== 0))).toBe(true)
    secret.dispose()
  })

  it('is wiped when it has expired, though nobody asks again', async () => {
    const store = createBranchKeyCache()
    const { source, keys } = setup({ store, graceMs: 500 })
    const held = await keys.getActive('blue')
    const bytes = held.secret.use((live) => live)
    held.secret.dispose()
    await settle()
    expect(live(source)).toBe(0)
    await pass(TTL + 499)
    expect([store.size, bytes.some((byte) => byte !== 0)]).toEqual([1, true])
    await pass(1)
    expect([store.size, bytes.every((byte) => byte === 0)]).toEqual([0, true])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is wiped within a second of its expiry where others have expired just before', async () => {
    const store = createBranchKeyCache()
    const { keys } = setup({ store })
    await versionOf(keys.getActive('blue'))
    await pass(1)
    await versionOf(keys.getActive('red'))
    await pass(TTL - 1)
    expect(store.size).toBe(1)
    await pass(1000)
    expect([store.size, vi.getTimerCount()]).toEqual([0, 0])
  })

  it('is one of the many that were used last', async () => {
    const { source, keys } = setup({ maxEntries: 2 })
    for (const id of ['blue', 'red', 'blue']) await versionOf(keys.getActive(id))
    await versionOf(keys.getVersion('blue', FIRST))
    ;(await keys.getBeaconKey('blue')).secret.dispose()
    await versionOf(keys.getActive('blue'))
    expect(source.calls).toEqual(['active blue', 'active red', 'beacon blue'])
    await versionOf(keys.getActive('red'))
    expect(source.calls.slice(3)).toEqual(['active red'])
  })

  it('is refused where the key store answered another than was asked for', async () => {
    const { source } = setup()
    const wrong: BranchKeyStore = {
      getActive: () => source.getActive('red'),
      getVersion: () => source.getVersion('blue', FIRST),
      getBeaconKey: () => source.getBeaconKey('blue'),
    }
    const keys = cachedKeyStore(wrong, { ttlMs: TTL })
    await expect(keys.getActive('blue')).rejects.toMatchObject({ code: 'MATERIALS_INVALID' })
    await expect(keys.getVersion('blue', SECOND)).rejects.toMatchObject({ code: 'MATERIALS_INVALID' })
    expect(live(source)).toBe(0)
  })
})

describe('the cache', () => {
  it('wipes what it held though the clock went backwards, and what it held twice', async () => {
    const store = createBranchKeyCache()
    const { source, keys } = setup({ store })
    const bytes: Uint8Array[] = []
    const seen = async (key: Promise<BranchKey>) => {
      const { secret } = await key
      bytes.push(secret.use((live) => live))
      secret.dispose()
    }
    await seen(keys.getVersion('blue', FIRST))
    await seen(keys.getActive('blue'))
    source.rotate('blue')
    await pass(TTL * 0.8)
    await seen(keys.getActive('blue'))
    await settle()
    await seen(keys.getActive('blue'))
    expect(store.size).toBe(2)
    vi.setSystemTime(Date.now() - 2 * TTL)
    await pass(TTL)
    expect([store.size, bytes.every((key) => key.every((byte) => byte === 0))]).toEqual([0, true])
  })

  it('keeps a branch key where a key of another kind and the same name was destroyed', async () => {
    const { source, keys } = setup()
    await versionOf(keys.getActive('blue'))
    announceDestroyedKey({ providerId: 'aws-kms', providerInfo: new TextEncoder().encode('blue') })
    await versionOf(keys.getActive('blue'))
    expect(source.calls).toHaveLength(1)
  })
})

describe('a key store that does not hear that a call was given up', () => {
  /** Answers versions by the number of the call, each when it is told to. */
  function deaf() {
    const source = new FakeKeyStore('blue')
    const answers: (() => void)[] = []
    const getActive = async (branchKeyId: string): Promise<BranchKey> => {
      const key = await source.getActive(branchKeyId)
      source.rotate(branchKeyId)
      await new Promise<void>((resolve) => answers.push(resolve))
      return key
    }
    const keys = cachedKeyStore(Object.assign(new FakeKeyStore('blue'), { getActive }), { ttlMs: TTL, refreshAhead: false })
    return { keys, answer: (nth: number) => answers[nth]?.() }
  }

  it('serves nobody who comes later, and what it brings at last takes the place of nothing newer', async () => {
    const { keys, answer } = deaf()
    const leaver = new AbortController()
    const left = keys.getActive('blue', { signal: leaver.signal })
    leaver.abort('enough')
    await expect(left).rejects.toBe('enough')
    await pass(1)
    const next = versionOf(keys.getActive('blue'))
    await settle()
    answer(1)
    expect(await next).toBe(SECOND)
    answer(0)
    await settle()
    expect(await versionOf(keys.getActive('blue'))).toBe(SECOND)
  })
})

describe('callers that miss together', () => {
  it('make one call', async () => {
    const { source, keys, events, call } = setup()
    const release = source.hold()
    const waiting = Array.from({ length: 1000 }, () => versionOf(keys.getVersion('blue', FIRST, call)))
    release()
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([FIRST]))
    expect(source.calls).toEqual(['version blue 1'])
    expect(events.filter((event) => event === 'coalesced')).toHaveLength(999)
    await settle()
    expect(live(source)).toBe(0)
  })

  it('share its failure, and the next one asks again', async () => {
    const { source, keys } = setup()
    source.fail(transient)
    const failed = await Promise.allSettled(Array.from({ length: 10 }, () => keys.getActive('blue')))
    expect(failed.map((each) => each.status === 'rejected' && each.reason)).toEqual(Array(10).fill(transient))
    source.fail(undefined)
    expect(await versionOf(keys.getActive('blue'))).toBe(FIRST)
    expect(source.calls).toHaveLength(2)
  })

  it('leave without failing the others', async () => {
    const { source, keys } = setup()
    const release = source.hold()
    const leaver = new AbortController()
    const left = keys.getActive('blue', { signal: leaver.signal })
    const stays = versionOf(keys.getActive('blue'))
    leaver.abort('enough')
    await expect(left).rejects.toBe('enough')
    release()
    expect(await stays).toBe(FIRST)
    expect(source.calls).toHaveLength(1)
  })

  it('end it when the last one has left, and the next one makes another', async () => {
    const { source, keys } = setup()
    const release = source.hold()
    const leaver = new AbortController()
    const left = keys.getActive('blue', { signal: leaver.signal })
    leaver.abort('enough')
    await expect(left).rejects.toBe('enough')
    const next = versionOf(keys.getActive('blue'))
    release()
    expect(await next).toBe(FIRST)
    expect(source.calls).toHaveLength(2)
  })
})

describe('refreshing ahead', () => {
  it('happens behind the back of whoever uses a key in the last fifth of its ttl, once', async () => {
    const { source, keys, events, call } = setup()
    await versionOf(keys.getActive('blue', call))
    await pass(TTL * 0.8 - 1)
    await versionOf(keys.getActive('blue', call))
    expect(source.calls).toHaveLength(1)
    await pass(1)
    source.rotate('blue')
    const release = source.hold()
    // Nobody waits: the call is held back, and all are answered.
    for (let index = 0; index < 5; index += 1) expect(await versionOf(keys.getActive('blue', call))).toBe(FIRST)
    expect(source.calls).toHaveLength(2)
    release()
    await settle()
    expect(await versionOf(keys.getActive('blue', call))).toBe(SECOND)
    expect(events).toEqual(['miss', 'hit', 'miss', 'hit', 'hit', 'hit', 'hit', 'hit', 'refreshed', 'hit'])
    expect(live(source)).toBe(0)
  })

  it('keeps what was written with before a rotation for reading, and refreshes it in its turn', async () => {
    const { source, keys } = setup()
    await versionOf(keys.getActive('blue'))
    source.rotate('blue')
    await pass(TTL * 0.8)
    await versionOf(keys.getVersion('blue', FIRST))
    await settle()
    expect(source.calls).toEqual(['active blue', 'active blue'])
    source.hold()
    expect(await versionOf(keys.getVersion('blue', FIRST))).toBe(FIRST)
    expect(source.calls).toEqual(['active blue', 'active blue', 'version blue 1'])
  })

  it('that fails is told to the observer only, and tried again after a while, until the ttl', async () => {
    const { source, keys, events, call } = setup()
    await versionOf(keys.getActive('blue'))
    source.fail(denied)
    await pass(TTL * 0.8)
    for (let index = 0; index < 3; index += 1) {
      await versionOf(keys.getActive('blue', call))
      await settle()
    }
    expect(events).toEqual(['miss', 'hit', 'refreshFailed KEY_OPERATIONAL', 'hit', 'hit'])
    await pass(1000)
    await versionOf(keys.getActive('blue', call))
    expect(source.calls).toHaveLength(3)
    await pass(1000)
    await expect(keys.getActive('blue', call)).rejects.toBe(denied)
  })

  it('does not ask for all the keys at once that came at once', async () => {
    const ids = Array.from({ length: 100 }, (_, index) => `tenant ${index}`)
    const source = new FakeKeyStore(...ids)
    const keys = cachedKeyStore(source, { ttlMs: TTL })
    for (const id of ids) await versionOf(keys.getActive(id))
    await pass(TTL * 0.9)
    const release = source.hold()
    for (const id of ids) await versionOf(keys.getActive(id))
    expect(source.calls).toHaveLength(132)
    release()
    await settle()
    for (const id of ids) await versionOf(keys.getActive(id))
    await settle()
    expect(source.calls).toHaveLength(200)
  })
})

describe('a key store out of reach', () => {
  const read = (keys: BranchKeyStore, call = {}) => versionOf(keys.getVersion('blue', FIRST, call))
  const write = (keys: BranchKeyStore) => versionOf(keys.getActive('blue'))

  it('fails nobody until the ttl, then writes, and reads after the grace', async () => {
    const { source, keys, events, call } = setup({ graceMs: 5000, refreshAhead: false })
    await write(keys)
    source.fail(transient)
    await pass(TTL - 1)
    await Promise.all([read(keys), write(keys)])
    expect(source.calls).toHaveLength(1)
    await pass(1)
    await expect(write(keys)).rejects.toBe(transient)
    await read(keys, call)
    expect(events.at(-1)).toBe('stale')
    await pass(4999)
    await read(keys)
    await expect(write(keys)).rejects.toBe(transient)
    await pass(1)
    await expect(read(keys)).rejects.toBe(transient)
    source.fail(undefined)
    expect(await Promise.all([read(keys), write(keys)])).toEqual([FIRST, FIRST])
  })

  it('fails reads at the ttl where no grace was given', async () => {
    const { source, keys } = setup()
    await read(keys)
    source.fail(transient)
    await pass(TTL)
    await expect(read(keys)).rejects.toBe(transient)
  })

  it('makes readers in their grace wait once, and is then asked behind their backs once a second', async () => {
    const { source, keys } = setup({ graceMs: 60_000, refreshAhead: false })
    await read(keys)
    await pass(TTL)
    source.fail(transient)
    await read(keys)
    expect(source.calls).toHaveLength(2)
    const release = source.hold()
    for (let index = 0; index < 10; index += 1) await read(keys)
    expect(source.calls).toHaveLength(2)
    await pass(1000)
    for (let index = 0; index < 10; index += 1) await read(keys)
    expect(source.calls).toHaveLength(3)
    release()
    await settle()
    source.fail(undefined)
    await pass(1000)
    await read(keys)
    await settle()
    await read(keys)
    expect(source.calls).toHaveLength(4)
    await pass(TTL - 1)
    await read(keys)
    expect(source.calls).toHaveLength(4)
  })

  it('gives beacon keys the grace of reads, since they never rotate', async () => {
    const { source, keys } = setup({ graceMs: 5000 })
    ;(await keys.getBeaconKey('blue')).secret.dispose()
    source.fail(transient)
    await pass(TTL)
    ;(await keys.getBeaconKey('blue')).secret.dispose()
    await pass(5000)
    await expect(keys.getBeaconKey('blue')).rejects.toBe(transient)
  })

  it('does not let an aborted reader off with a stale key', async () => {
    const { source, keys } = setup({ graceMs: 5000, refreshAhead: false })
    await read(keys)
    await pass(TTL)
    source.hold()
    const leaver = new AbortController()
    const left = keys.getVersion('blue', FIRST, { signal: leaver.signal })
    leaver.abort('enough')
    await expect(left).rejects.toBe('enough')
    // That somebody gave up says nothing about the key: it keeps its grace.
    source.hold()()
    source.fail(transient)
    expect(await read(keys)).toBe(FIRST)
  })

  it('gives no grace to a key that was wiped while the key store was asked', async () => {
    const store = createBranchKeyCache()
    const { source, keys } = setup({ graceMs: 5000, refreshAhead: false, store })
    await read(keys)
    await pass(TTL)
    source.fail(transient)
    const release = source.hold()
    const waiting = read(keys)
    store.clear()
    release()
    await expect(waiting).rejects.toBe(transient)
  })

  it.each([
    ['denied', denied],
    ['not found', new StrongroomError('BRANCH_KEY_NOT_FOUND', 'none')],
    ['anything else', new Error('defect')],
  ])('gives no grace where it said %s since, before the ttl or after', async (_what, error) => {
    for (const when of [TTL * 0.8, TTL]) {
      const { source, keys } = setup({ graceMs: 60_000 })
      await read(keys)
      await pass(when)
      source.fail(error)
      await read(keys).catch(() => undefined)
      await settle()
      source.fail(transient)
      await pass(TTL)
      await expect(read(keys)).rejects.toBe(transient)
    }
  })
})

describe('a branch key that was shredded', () => {
  const read = (keys: BranchKeyStore) => versionOf(keys.getVersion('blue', FIRST))
  const write = (keys: BranchKeyStore) => versionOf(keys.getActive('blue'))
  const shredded = { code: 'KEY_SHREDDED' }

  it('is gone at once from every cache of the process where that is announced, and others stay', async () => {
    const [one, other] = [setup({ graceMs: 60_000 }), setup()]
    for (const { keys } of [one, other]) {
      await write(keys)
      ;(await keys.getBeaconKey('blue')).secret.dispose()
      await versionOf(keys.getActive('red'))
    }
    one.source.shred('blue')
    announceShredded('blue')
    await expect(read(one.keys)).rejects.toMatchObject(shredded)
    await expect(write(one.keys)).rejects.toMatchObject(shredded)
    await expect(one.keys.getBeaconKey('blue')).rejects.toMatchObject(shredded)
    await versionOf(one.keys.getActive('red'))
    expect(one.source.calls).toEqual(['active blue', 'beacon blue', 'active red', 'version blue 1'])
    // Another key store may have a branch key of that name.
    expect(await read(other.keys)).toBe(FIRST)
  })

  it('has no grace once any form of it was seen shredded, nor from other caches', async () => {
    const [one, other] = [setup({ graceMs: 60_000 }), setup({ graceMs: 60_000 })]
    for (const { keys } of [one, other]) await read(keys)
    one.source.shred('blue')
    await expect(one.keys.getBeaconKey('blue')).rejects.toMatchObject(shredded)
    for (const { source } of [one, other]) source.fail(transient)
    await expect(read(one.keys)).rejects.toMatchObject(shredded)
    await expect(read(other.keys)).rejects.toBe(transient)
    await pass(TTL)
    await expect(read(one.keys)).rejects.toBe(transient)
  })

  it('is noticed ahead of the ttl by the refresh', async () => {
    const { source, keys } = setup({ graceMs: 60_000 })
    await read(keys)
    source.shred('blue')
    await pass(TTL * 0.8)
    await read(keys)
    await settle()
    await expect(read(keys)).rejects.toMatchObject(shredded)
  })

  it('is not asked for again and again, whatever version a message names', async () => {
    const { source, keys } = setup()
    source.shred('blue')
    for (const version of [FIRST, SECOND, FIRST]) await expect(keys.getVersion('blue', version)).rejects.toMatchObject(shredded)
    expect(source.calls).toHaveLength(1)
    await pass(TTL)
    await expect(read(keys)).rejects.toMatchObject(shredded)
    expect(source.calls).toHaveLength(2)
  })

  it('does not come back from calls that were under way, and nobody joins them', async () => {
    const store = createBranchKeyCache()
    const { source, keys } = setup({ store })
    const release = source.hold()
    const waiting = [write(keys), read(keys), versionOf(keys.getActive('red'))]
    announceShredded('blue')
    source.shred('blue')
    release()
    expect(await Promise.all(waiting)).toEqual([FIRST, FIRST, FakeKeyStore.version('red', 1)])
    await settle()
    expect([store.size, live(source)]).toEqual([1, 0])
    await expect(read(keys)).rejects.toMatchObject(shredded)
  })

  it('does not come back from a refresh that was under way', async () => {
    const { source, keys } = setup()
    await read(keys)
    await pass(TTL * 0.8)
    const release = source.hold()
    await read(keys)
    source.shred('blue')
    announceShredded('blue')
    release()
    await settle()
    await expect(read(keys)).rejects.toMatchObject(shredded)
  })
})

describe('a flood of forged names', () => {
  it('asks for each of them once a second at most, and drives no key out', async () => {
    const { source, keys } = setup({ maxEntries: 2 })
    await versionOf(keys.getActive('blue'))
    const asked = source.calls.length
    for (let round = 0; round < 3; round += 1) {
      const forged = Array.from({ length: 100 }, (_, index) => keys.getVersion(`forged ${index}`, FIRST))
      for (const each of await Promise.allSettled(forged)) expect(each).toMatchObject({ reason: { code: 'BRANCH_KEY_NOT_FOUND' } })
    }
    expect(source.calls.length - asked).toBe(100)
    await versionOf(keys.getActive('blue'))
    expect(source.calls.length - asked).toBe(100)
    await pass(1000)
    await expect(keys.getVersion('forged 1', FIRST)).rejects.toMatchObject({ code: 'BRANCH_KEY_NOT_FOUND' })
    expect(source.calls.length - asked).toBe(101)
  })

  it('keeps no key from its owner who writes', async () => {
    const { source, keys } = setup()
    await expect(keys.getVersion('new', FakeKeyStore.version('new', 1))).rejects.toMatchObject({ code: 'BRANCH_KEY_NOT_FOUND' })
    await expect(keys.getActive('new')).rejects.toMatchObject({ code: 'BRANCH_KEY_NOT_FOUND' })
    const grown = new FakeKeyStore('new')
    Object.assign(source, { getActive: grown.getActive.bind(grown) })
    const version = await versionOf(keys.getActive('new'))
    expect(await versionOf(keys.getVersion('new', version))).toBe(version)
  })
})

describe('a shared cache', () => {
  const store = () => createBranchKeyCache({ maxEntries: 10 })

  it('keeps keyrings apart, where no partition joins them', async () => {
    const shared = store()
    const source = new FakeKeyStore('blue')
    for (let index = 0; index < 2; index += 1) await versionOf(cachedKeyStore(source, { ttlMs: TTL, store: shared }).getActive('blue'))
    expect([source.calls.length, shared.size]).toEqual([2, 2])
  })

  it('joins keyrings of one partition and one key store, or one logical name of key stores', async () => {
    const shared = store()
    const caching = { ttlMs: TTL, store: shared, partition: 'p' }
    const source = new FakeKeyStore('blue')
    for (let index = 0; index < 2; index += 1) await versionOf(cachedKeyStore(source, caching).getActive('blue'))
    expect(source.calls).toHaveLength(1)
    await versionOf(cachedKeyStore(new FakeKeyStore('blue'), caching).getActive('blue'))
    expect(shared.size).toBe(2)
    const named = (logicalName: string) => Object.assign(new FakeKeyStore('blue'), { logicalName })
    const [first, second, third] = [named('table'), named('table'), named('other')]
    for (const each of [first, second, third]) await versionOf(cachedKeyStore(each, caching).getActive('blue'))
    expect([first, second, third].map(({ calls }) => calls.length)).toEqual([1, 0, 1])
    await versionOf(cachedKeyStore(second, { ...caching, partition: 'q' }).getActive('blue'))
    expect(second.calls).toHaveLength(1)
  })

  it('holds for each keyring to its own ttl', async () => {
    const source = new FakeKeyStore('blue')
    const caching = { store: store(), partition: 'p', refreshAhead: false }
    const [patient, strict] = [10_000, 1000].map((ttlMs) => cachedKeyStore(source, { ...caching, ttlMs }))
    if (patient === undefined || strict === undefined) throw new Error('two were made')
    await versionOf(strict.getActive('blue'))
    await versionOf(patient.getActive('blue'))
    await pass(1000)
    await versionOf(patient.getActive('blue'))
    expect(source.calls).toHaveLength(1)
    await versionOf(strict.getActive('blue'))
    expect(source.calls).toHaveLength(2)
  })

  it('forgets what it refused when it is cleared', async () => {
    const shared = store()
    const { source, keys } = setup({ store: shared })
    source.shred('blue')
    for (let index = 0; index < 2; index += 1) {
      await expect(keys.getActive('blue')).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
      shared.clear()
    }
    expect(source.calls).toHaveLength(2)
  })
})

it('refuses what is no key store, and wrong options', () => {
  const source = new FakeKeyStore()
  for (const [option, make] of [
    ['keyStore', () => cachedKeyStore({} as never, { ttlMs: 1 })],
    ['ttlMs', () => cachedKeyStore(source, {} as never)],
    ['maxEntries', () => cachedKeyStore(source, { ttlMs: 1, maxEntries: 1, store: createBranchKeyCache() } as never)],
  ] as const)
    expect(make).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', option }))
})
