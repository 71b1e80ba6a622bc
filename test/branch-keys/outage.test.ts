import { createEncryptionClient, type ObserverEvent } from '@strongroom/core'
import { createBranchKeyCache, hierarchicalKeyring } from '@strongroom/kms'
import { type TestClock, testClock } from '@strongroom/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Backend, startBackend } from './backend.ts'

const TTL = 60_000
const GRACE = 30_000
const plaintext = new TextEncoder().encode('two pairs of boots')

let backend: Backend
let clock: TestClock

beforeEach(async () => {
  backend = await startBackend(['blue'], 1000)
  clock = testClock()
})
afterEach(async () => {
  backend.dynamodb.faults.clear()
  backend.kms.faults.clear()
  await backend[Symbol.asyncDispose]()
})

/** A warm client, and a message. */
async function warmClient(graceMs: number) {
  const events: string[] = []
  const keyring = hierarchicalKeyring({
    keyStore: backend.keyStore,
    branchKeyId: 'blue',
    cache: { ttlMs: TTL, graceMs, refreshAhead: false, store: createBranchKeyCache({ now: clock }) },
  })
  const client = createEncryptionClient({ keyring, suite: '0478', observer: ({ type }: ObserverEvent) => events.push(type) })
  const { ciphertext } = await client.encrypt(plaintext)
  return {
    events,
    read: async () => (await client.decrypt(ciphertext)).plaintext,
    write: async () => (await client.encrypt(plaintext)).ciphertext.length,
  }
}

/** Failures of either service, each with the class that it has to have. */
const failures: readonly (readonly [service: string, failure: string, code: string, inject: () => unknown])[] = (
  ['dynamodb', 'kms'] as const
).flatMap((service) => [
  [service, 'cuts connections', 'KEY_TRANSIENT', () => backend[service].faults.outage('reset')],
  [service, 'loses answers', 'KEY_TRANSIENT', () => backend[service].faults.outage('lost-answer')],
  [service, 'answers internal errors', 'KEY_TRANSIENT', () => backend[service].faults.outage('internal-error')],
  [service, 'never answers', 'KEY_TRANSIENT', () => backend[service].faults.outage('silent')],
  [service, 'throttles', 'KEY_TRANSIENT', () => backend[service].faults.throttle()],
  [service, 'denies', 'KEY_OPERATIONAL', () => backend[service].faults.fail({ name: 'AccessDeniedException' })],
  [
    service,
    'misses what it should have',
    'KEY_OPERATIONAL',
    () => backend[service].faults.fail({ name: service === 'kms' ? 'NotFoundException' : 'ResourceNotFoundException' }),
  ],
])

describe.each(failures)('when %s %s', (_service, _failure, code, inject) => {
  const transient = code === 'KEY_TRANSIENT'

  it(`reads and writes go on until the ttl, then fail with ${code}, and go on when it is over`, async () => {
    const { read, write } = await warmClient(0)
    inject()
    clock.advance(TTL - 1)
    await Promise.all([read(), write()])
    clock.advance(1)
    await expect(read()).rejects.toMatchObject({ code })
    await expect(write()).rejects.toMatchObject({ code })
    backend.dynamodb.faults.clear()
    backend.kms.faults.clear()
    expect(await read()).toEqual(plaintext)
    expect(await write()).toBeGreaterThan(0)
  })

  it(transient ? 'reads go on through their grace, writes do not' : 'neither reads nor writes have a grace', async () => {
    const { read, write, events } = await warmClient(GRACE)
    inject()
    clock.advance(TTL)
    if (transient) {
      expect(await read()).toEqual(plaintext)
      expect(events).toContain('branchKey.stale')
    } else await expect(read()).rejects.toMatchObject({ code })
    await expect(write()).rejects.toMatchObject({ code })
    clock.advance(GRACE - 1)
    if (transient) expect(await read()).toEqual(plaintext)
    clock.advance(1)
    await expect(read()).rejects.toMatchObject({ code })
    backend.dynamodb.faults.clear()
    backend.kms.faults.clear()
    expect(await read()).toEqual(plaintext)
    expect(await write()).toBeGreaterThan(0)
  })
})

describe('a branch key that was shredded', () => {
  it('has no grace, whatever fails afterwards, in this process', async () => {
    const { read, write } = await warmClient(GRACE)
    await backend.keyStore.shredKey('blue')
    await expect(read()).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
    await expect(write()).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
    backend.dynamodb.faults.outage('reset')
    clock.advance(TTL)
    await expect(read()).rejects.toMatchObject({ code: 'KEY_TRANSIENT' })
    backend.dynamodb.faults.clear()
    await expect(read()).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
  })

  it('fails reads and writes of a process that never had it', async () => {
    const { ciphertext } = await createEncryptionClient({
      keyring: hierarchicalKeyring({ keyStore: backend.keyStore, branchKeyId: 'blue' }),
    }).encrypt(plaintext)
    await backend.keyStore.shredKey('blue')
    const client = createEncryptionClient({
      keyring: hierarchicalKeyring({ keyStore: backend.keyStore, branchKeyId: 'blue', cache: { ttlMs: TTL, graceMs: GRACE } }),
    })
    await expect(client.decrypt(ciphertext)).rejects.toMatchObject({ code: 'KEY_SHREDDED', attempts: [{ outcome: 'shredded' }] })
    await expect(client.encrypt(plaintext)).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
  })
})
