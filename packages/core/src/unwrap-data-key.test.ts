import { describe, expect, it } from 'vitest'
import { emptyContext } from './encryption-context.ts'
import { StrongroomError } from './errors.ts'
import { messageInvalid } from './esdk/message-invalid.ts'
import type { Attempt, AttemptOutcome, EncryptedDataKey, Keyring, UnwrapFailure, Unwrapped, WrapRequest } from './keyring.ts'
import type { ObserverEvent } from './observer.ts'
import { SecretBytes } from './secret-bytes.ts'
import { suiteById } from './suite.ts'
import { unwrapDataKey } from './unwrap-data-key.ts'

const request: WrapRequest = { suite: suiteById('0478'), context: emptyContext, aad: new Uint8Array(0) }
const edks: readonly EncryptedDataKey[] = [0, 1, 2].map((index) => ({
  providerId: 'test',
  providerInfo: Uint8Array.of(index),
  ciphertext: Uint8Array.of(1),
}))

interface Script extends Keyring {
  /** The encrypted data keys of each call, by their index in `edks`. */
  readonly asked: number[][]
  readonly secrets: SecretBytes[]
}

/** A keyring that answers from a list, one answer a call. A number as secret stands for a secret of that length. */
function script(...answers: ({ secret: number; edk: number } | { attempts: readonly Attempt[] })[]): Script {
  const asked: number[][] = []
  const secrets: SecretBytes[] = []
  return {
    asked,
    secrets,
    recipients: async () => [],
    async unwrap(given): Promise<Unwrapped | UnwrapFailure> {
      asked.push(given.map(({ providerInfo }) => providerInfo[0] as number))
      const answer = answers.shift()
      if (answer === undefined) throw new Error('asked once too often')
      if ('attempts' in answer) return answer
      const secret = SecretBytes.random(answer.secret)
      secrets.push(secret)
      return { secret, edk: answer.edk, keyId: `key ${answer.edk}` }
    },
  }
}

async function failure(...attempts: Attempt[]): Promise<StrongroomError & { attempts?: readonly Attempt[] }> {
  try {
    await unwrapDataKey(script({ attempts }), edks, 32, request)
  } catch (error) {
    return error as StrongroomError
  }
  throw new Error('it opened')
}

describe('an opened data key', () => {
  it('is answered with its place and key, and told to the observer', async () => {
    const events: ObserverEvent[] = []
    const keyring = script({ secret: 32, edk: 1 })
    const opened = await unwrapDataKey(keyring, edks, 32, { ...request, observer: (event) => events.push(event) })
    expect(opened).toEqual({ secret: keyring.secrets[0], edk: 1, keyId: 'key 1' })
    expect(opened.secret.disposed).toBe(false)
    expect(events).toMatchObject([{ type: 'dataKey.unwrapped', suite: '0478', keyId: 'key 1' }])
  })

  it('of the wrong length is disposed, and the keyring is asked again without it', async () => {
    const keyring = script({ secret: 16, edk: 1 }, { secret: 31, edk: 0 }, { secret: 32, edk: 0 })
    const opened = await unwrapDataKey(keyring, edks, 32, request)
    expect(keyring.asked).toEqual([[0, 1, 2], [0, 2], [2]])
    // Its place is the one among all, not among those that were left.
    expect(opened.edk).toBe(2)
    expect(keyring.secrets.map(({ disposed }) => disposed)).toEqual([true, true, false])
  })

  it('of the wrong length every time ends as a rejected message', async () => {
    const keyring = script({ secret: 16, edk: 0 }, { secret: 0, edk: 0 }, { secret: 33, edk: 0 })
    await expect(unwrapDataKey(keyring, edks, 32, request)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    expect(keyring.asked).toEqual([[0, 1, 2], [1, 2], [2]])
    expect(keyring.secrets.every(({ disposed }) => disposed)).toBe(true)
  })

  it.each([3, -1, 0.5, Number.NaN])('at a place that was not given (%d) is a defect of the keyring, and is disposed', async (edk) => {
    const keyring = script({ secret: 32, edk })
    await expect(unwrapDataKey(keyring, edks, 32, request)).rejects.toMatchObject({ code: 'MATERIALS_INVALID' })
    expect(keyring.secrets.map(({ disposed }) => disposed)).toEqual([true])
  })
})

describe('the worst class among the attempts is the error', () => {
  const order: [AttemptOutcome, string][] = [
    ['transient', 'KEY_TRANSIENT'],
    ['operational', 'KEY_OPERATIONAL'],
    ['shredded', 'KEY_SHREDDED'],
    ['rejected', 'MESSAGE_INVALID'],
    ['not-mine', 'MESSAGE_INVALID'],
  ]

  it.each(order)('%s alone is %s', async (outcome, code) => {
    expect(await failure({ edk: 0, outcome })).toMatchObject({ code, attempts: [{ edk: 0, outcome }] })
  })

  it.each(order.flatMap(([worse, code], index) => order.slice(index + 1).map(([better]) => [worse, better, code] as const)))(
    '%s beats %s, in whatever order: %s',
    async (worse, better, code) => {
      expect((await failure({ edk: 0, outcome: better }, { edk: 1, outcome: worse })).code).toBe(code)
      expect((await failure({ edk: 0, outcome: worse }, { edk: 1, outcome: better })).code).toBe(code)
    },
  )

  it('is transient even where other data keys opened to the wrong length', async () => {
    const keyring = script({ secret: 16, edk: 0 }, { attempts: [{ edk: 1, outcome: 'transient' }] })
    await expect(unwrapDataKey(keyring, edks, 32, request)).rejects.toMatchObject({
      code: 'KEY_TRANSIENT',
      attempts: [
        { edk: 0, outcome: 'rejected' },
        { edk: 2, outcome: 'transient' },
      ],
    })
  })
})

describe('the error', () => {
  it('names every key and what came of it, with our own reasons and only the names of others’', async () => {
    const error = await failure(
      { edk: 0, keyId: 'key a', outcome: 'transient', cause: Object.assign(new Error('secret-in-text'), { name: 'ThrottlingException' }) },
      { edk: 1, keyId: 'key b', outcome: 'rejected', cause: new StrongroomError('MESSAGE_INVALID', 'Our own reason.') },
      { edk: 2, outcome: 'not-mine' },
    )
    expect(error.message).toContain('encrypted data key 0 under key a: transient, ThrottlingException')
    expect(error.message).toContain('encrypted data key 1 under key b: rejected, Our own reason.')
    expect(error.message).toContain('encrypted data key 2: not-mine')
    expect(error.message).not.toContain('secret-in-text')
    expect(error.cause).toMatchObject({ name: 'ThrottlingException' })
  })

  it('gives the reason of an attempt, but our own words before it', async () => {
    const error = await failure(
      { edk: 0, keyId: 'key a', outcome: 'not-mine', reason: 'account-not-allowed' },
      { edk: 1, keyId: 'key b', outcome: 'transient', reason: 'ThrottlingException', cause: new TypeError('x') },
      { edk: 2, outcome: 'rejected', reason: 'unread', cause: new StrongroomError('MESSAGE_INVALID', 'Our own reason.') },
    )
    expect(error.message).toContain('encrypted data key 0 under key a: not-mine, account-not-allowed')
    expect(error.message).toContain('encrypted data key 1 under key b: transient, ThrottlingException')
    expect(error.message).toContain('encrypted data key 2: rejected, Our own reason.')
    expect(error.message).not.toContain('unread')
  })

  it('of an attempt that must not be told is the one of a forged message, letter for letter', async () => {
    const plain = messageInvalid()
    for (const others of [[], [{ edk: 1, outcome: 'not-mine' }], [{ edk: 1, keyId: 'k', outcome: 'rejected' }]] as Attempt[][]) {
      const error = await failure({ edk: 0, outcome: 'rejected', untold: true }, ...others)
      expect([error.code, error.message, Object.keys(error), error.cause]).toEqual([
        plain.code,
        plain.message,
        Object.keys(plain),
        undefined,
      ])
      expect(error.constructor).toBe(plain.constructor)
    }
  })

  it('of an attempt that must not be told does not hide a worse one, and is not in its list', async () => {
    const error = await failure({ edk: 0, outcome: 'rejected', untold: true }, { edk: 1, outcome: 'transient' })
    expect(error).toMatchObject({ code: 'KEY_TRANSIENT', attempts: [{ edk: 1 }] })
    expect(error.attempts).toHaveLength(1)
    expect(error.message).not.toContain('encrypted data key 0')
  })

  it('is told to the observer, attempt by attempt, but for what is not ours or must not be told', async () => {
    const events: ObserverEvent[] = []
    const attempts: Attempt[] = [
      { edk: 0, keyId: 'key a', outcome: 'operational', reason: 'AccessDeniedException', cause: new TypeError('x') },
      { edk: 1, outcome: 'not-mine', reason: 'account-not-allowed' },
      { edk: 2, outcome: 'rejected', untold: true },
    ]
    await expect(unwrapDataKey(script({ attempts }), edks, 32, { ...request, observer: (event) => events.push(event) })).rejects.toThrow()
    expect(events).toEqual([
      { type: 'keyring.failed', outcome: 'operational', keyId: 'key a', reason: 'AccessDeniedException', error: 'TypeError' },
    ])
  })
})
