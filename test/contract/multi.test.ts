import {
  type AeadKey,
  aeadKeyring,
  generateAesKey,
  type Keyring,
  type KeySet,
  multiKeyring,
  rawAesKey,
  rawAesKeyring,
  StrongroomError,
} from '@strongroom/core'
import { type KeyringFixture, type KeyringTraits, keyringContract } from '@strongroom/testing'
import { describe, it } from 'vitest'

interface Fixture extends KeyringFixture {
  /** Set while the keys of all members fail with it. */
  readonly fault: { code: string | undefined }
  /** Set while the keys of all members do not answer. */
  readonly gate: { closed: Promise<void> | undefined; waiting: number; arrived: () => void }
}

/** The keyring of an AES key that can be made to fail and to hang, as one in an HSM does. */
function faulty(name: string, key: Uint8Array, { fault, gate }: Pick<Fixture, 'fault' | 'gate'>): Keyring {
  const inner = rawAesKey({ name, key })
  async function pass(signal: AbortSignal | undefined): Promise<void> {
    if (gate.closed !== undefined) {
      gate.waiting += 1
      gate.arrived()
      await (signal === undefined ? gate.closed : Promise.race([gate.closed, aborted(signal)]))
    }
    signal?.throwIfAborted()
    if (fault.code !== undefined) throw new StrongroomError(fault.code, 'The key is out of reach.')
  }
  const outer: AeadKey = {
    kind: 'aead',
    name,
    async seal(secret, aad, options) {
      await pass(options?.signal)
      return inner.seal(secret, aad, options)
    },
    async open(iv, sealed, aad, options) {
      await pass(options?.signal)
      return inner.open(iv, sealed, aad, options)
    },
  }
  const keys: KeySet<AeadKey> = { current: async () => outer, named: async (wanted) => (wanted === name ? outer : undefined) }
  return aeadKeyring({ namespace: 'contract', keys })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function make(): Fixture {
  const state = { fault: { code: undefined }, gate: { closed: undefined, waiting: 0, arrived: () => undefined } }
  const keyMaterial = [generateAesKey(), generateAesKey(), generateAesKey()]
  const [one, two, three] = keyMaterial.map((key, index) => faulty(`mine-${index}`, key, state)) as [Keyring, Keyring, Keyring]
  return {
    ...state,
    keyring: multiKeyring({ generator: one, children: [multiKeyring({ children: [two] }), three] }),
    other: multiKeyring({
      generator: rawAesKeyring({ namespace: 'contract', name: 'theirs-0', key: generateAesKey() }),
      children: [rawAesKeyring({ namespace: 'contract', name: 'theirs-1', key: generateAesKey() })],
    }),
    keyMaterial,
  }
}

function failure(outcome: 'transient' | 'operational' | 'shredded'): NonNullable<KeyringTraits<Fixture>['failures']>[string] {
  return {
    outcome,
    inject({ fault }) {
      fault.code = `KEY_${outcome.toUpperCase()}`
      return {
        [Symbol.dispose]() {
          fault.code = undefined
        },
      }
    },
  }
}

const traits: KeyringTraits<Fixture> = {
  failures: {
    'all keys out of reach': failure('transient'),
    'all keys denied': failure('operational'),
    'all keys destroyed': failure('shredded'),
  },
  hang({ gate }) {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate.closed = promise
    return {
      reached: (calls) =>
        new Promise((done) => {
          gate.arrived = () => {
            if (gate.waiting >= calls) done()
          }
          gate.arrived()
        }),
      [Symbol.dispose]() {
        gate.closed = undefined
        resolve()
      },
    }
  },
}

describe('the keyring contract on a multi-keyring', () => {
  for (const { name, run } of keyringContract(make, traits)) it(name, run)
})
