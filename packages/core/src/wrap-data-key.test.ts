import { describe, expect, it } from 'vitest'
import { emptyContext } from './encryption-context.ts'
import type { EncryptedDataKey, Keyring, Recipient, WrapRequest } from './keyring.ts'
import type { ObserverEvent } from './observer.ts'
import { SecretBytes } from './secret-bytes.ts'
import { suiteById } from './suite.ts'
import { wrapDataKey } from './wrap-data-key.ts'

const request: WrapRequest = { suite: suiteById('0478'), context: emptyContext, aad: new Uint8Array(0) }

function edk(name: string): EncryptedDataKey {
  return { providerId: 'test', providerInfo: Buffer.from(name), ciphertext: Uint8Array.of(1) }
}

interface Spy extends Recipient {
  readonly wrapped: SecretBytes[]
}

/** A recipient that keeps what it is given, to look at afterwards. */
function recipient(keyId: string, over: Partial<Recipient> = {}): Spy {
  const wrapped: SecretBytes[] = []
  return {
    providerId: 'test',
    keyId,
    wrapped,
    async wrap(secret) {
      wrapped.push(secret)
      return [edk(keyId)]
    },
    owns: () => true,
    ...over,
  }
}

function keyringOf(recipients: readonly Recipient[]): Keyring {
  return { recipients: async () => recipients, unwrap: async () => ({ attempts: [] }) }
}

describe('a data key', () => {
  it('is wrapped for all, in their order, and told to the observer', async () => {
    const events: ObserverEvent[] = []
    const all = [recipient('a'), recipient('b'), recipient('c', { wrap: async () => [edk('c1'), edk('c2')] })]
    const { secret, edks } = await wrapDataKey(keyringOf(all), { ...request, observer: (event) => events.push(event) })
    expect(edks.map(({ providerInfo }) => Buffer.from(providerInfo).toString())).toEqual(['a', 'b', 'c1', 'c2'])
    expect(secret.length).toBe(32)
    expect(all[1]?.wrapped).toEqual([secret])
    expect(events).toMatchObject([{ type: 'dataKey.generated', suite: '0478', keyIds: ['a', 'b', 'c'] }])
    expect(Object.isFrozen(edks)).toBe(true)
  })

  it('comes from the first recipient where that one generates, and from no other', async () => {
    const own = SecretBytes.random(32)
    let others = 0
    const first = recipient('a', { generate: async () => ({ secret: own, edks: [edk('generated')] }) })
    const second = recipient('b', {
      generate: async () => {
        others += 1
        return { secret: SecretBytes.random(32), edks: [edk('b')] }
      },
    })
    const { secret, edks } = await wrapDataKey(keyringOf([first, second]), request)
    expect(secret).toBe(own)
    expect(others).toBe(0)
    expect([first.wrapped, second.wrapped]).toEqual([[], [own]])
    expect(Buffer.from(edks[0]?.providerInfo ?? []).toString()).toBe('generated')
  })

  it.each([
    ['0114', 16],
    ['0346', 24],
    ['0578', 32],
  ] as const)('of suite %s has %i bytes', async (id, length) => {
    let asked = 0
    const generator = recipient('a', {
      async generate(wanted) {
        asked = wanted
        return { secret: SecretBytes.random(wanted), edks: [edk('a')] }
      },
    })
    await wrapDataKey(keyringOf([generator]), { ...request, suite: suiteById(id) })
    expect(asked).toBe(length)
    expect((await wrapDataKey(keyringOf([recipient('a')]), { ...request, suite: suiteById(id) })).secret.length).toBe(length)
  })
})

describe('a failure', () => {
  it('is told where the keyring names nobody', async () => {
    await expect(wrapDataKey(keyringOf([]), request)).rejects.toMatchObject({ code: 'KEYRING_CANNOT_ENCRYPT' })
  })

  it.each<[string, Partial<Recipient>]>([
    ['generates a data key that is too short', { generate: async () => ({ secret: remember(16), edks: [edk('a')] }) }],
    ['generates a data key that is too long', { generate: async () => ({ secret: remember(64), edks: [edk('a')] }) }],
    ['generates no encrypted data key', { generate: async () => ({ secret: remember(32), edks: [] }) }],
    [
      'wraps into no encrypted data key',
      {
        async wrap(secret) {
          made.push(secret)
          return []
        },
      },
    ],
  ])('of a recipient that %s names its key, and disposes the data key', async (_what, over) => {
    made.length = 0
    const wrapping = wrapDataKey(keyringOf([recipient('culprit', over)]), request)
    await expect(wrapping).rejects.toMatchObject({ code: 'MATERIALS_INVALID', message: expect.stringContaining('culprit') })
    expect(made.map(({ disposed }) => disposed)).toEqual([true])
  })

  it('of any recipient to wrap fails the whole, and disposes the data key', async () => {
    const broken = new Error('token removed')
    const first = recipient('a')
    for (const wrap of [
      async () => {
        throw broken
      },
      () => {
        throw broken
      },
    ]) {
      await expect(wrapDataKey(keyringOf([first, recipient('b', { wrap }), recipient('c')]), request)).rejects.toBe(broken)
      await expect(wrapDataKey(keyringOf([recipient('b', { wrap })]), request)).rejects.toBe(broken)
    }
    expect(first.wrapped.map(({ disposed }) => disposed)).toEqual([true, true])
  })

  it('of the last to answer nothing names that one', async () => {
    const all = [recipient('a'), recipient('b'), recipient('silent', { wrap: async () => [] })]
    await expect(wrapDataKey(keyringOf(all), request)).rejects.toThrow(/silent/)
    expect(all[0]?.wrapped.map(({ disposed }) => disposed)).toEqual([true])
  })
})

const made: SecretBytes[] = []

function remember(length: number): SecretBytes {
  const secret = SecretBytes.random(length)
  made.push(secret)
  return secret
}
