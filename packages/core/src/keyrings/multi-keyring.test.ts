import { describe, expect, it } from 'vitest'
import { createEncryptionClient } from '../client.ts'
import { emptyContext } from '../encryption-context.ts'
import { StrongroomError } from '../errors.ts'
import type { Attempt, AttemptOutcome, EncryptedDataKey, Keyring, WrapRequest } from '../keyring.ts'
import { generateAesKey } from '../keys/aes-key.ts'
import { parseMessage } from '../parse-message.ts'
import { suiteById } from '../suite.ts'
import { multiKeyring } from './multi-keyring.ts'
import { rawAesKeyring } from './raw-aes-keyring.ts'

const request: WrapRequest = { suite: suiteById('0478'), context: emptyContext, aad: new Uint8Array(0) }
const text = Uint8Array.of(1, 2, 3)

const keyrings = ['a', 'b', 'c', 'd'].map((name) => rawAesKeyring({ namespace: 'test', name, key: generateAesKey() }))
const [a, b, c, d] = keyrings as [Keyring, Keyring, Keyring, Keyring]

function client(keyring: Keyring): ReturnType<typeof createEncryptionClient> {
  return createEncryptionClient({ keyring, suite: '0478' })
}

/** The key names of a message, in its order. */
function namesIn(message: Uint8Array): string[] {
  return parseMessage(message).encryptedDataKeys.map(({ providerInfo }) => Buffer.from(providerInfo.subarray(0, -20)).toString())
}

/** A keyring whose every attempt ends like this. */
function failing(outcome: AttemptOutcome, keyId = `${outcome} key`): Keyring {
  return {
    recipients: a.recipients,
    unwrap: async (edks) => ({ attempts: edks.map((_, edk): Attempt => ({ edk, outcome, ...(outcome === 'not-mine' ? {} : { keyId }) })) }),
  }
}

/** A keyring that breaks its contract by throwing. */
function throwing(error: unknown): Keyring {
  return {
    recipients: a.recipients,
    async unwrap() {
      throw error
    },
  }
}

describe('encrypting', () => {
  it('is for all, the generator first, in order, nested ones in their place', async () => {
    const keyring = multiKeyring({ generator: b, children: [multiKeyring({ generator: d, children: [a] }), c] })
    const { ciphertext } = await client(keyring).encrypt(text)
    expect(namesIn(ciphertext)).toEqual(['b', 'd', 'a', 'c'])
    for (const own of keyrings) expect((await client(own).decrypt(ciphertext)).plaintext).toEqual(text)
  })

  it('needs a generator', async () => {
    const keyring = multiKeyring({ children: [a, b] })
    await expect(client(keyring).encrypt(text)).rejects.toMatchObject({
      code: 'KEYRING_CANNOT_ENCRYPT',
      message: expect.stringContaining('generator'),
    })
    expect((await client(keyring).decrypt((await client(b).encrypt(text)).ciphertext)).plaintext).toEqual(text)
  })

  it('needs it at the top only: below, another’s data key is wrapped', async () => {
    const { ciphertext } = await client(multiKeyring({ generator: a, children: [multiKeyring({ children: [b, c] })] })).encrypt(text)
    expect(namesIn(ciphertext)).toEqual(['a', 'b', 'c'])
    const nested = multiKeyring({ generator: multiKeyring({ children: [b, c] }), children: [a] })
    await expect(client(nested).encrypt(text)).rejects.toMatchObject({ code: 'KEYRING_CANNOT_ENCRYPT' })
  })

  it('fails where any member fails or names nobody: none is left out', async () => {
    const nobody: Keyring = { recipients: async () => [], unwrap: a.unwrap }
    for (const keyring of [multiKeyring({ generator: a, children: [nobody] }), multiKeyring({ generator: nobody, children: [a] })]) {
      await expect(client(keyring).encrypt(text)).rejects.toMatchObject({ code: 'KEYRING_CANNOT_ENCRYPT' })
    }
    const broken: Keyring = {
      unwrap: a.unwrap,
      async recipients() {
        throw new StrongroomError('KEY_TRANSIENT', 'no session')
      },
    }
    await expect(client(multiKeyring({ generator: a, children: [broken] })).encrypt(text)).rejects.toMatchObject({ code: 'KEY_TRANSIENT' })
  })

  it('does not follow the array it was given', async () => {
    const children = [b]
    const keyring = multiKeyring({ generator: a, children })
    children.push(c)
    expect(namesIn((await client(keyring).encrypt(text)).ciphertext)).toEqual(['a', 'b'])
  })
})

describe('decrypting', () => {
  it('is by any member, and says which', async () => {
    const { ciphertext } = await client(multiKeyring({ generator: a, children: [b] })).encrypt(text)
    expect((await client(multiKeyring({ children: [c, b] })).decrypt(ciphertext)).openedBy).toEqual({ edk: 1, keyId: 'b' })
  })

  it.each<[string, Keyring]>([
    ['cannot be reached', failing('transient')],
    ['is denied', failing('operational')],
    ['is gone', failing('shredded')],
    ['rejects', failing('rejected')],
    ['throws', throwing(new TypeError('a defect'))],
    ['throws nothing', throwing(undefined)],
    [
      'throws at once',
      {
        recipients: a.recipients,
        unwrap: (() => {
          throw new Error('at once')
        }) as Keyring['unwrap'],
      },
    ],
  ])('is not prevented by a member that %s', async (_what, member) => {
    const { ciphertext } = await client(b).encrypt(text)
    for (const children of [
      [member, b],
      [member, member, b],
    ]) {
      expect((await client(multiKeyring({ children })).decrypt(ciphertext)).plaintext).toEqual(text)
    }
  })

  it('stops at the first that opens', async () => {
    let asked = 0
    const counting: Keyring = {
      recipients: a.recipients,
      unwrap: (...args) => {
        asked += 1
        return a.unwrap(...args)
      },
    }
    const { ciphertext } = await client(b).encrypt(text)
    await client(multiKeyring({ children: [b, counting] })).decrypt(ciphertext)
    expect(asked).toBe(0)
  })

  it('stops when it is aborted, with the reason of the signal', async () => {
    let controller = new AbortController()
    const fresh = (): AbortController => {
      controller = new AbortController()
      return controller
    }
    const aborting: Keyring = {
      recipients: a.recipients,
      async unwrap() {
        controller.abort('enough')
        throw new Error('cancelled')
      },
    }
    let reached = false
    const next: Keyring = {
      recipients: a.recipients,
      async unwrap() {
        reached = true
        return { attempts: [] }
      },
    }
    const keyring = multiKeyring({ children: [aborting, next] })
    const edks: EncryptedDataKey[] = [{ providerId: 'p', providerInfo: Uint8Array.of(1), ciphertext: Uint8Array.of(1) }]
    await expect(keyring.unwrap(edks, { ...request, signal: controller.signal })).rejects.toBe('enough')
    expect(reached).toBe(false)
    // Nor is the last member's failure then told as its own.
    await expect(multiKeyring({ children: [aborting] }).unwrap(edks, { ...request, signal: fresh().signal })).rejects.toBe('enough')
  })
})

describe('when none opens', () => {
  const message = client(d)
    .encrypt(text)
    .then(({ ciphertext }) => ciphertext)

  const order: [AttemptOutcome, string][] = [
    ['transient', 'KEY_TRANSIENT'],
    ['operational', 'KEY_OPERATIONAL'],
    ['shredded', 'KEY_SHREDDED'],
    ['rejected', 'MESSAGE_INVALID'],
    ['not-mine', 'MESSAGE_INVALID'],
  ]

  it.each(order)('%s among the attempts and nothing worse is %s', async (outcome, code) => {
    const better = order.slice(order.findIndex(([name]) => name === outcome)).map(([name]) => failing(name))
    for (const children of [better, [...better].reverse()]) {
      await expect(client(multiKeyring({ children })).decrypt(await message)).rejects.toMatchObject({ code })
    }
  })

  it('the attempts of all are reported together, each key by its name', async () => {
    const keyring = multiKeyring({ children: [failing('transient', 'key one'), failing('rejected', 'key two'), failing('not-mine')] })
    await expect(client(keyring).decrypt(await message)).rejects.toMatchObject({
      attempts: [
        { edk: 0, keyId: 'key one', outcome: 'transient' },
        { edk: 0, keyId: 'key two', outcome: 'rejected' },
      ],
      message: expect.stringMatching(/key one: transient.*key two: rejected/),
    })
  })

  it('"not mine" is told once for what is nobody’s', async () => {
    const answer = await multiKeyring({ children: [failing('not-mine'), failing('not-mine')] }).unwrap(
      parseMessage(await message).encryptedDataKeys,
      request,
    )
    expect(answer).toEqual({ attempts: [{ edk: 0, outcome: 'not-mine' }] })
  })

  it.each<[string, unknown, string]>([
    ['anything', new TypeError('a defect'), 'KEY_OPERATIONAL'],
    ['our own transient error', new StrongroomError('KEY_TRANSIENT', 'down'), 'KEY_TRANSIENT'],
    ['our own shredded error', new StrongroomError('KEY_SHREDDED', 'gone'), 'KEY_SHREDDED'],
  ])('a member that threw %s is not taken for a forgery', async (_what, error, code) => {
    await expect(client(multiKeyring({ children: [a, throwing(error)] })).decrypt(await message)).rejects.toMatchObject({
      code,
      cause: error,
    })
  })
})

describe('options', () => {
  it.each<[string, object]>([
    ['generator', {}],
    ['generator', { children: [] }],
    ['generator', { generator: {} }],
    ['generator', { generator: null }],
    ['children', { generator: a, children: a }],
    ['children', { generator: a, children: [undefined] }],
    ['children', { generator: a, children: [{ recipients() {} }] }],
  ])('%s is at fault in %o', (option, options) => {
    expect(() => multiKeyring(options as never)).toThrowError(expect.objectContaining({ code: 'OPTION_INVALID', option }))
  })
})

it('is one wrapping key only where it has one member', () => {
  expect(multiKeyring({ generator: a }).wrappingKeys).toBe(a.wrappingKeys)
  expect(multiKeyring({ generator: a, children: [b] }).wrappingKeys).toBeUndefined()
})
