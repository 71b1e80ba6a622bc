import { createEncryptionClient, StrongroomError } from '@strongroom/core'
import { type FailureCase, type Hang, type KeyringFixture, keyringContract, type TestClock, testClock } from '@strongroom/testing'
import { describe, expect, it } from 'vitest'
import { FakeKeyStore } from '../test/fake-key-store.ts'
import { createBranchKeyCache } from './branch-key-cache.ts'
import { hierarchicalKeyring } from './hierarchical-keyring.ts'

const TTL = 60_000

interface StoreFixture extends KeyringFixture {
  readonly source: FakeKeyStore
  readonly clock: TestClock
}

/** A keyring over a store that can fail, and one of another branch key in the same store. */
function make(cached: boolean): StoreFixture {
  const source = new FakeKeyStore('mine', 'theirs')
  const clock = testClock()
  const store = createBranchKeyCache({ now: clock })
  const keyringOf = (branchKeyId: string) =>
    hierarchicalKeyring({
      keyStore: source,
      branchKeyId,
      ...(cached ? { cache: { ttlMs: TTL, graceMs: 1000, store, partition: 'p' } } : {}),
    })
  return { source, clock, keyring: keyringOf('mine'), other: keyringOf('theirs') }
}

/** The store fails with a code, and nothing that was cached may still be used. */
const failing = (outcome: 'transient' | 'operational', code: string): FailureCase<StoreFixture> => ({
  outcome,
  inject({ source, clock }) {
    clock.advance(TTL + 1000)
    source.fail(new StrongroomError(code, 'the store fails'))
    return { [Symbol.dispose]: () => source.fail(undefined) }
  },
})

const failures: Readonly<Record<string, FailureCase<StoreFixture>>> = {
  'out of reach': failing('transient', 'KEY_TRANSIENT'),
  denied: failing('operational', 'KEY_OPERATIONAL'),
  shredded: {
    outcome: 'shredded',
    inject({ source, clock }) {
      clock.advance(TTL)
      source.shred('mine')
      return undefined
    },
  },
}

function hang({ source }: StoreFixture): Hang {
  const before = source.calls.length
  const release = source.hold()
  return {
    async reached(calls) {
      while (source.calls.length - before < calls) await new Promise((resolve) => setImmediate(resolve))
    },
    [Symbol.dispose]: release,
  }
}

describe('the keyring contract on a hierarchical keyring that asks its store for each message', () => {
  for (const { name, run } of keyringContract(() => make(false), { failures, hang })) it(name, run)
})

describe('the keyring contract on a hierarchical keyring with a cache that is shared', () => {
  for (const { name, run } of keyringContract(() => make(true), { failures })) it(name, run)

  it('asks its store once for any number of messages', async () => {
    const { keyring, source } = make(true)
    const client = createEncryptionClient({ keyring })
    for (let index = 0; index < 3; index += 1) await client.decrypt((await client.encrypt(new Uint8Array(1))).ciphertext)
    expect(source.calls).toEqual(['active mine'])
  })
})
