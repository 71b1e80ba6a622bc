import {
  type Attempt,
  type EncryptedDataKey,
  generateAesKey,
  type Keyring,
  type Recipient,
  rawAesKeyring,
  SecretBytes,
  StrongroomError,
  type Unwrapped,
  type WrapRequest,
} from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import type { Hang, KeyringFixture, KeyringTraits } from './keyring-contract/fixture.ts'
import { keyringContract } from './keyring-contract.ts'

/** A backend that can be stopped, denied and shredded: an AES key behind a door. */
class Door {
  state: 'open' | 'down' | 'denied' | 'shredded' = 'open'
  #held: Promise<void> | undefined
  #arrived = 0
  #watchers: { calls: number; resolve: () => void }[] = []

  async pass(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    if (this.#held !== undefined) {
      this.#arrived += 1
      for (const { calls, resolve } of this.#watchers) if (this.#arrived >= calls) resolve()
      await Promise.race([this.#held, new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))])
    }
    if (this.state === 'down') throw new StrongroomError('KEY_TRANSIENT', 'The door is stuck.')
    if (this.state === 'denied') throw new StrongroomError('KEY_OPERATIONAL', 'The door is locked.')
    if (this.state === 'shredded') throw new StrongroomError('KEY_SHREDDED', 'The house is gone.')
  }

  fail(state: 'down' | 'denied' | 'shredded'): Disposable | undefined {
    this.state = state
    if (state === 'shredded') return undefined
    return {
      [Symbol.dispose]: () => {
        this.state = 'open'
      },
    }
  }

  hold(): Hang {
    let release = (): void => {}
    this.#held = new Promise((resolve) => {
      release = resolve
    })
    return {
      reached: (calls) => new Promise((resolve) => (this.#arrived >= calls ? resolve() : this.#watchers.push({ calls, resolve }))),
      [Symbol.dispose]: () => {
        this.#held = undefined
        release()
      },
    }
  }
}

interface HouseFixture extends KeyringFixture {
  readonly door: Door
}

/** A keyring that does everything right. */
function behindDoor(inner: Keyring, door: Door): Keyring {
  const copyOf = (edk: EncryptedDataKey): EncryptedDataKey => ({
    ...edk,
    providerInfo: Uint8Array.from(edk.providerInfo),
    ciphertext: Uint8Array.from(edk.ciphertext),
  })
  const copyRequest = (request: WrapRequest): WrapRequest => ({
    ...request,
    context: { ...request.context },
    aad: Uint8Array.from(request.aad),
  })
  return {
    async recipients(request) {
      const [recipient] = (await inner.recipients(request)) as [Recipient]
      async function wrap(secret: SecretBytes, given: WrapRequest): Promise<readonly EncryptedDataKey[]> {
        const copied = copyRequest(given)
        using mine = secret.share()
        await door.pass(given.signal)
        return await recipient.wrap(mine, copied)
      }
      return [
        {
          providerId: recipient.providerId,
          keyId: recipient.keyId,
          owns: (edk) => recipient.owns(edk),
          wrap,
          async generate(length, given) {
            const secret = SecretBytes.random(length)
            return { secret, edks: await wrap(secret, given) }
          },
        },
      ]
    },
    async unwrap(edks, request) {
      const copies = edks.map(copyOf)
      const copied = copyRequest(request)
      const owner = ((await inner.recipients(request)) as [Recipient])[0]
      const attempts: Attempt[] = []
      for (const [index, edk] of copies.entries()) {
        try {
          if (owner.owns(edk)) await door.pass(request.signal)
        } catch (cause) {
          request.signal?.throwIfAborted()
          const { code } = cause as StrongroomError
          attempts.push({
            edk: index,
            keyId: owner.keyId,
            cause,
            outcome: code === 'KEY_TRANSIENT' ? 'transient' : code === 'KEY_SHREDDED' ? 'shredded' : 'operational',
          })
          continue
        }
        const answer = await inner.unwrap([edk], copied)
        if (!('attempts' in answer)) return { ...answer, edk: index }
        attempts.push(...answer.attempts.map((attempt) => ({ ...attempt, edk: index })))
      }
      return { attempts }
    },
  }
}

const traits: KeyringTraits<HouseFixture> = {
  failures: {
    down: { outcome: 'transient', inject: ({ door }) => door.fail('down') },
    denied: { outcome: 'operational', inject: ({ door }) => door.fail('denied') },
    shredded: { outcome: 'shredded', inject: ({ door }) => door.fail('shredded') },
  },
  hang: ({ door }) => door.hold(),
}

function make(spoil: (keyring: Keyring) => Keyring = (keyring) => keyring): HouseFixture {
  const door = new Door()
  const key = SecretBytes.random(32).use((bytes) => Uint8Array.from(bytes))
  const house = (name: string, bytes: Parameters<typeof rawAesKeyring>[0]['key']): Keyring =>
    behindDoor(rawAesKeyring({ namespace: 'house', name, key: bytes }), door)
  return { door, keyring: spoil(house('front', key)), other: house('back', generateAesKey()), keyMaterial: [key] }
}

/** Names of the checks that a spoilt keyring fails. */
async function failing(spoil: (keyring: Keyring) => Keyring): Promise<readonly string[]> {
  const failed: string[] = []
  for (const { name, run } of keyringContract(() => make(spoil), traits)) {
    try {
      await run()
    } catch {
      failed.push(name)
    }
  }
  return failed
}

function eachRecipient(keyring: Keyring, change: (recipient: Recipient) => Partial<Recipient>): Keyring {
  return {
    ...keyring,
    recipients: async (request) => (await keyring.recipients(request)).map((recipient) => ({ ...recipient, ...change(recipient) })),
  }
}

describe('the contract, met by a sound keyring', () => {
  for (const { name, run } of keyringContract(make, traits)) it(name, run)

  it('has names of its own for all checks', () => {
    const names = keyringContract(make, traits).map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  it('disposes every fixture, also after a failed check', async () => {
    let open = 0
    const checks = keyringContract(() => {
      open += 1
      const { keyring, other } = make((sound) => ({ ...sound, unwrap: async () => ({ attempts: [] }) }))
      return {
        keyring,
        other,
        async [Symbol.asyncDispose]() {
          open -= 1
        },
      }
    })
    const results = await Promise.allSettled(checks.map(({ run }) => run()))
    expect(results.some(({ status }) => status === 'rejected')).toBe(true)
    expect(open).toBe(0)
  })

  it('refuses traits that it does not know', () => {
    expect(() => keyringContract(make, { bindContext: false } as object)).toThrow(/bindContext/)
  })
})

describe('the contract, broken', () => {
  it('catches a keyring that does not bind the context', async () => {
    const failed = await failing((keyring) => {
      const unbound = (request: WrapRequest): WrapRequest => ({ ...request, context: {}, aad: new Uint8Array(0) })
      return {
        ...eachRecipient(keyring, ({ wrap, generate }) => ({
          wrap: (secret, r) => wrap(secret, unbound(r)),
          ...(generate && { generate: (n, r) => generate(n, unbound(r)) }),
        })),
        unwrap: (edks, r) => keyring.unwrap(edks, unbound(r)),
      }
    })
    expect(failed).toEqual(['opens under no other encryption context'])
  })

  it('catches a keyring that stops at the first encrypted data key', async () => {
    const failed = await failing((keyring) => ({ ...keyring, unwrap: (edks, request) => keyring.unwrap(edks.slice(0, 1), request) }))
    expect(failed).toContain('opens a good encrypted data key behind broken and foreign ones')
  })

  it('catches a keyring that takes an outage for a forgery', async () => {
    const failed = await failing((keyring) => ({
      ...keyring,
      async unwrap(edks, request) {
        const answer = await keyring.unwrap(edks, request)
        return 'attempts' in answer
          ? { attempts: answer.attempts.map((attempt) => ({ ...attempt, outcome: 'rejected' as const })) }
          : answer
      },
    }))
    expect(failed.filter((name) => name.startsWith('down: reports'))).toHaveLength(1)
    expect(failed).toContain('calls the encrypted data keys of others not its own')
  })

  it('catches a keyring that throws where it should report', async () => {
    const failed = await failing((keyring) => ({
      ...keyring,
      async unwrap(edks, request) {
        const answer = await keyring.unwrap(edks, request)
        const thrown = 'attempts' in answer ? answer.attempts.find(({ cause }) => cause !== undefined)?.cause : undefined
        if (thrown !== undefined) throw thrown
        return answer
      },
    }))
    expect(failed).toContain('rejects a truncated or extended ciphertext')
    expect(failed.filter((name) => name.startsWith('denied: reports'))).toHaveLength(1)
  })

  it('catches a keyring that hands out one secret to all', async () => {
    const failed = await failing((keyring) => {
      const known = new Map<string, Unwrapped>()
      return {
        ...keyring,
        async unwrap(edks, request) {
          const id = `${edks.map(({ ciphertext }) => ciphertext.join()).join(';')}|${request.aad.join()}`
          const found = known.get(id)
          if (found !== undefined) return found
          const answer = await keyring.unwrap(edks, request)
          if (!('attempts' in answer)) known.set(id, answer)
          return answer
        },
      }
    })
    expect(failed).toContain('gives each caller a secret of its own, which lives until that caller disposes it')
  })

  it('catches a keyring that keeps the secret in sight', async () => {
    const failed = await failing((keyring) => {
      const seen: Uint8Array[] = []
      return Object.assign(
        eachRecipient(keyring, ({ generate }) => ({
          async generate(length, request) {
            const made = await (generate as NonNullable<typeof generate>)(length, request)
            made.secret.use((bytes) => seen.push(Uint8Array.from(bytes)))
            return made
          },
        })),
        { seen },
      )
    })
    expect(failed).toEqual(['shows no secret: not in the keyring, its recipients, its encrypted data keys or its failed attempts'])
  })

  it('catches a keyring that owns what is not its own', async () => {
    const failed = await failing((keyring) =>
      eachRecipient(keyring, ({ providerId }) => ({ owns: (edk) => edk.providerId === providerId })),
    )
    expect(failed).toEqual(['owns its own encrypted data keys and nobody else’s, by their public fields'])
  })

  it('catches a keyring that disposes the secret it was lent', async () => {
    const failed = await failing((keyring) =>
      eachRecipient(keyring, ({ wrap }) => ({
        async wrap(secret, request) {
          using lent = secret
          return await wrap(lent, request)
        },
      })),
    )
    expect(failed).toContain('wraps a given secret even where it could have generated one, and leaves it to its owner')
  })

  it('catches a keyring that looks at the caller’s context again', async () => {
    const failed = await failing((keyring) =>
      eachRecipient(keyring, ({ wrap }) => ({
        async wrap(secret, request) {
          using mine = secret.share()
          await Promise.resolve()
          return await wrap(mine, request)
        },
      })),
    )
    expect(failed).toEqual(['wraps for the context it was given, whatever the caller does with it afterwards'])
  })

  it('catches a keyring that is deaf to aborts', async () => {
    const deaf = ({ signal: _, ...request }: WrapRequest): WrapRequest => request
    const failed = await failing((keyring) => ({
      ...eachRecipient(keyring, ({ wrap }) => ({ wrap: (secret, request) => wrap(secret, deaf(request)) })),
      unwrap: (edks, request) => keyring.unwrap(edks, deaf(request)),
    }))
    expect(failed).toEqual([
      'rejects with the reason of a signal that is aborted already',
      'rejects with the reason of a signal that is aborted while the call waits, and fails nobody else',
    ])
  })
})
