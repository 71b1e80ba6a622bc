import { describe, expect, it } from 'vitest'
import { defaultMaterials } from './default-materials.ts'
import { contextFromEntries, serialiseContext } from './encryption-context.ts'
import type { Keyring, WrapRequest } from './keyring.ts'
import { rawAesKeyring } from './keyrings/raw-aes-keyring.ts'
import { generateAesKey } from './keys/aes-key.ts'
import { type SuiteId, suiteById } from './suite.ts'

const inner = rawAesKeyring({ namespace: 'test', name: 'kek', key: generateAesKey() })
const context = contextFromEntries([['purpose', 'test']])

function watched(): { materials: ReturnType<typeof defaultMaterials>; requests: WrapRequest[] } {
  const requests: WrapRequest[] = []
  const keyring: Keyring = {
    recipients(request) {
      requests.push(request)
      return inner.recipients(request)
    },
    unwrap(edks, request) {
      requests.push(request)
      return inner.unwrap(edks, request)
    },
  }
  return { materials: defaultMaterials(keyring), requests }
}

describe('the default materials', () => {
  it.each<SuiteId>(['0214', '0346', '0378', '0578'])(
    'of signing suite %s carry a fresh key pair, bound to the data key by the context',
    async (id) => {
      const { materials, requests } = watched()
      const suite = suiteById(id)
      const [one, two] = [await materials.forEncrypt({ suite, context }), await materials.forEncrypt({ suite, context })]
      expect(one.signingKey?.type).toBe('private')
      const [first, second] = [one.context['aws-crypto-public-key'], two.context['aws-crypto-public-key']]
      expect(first).not.toBe(second)
      expect(requests[0]?.aad).toEqual(serialiseContext(one.context))
      const opened = await materials.forDecrypt({ suite, context: one.context, edks: one.edks })
      expect(opened.verificationKey?.type).toBe('public')
      expect(opened.dataKey.equals(one.dataKey)).toBe(true)
      await expect(materials.forDecrypt({ suite, context: two.context, edks: one.edks })).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    },
  )

  it.each<SuiteId>(['0178', '0478'])('of suite %s carry none', async (id) => {
    const { materials } = watched()
    const made = await materials.forEncrypt({ suite: suiteById(id), context })
    expect([made.signingKey, made.context]).toEqual([undefined, context])
    const opened = await materials.forDecrypt({ suite: suiteById(id), context, edks: made.edks })
    expect([opened.verificationKey, opened.openedBy]).toEqual([undefined, { edk: 0, keyId: 'kek' }])
  })

  it('make a data key for each request', async () => {
    const { materials } = watched()
    const suite = suiteById('0478')
    const [one, two] = [await materials.forEncrypt({ suite, context }), await materials.forEncrypt({ suite, context })]
    expect(one.dataKey.equals(two.dataKey)).toBe(false)
  })
})

describe('a half-signed message', () => {
  const publicKey = (text: string) => contextFromEntries([['aws-crypto-public-key', text]])

  it.each<[string, SuiteId, ReturnType<typeof publicKey>]>([
    ['a signing suite without a public key', '0578', context],
    ['a public key without a signing suite', '0478', publicKey('AAAA')],
    ['a public key that is none', '0578', publicKey('AAAA')],
    ['an empty public key', '0578', publicKey('')],
    ['a public key as part of Object.prototype only', '0578', {}],
  ])('with %s is refused before the keyring is asked', async (_what, id, given) => {
    const { materials, requests } = watched()
    const edks = [{ providerId: 'test', providerInfo: Uint8Array.of(1), ciphertext: Uint8Array.of(1) }]
    await expect(materials.forDecrypt({ suite: suiteById(id), context: given, edks })).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    expect(requests).toEqual([])
  })
})

describe('required pairs', () => {
  const suite = suiteById('0478')

  it('are added to what the message stores where the reader reproduces them, and bound to the data key', async () => {
    const { materials, requests } = watched()
    const whole = contextFromEntries([
      ['purpose', 'test'],
      ['tenant', 'a'],
    ])
    const made = await materials.forEncrypt({ suite, context: whole, requiredKeys: ['tenant'] })
    expect(made.requiredKeys).toEqual(['tenant'])
    const opened = await materials.forDecrypt({ suite, context, reproduced: { tenant: 'a' }, requiredKeys: ['tenant'], edks: made.edks })
    expect({ ...opened.context }).toEqual({ purpose: 'test', tenant: 'a' })
    expect(opened.requiredKeys).toEqual(['tenant'])
    expect(requests.at(-1)?.aad).toEqual(serialiseContext(whole))
    const wrong = materials.forDecrypt({ suite, context, reproduced: { tenant: 'b' }, requiredKeys: ['tenant'], edks: made.edks })
    await expect(wrong).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('are only those that were named: other reproduced pairs are not taken for the message’s', async () => {
    const { materials } = watched()
    const made = await materials.forEncrypt({ suite, context })
    const opened = await materials.forDecrypt({ suite, context, reproduced: { tenant: 'a' }, edks: made.edks })
    expect([{ ...opened.context }, opened.requiredKeys]).toEqual([{ purpose: 'test' }, []])
  })
})

it('signal and observer reach the keyring', async () => {
  const { materials, requests } = watched()
  const { signal } = new AbortController()
  const observer = (): void => undefined
  const suite = suiteById('0478')
  const made = await materials.forEncrypt({ suite, context, signal, observer })
  await materials.forDecrypt({ suite, context, edks: made.edks, signal, observer })
  for (const request of requests) expect(request).toMatchObject({ signal, observer })
})
