import { describe, expect, it } from 'vitest'
import { type EncryptionContext, serialiseContext, serialiseContextLegacyOrder } from '../encryption-context.ts'
import { StrongroomError } from '../errors.ts'
import type { EncryptedDataKey, KeySet, Recipient, WrapRequest } from '../keyring.ts'
import { generateAesKey } from '../keys/aes-key.ts'
import { SecretBytes } from '../secret-bytes.ts'
import { suiteById } from '../suite.ts'
import type { AeadKey } from '../wrapping-key.ts'
import { aeadKeyring } from './aead-keyring.ts'
import { rawAesKey } from './raw-aes-keyring.ts'

const context: EncryptionContext = { Zeta: '1', alpha: '2' }
const request: WrapRequest = { suite: suiteById('0478'), context, aad: serialiseContext(context) }
const legacyAad = serialiseContextLegacyOrder(context)

/** A key in versions, as an HSM has: the last is written with, all are read with. */
function versions(...keys: AeadKey[]): KeySet<AeadKey> {
  return { current: async () => keys.at(-1) as AeadKey, named: async (name) => keys.find((key) => key.name === name) }
}

const key = (name: string): AeadKey => rawAesKey({ name, key: generateAesKey() })

async function wrap(keys: KeySet<AeadKey>, given: WrapRequest = request): Promise<EncryptedDataKey> {
  const [recipient] = await aeadKeyring({ namespace: 'hsm', keys }).recipients(given)
  const [edk] = await (recipient as Recipient).wrap(SecretBytes.random(32), given)
  return edk as EncryptedDataKey
}

describe('a key in versions', () => {
  it('writes with the current one and reads with each', async () => {
    const [v1, v2] = [key('v1'), key('v2')]
    const old = await wrap(versions(v1))
    const fresh = await wrap(versions(v1, v2))
    const keyring = aeadKeyring({ namespace: 'hsm', keys: versions(v1, v2) })
    expect((await keyring.recipients(request)).map(({ keyId }) => keyId)).toEqual(['v2'])
    expect(await keyring.unwrap([old], request)).toMatchObject({ keyId: 'v1' })
    expect(await keyring.unwrap([fresh], request)).toMatchObject({ keyId: 'v2' })
    expect(await aeadKeyring({ namespace: 'hsm', keys: versions(v2) }).unwrap([old], request)).toEqual({
      attempts: [{ edk: 0, outcome: 'not-mine' }],
    })
  })

  it('owns what is addressed to the current one', async () => {
    const [v1, v2] = [key('v1'), key('v2')]
    const [old, fresh] = [await wrap(versions(v1)), await wrap(versions(v1, v2))]
    const [recipient] = await aeadKeyring({ namespace: 'hsm', keys: versions(v1, v2) }).recipients(request)
    expect([old, fresh, { ...fresh, providerId: 'x' }].map((edk) => recipient?.owns(edk))).toEqual([false, true, false])
  })
})

describe('a key that seals in another format', () => {
  const sealing = (iv: number, extra: number): AeadKey => ({
    kind: 'aead',
    name: 'odd',
    seal: async (secret) => ({ iv: new Uint8Array(iv), sealed: new Uint8Array(secret.length + extra) }),
    open: async () => SecretBytes.random(32),
  })

  it.each([
    [16, 16],
    [0, 16],
    [12, 12],
    [12, 28],
  ])('with an IV of %i and %i bytes more than the secret is refused, not written', async (iv, extra) => {
    await expect(wrap(versions(sealing(iv, extra)))).rejects.toMatchObject({
      code: 'MATERIALS_INVALID',
      message: expect.stringContaining('odd'),
    })
  })
})

describe('failures of a key', () => {
  /** A key that fails with these codes in turn, and then opens. */
  function failing(...codes: (string | undefined)[]): AeadKey & { readonly aads: Uint8Array[] } {
    const aads: Uint8Array[] = []
    return {
      kind: 'aead',
      name: 'kek',
      aads,
      seal: (...args) => rawAesKey({ name: 'kek', key: generateAesKey() }).seal(...args),
      async open(_iv, _sealed, aad) {
        aads.push(aad)
        const code = codes.shift()
        if (code !== undefined) throw new StrongroomError(code, `failed with ${code}`)
        return SecretBytes.random(32)
      },
    }
  }

  const outcomes: [string, string][] = [
    ['KEY_TRANSIENT', 'transient'],
    ['KEY_OPERATIONAL', 'operational'],
    ['KEY_SHREDDED', 'shredded'],
    ['RUNTIME_UNSUPPORTED', 'operational'],
  ]

  it.each(outcomes)('%s is %s, and is not asked again in the legacy order', async (code, outcome) => {
    const own = failing(code)
    const answer = await aeadKeyring({ namespace: 'hsm', keys: versions(own) }).unwrap([await wrap(versions(key('kek')))], request)
    expect(answer).toMatchObject({ attempts: [{ edk: 0, keyId: 'kek', outcome, cause: { code } }] })
    expect(own.aads).toHaveLength(1)
  })

  it.each(outcomes)('a rejection and then %s, in the legacy order, is %s: not a forgery', async (code, outcome) => {
    const own = failing('MESSAGE_INVALID', code)
    const answer = await aeadKeyring({ namespace: 'hsm', keys: versions(own) }).unwrap([await wrap(versions(key('kek')))], request)
    expect(answer).toMatchObject({ attempts: [{ outcome, cause: { code } }] })
    expect(own.aads.map((aad) => Buffer.compare(aad, request.aad) === 0)).toEqual([true, false])
    expect(Buffer.compare(own.aads[1] as Uint8Array, legacyAad)).toBe(0)
  })

  it('a rejection in an order that has no other is not asked twice', async () => {
    const own = failing('MESSAGE_INVALID')
    const sorted = { alpha: '1', beta: '2' }
    const given = { ...request, context: sorted, aad: serialiseContext(sorted) }
    const answer = await aeadKeyring({ namespace: 'hsm', keys: versions(own) }).unwrap([await wrap(versions(key('kek')), given)], given)
    expect(answer).toMatchObject({ attempts: [{ outcome: 'rejected' }] })
    expect(own.aads).toHaveLength(1)
  })

  it('of a context too long to have been meant is not asked twice: whoever forges a message chooses its length', async () => {
    for (const [pairs, asked] of [
      [256, 2],
      [257, 1],
    ] as const) {
      const own = failing('MESSAGE_INVALID', 'MESSAGE_INVALID')
      const long = Object.fromEntries(Array.from({ length: pairs }, (_, index) => [`${index % 2 ? 'a' : 'Z'}${index}`, '']))
      const given = { ...request, context: long, aad: serialiseContext(long) }
      await aeadKeyring({ namespace: 'hsm', keys: versions(own) }).unwrap([await wrap(versions(key('kek')), given)], given)
      expect(own.aads).toHaveLength(asked)
    }
  })

  it('of one encrypted data key does not hide another', async () => {
    const edk = await wrap(versions(key('kek')))
    const answer = await aeadKeyring({ namespace: 'hsm', keys: versions(failing('KEY_TRANSIENT')) }).unwrap([edk, edk], request)
    expect(answer).toMatchObject({ edk: 1, keyId: 'kek' })
  })

  it('to be found is one too', async () => {
    const keys: KeySet<AeadKey> = {
      current: async () => key('kek'),
      named: async () => {
        throw new StrongroomError('KEY_TRANSIENT', 'no session')
      },
    }
    expect(await aeadKeyring({ namespace: 'hsm', keys }).unwrap([await wrap(keys)], request)).toMatchObject({
      attempts: [{ outcome: 'transient' }],
    })
  })

  it('by an abort rejects with the reason of the signal', async () => {
    const controller = new AbortController()
    const own: AeadKey = {
      ...failing(),
      async open() {
        controller.abort('enough')
        throw new Error('session cancelled')
      },
    }
    const unwrapping = aeadKeyring({ namespace: 'hsm', keys: versions(own) }).unwrap([await wrap(versions(key('kek')))], {
      ...request,
      signal: controller.signal,
    })
    await expect(unwrapping).rejects.toBe('enough')
  })
})

it('a key of a class keeps its this', async () => {
  class HsmKey implements AeadKey {
    readonly kind = 'aead'
    readonly name = 'kek'
    readonly #inner = key('kek')
    seal(...args: Parameters<AeadKey['seal']>): ReturnType<AeadKey['seal']> {
      return this.#inner.seal(...args)
    }
    open(...args: Parameters<AeadKey['open']>): ReturnType<AeadKey['open']> {
      return this.#inner.open(...args)
    }
  }
  const keys = versions(new HsmKey())
  expect(await aeadKeyring({ namespace: 'hsm', keys }).unwrap([await wrap(keys)], request)).toMatchObject({ keyId: 'kek' })
})
