import { describe, expect, it } from 'vitest'
import { contextFromEntries, type EncryptionContext } from '../encryption-context.ts'
import type { DecryptMaterials, DecryptRequest, EncryptMaterials, Materials } from '../materials.ts'
import { systemRandom } from '../random.ts'
import { SecretBytes } from '../secret-bytes.ts'
import { generateSigningKey, parseVerificationKey } from '../signature.ts'
import { type Suite, type SuiteId, suiteById } from '../suite.ts'
import { type DecryptedMessage, decryptMessage } from './decrypt-message.ts'
import { encryptMessage } from './encrypt-message.ts'
import { parseHeader } from './header.ts'
import { headerTag } from './header-authentication.ts'
import { deriveKeys } from './key-derivation.ts'

const text = new TextEncoder().encode('plaintext')

interface Trial {
  readonly ciphertext: Uint8Array
  readonly dataKey: SecretBytes
  readonly secrets: SecretBytes[]
  readonly requests: DecryptRequest[]
  /** Decrypts with materials that are as they should be, but for a change. */
  open(change?: Partial<DecryptMaterials>, message?: Uint8Array, expected?: EncryptionContext): Promise<DecryptedMessage>
}

async function trial(suiteId: SuiteId, requiredKeys: readonly string[] = []): Promise<Trial> {
  const suite: Suite<SuiteId> = suiteById(suiteId)
  const dataKey = SecretBytes.random(suite.dataKeyLength)
  const pair = suite.signature === undefined ? undefined : await generateSigningKey(suite.signature)
  const publicKey: [string, string][] = pair === undefined ? [] : [['aws-crypto-public-key', pair.publicKey]]
  const context = contextFromEntries([['purpose', 'test'], ['hidden', 'pair'], ...publicKey])
  const edks = [{ providerId: 'p', providerInfo: Uint8Array.of(1), ciphertext: Uint8Array.of(2) }]
  const secrets: SecretBytes[] = []
  const requests: DecryptRequest[] = []
  let change: Partial<DecryptMaterials> = {}
  const materials: Materials = {
    forEncrypt: (): EncryptMaterials => ({ suite, context, requiredKeys, dataKey: dataKey.share(), edks, signingKey: pair?.signingKey }),
    async forDecrypt(request): Promise<DecryptMaterials> {
      requests.push(request)
      const secret = change.dataKey ?? dataKey.share()
      secrets.push(secret)
      const verificationKey = pair && suite.signature && parseVerificationKey(suite.signature, pair.publicKey)
      return { suite, context, requiredKeys, verificationKey, openedBy: { edk: 0, keyId: 'k' }, ...change, dataKey: secret }
    },
  }
  const common = {
    materials,
    commitmentPolicy: suite.commits ? ('REQUIRE_ENCRYPT_ALLOW_DECRYPT' as const) : ('FORBID_ENCRYPT_ALLOW_DECRYPT' as const),
    maxEncryptedDataKeys: 16,
  }
  const made = await encryptMessage(text, { ...common, suite, context, requiredKeys, frameLength: 4, random: systemRandom })
  return {
    ciphertext: made.ciphertext,
    dataKey,
    secrets,
    requests,
    open(given = {}, message = made.ciphertext, expectedContext = contextFromEntries([])) {
      change = given
      return decryptMessage(message, { ...common, expectedContext, netV400Retry: false })
    },
  }
}

describe('decryption materials that lie are refused, and their data key is disposed', () => {
  it.each<[string, SuiteId, Partial<DecryptMaterials>, string]>([
    ['another suite', '0478', { suite: suiteById('0578') }, 'MATERIALS_INVALID'],
    ['a weaker suite', '0478', { suite: suiteById('0178') }, 'MATERIALS_INVALID'],
    ['a data key that is too short', '0478', { dataKey: SecretBytes.random(16) }, 'MATERIALS_INVALID'],
    ['another data key, under commitment', '0478', { dataKey: SecretBytes.random(32) }, 'MESSAGE_INVALID'],
    ['another data key, without commitment', '0178', { dataKey: SecretBytes.random(32) }, 'MESSAGE_INVALID'],
    ['no verification key', '0578', { verificationKey: undefined }, 'MESSAGE_INVALID'],
    ['a context that is not the message’s', '0478', { context: contextFromEntries([['purpose', 'other']]) }, 'MATERIALS_INVALID'],
    ['a context without a pair of the message', '0478', { context: contextFromEntries([['purpose', 'test']]) }, 'MATERIALS_INVALID'],
    [
      'a context with a pair that nothing authenticates',
      '0478',
      {
        context: contextFromEntries([
          ['purpose', 'test'],
          ['hidden', 'pair'],
          ['tenant', 'forged'],
        ]),
      },
      'MATERIALS_INVALID',
    ],
    ['a required key that its context lacks', '0478', { requiredKeys: ['absent'] }, 'MATERIALS_INVALID'],
  ])('%s, under %s', async (_what, suite, change, code) => {
    const { open, secrets } = await trial(suite)
    await expect(open(change)).rejects.toMatchObject({ code })
    expect(secrets.map(({ disposed }) => disposed)).toEqual([true])
  })

  it('a verification key of somebody else', async () => {
    const { open } = await trial('0578')
    const signature = suiteById('0578').signature as NonNullable<Suite['signature']>
    const other = await generateSigningKey(signature)
    await expect(open({ verificationKey: parseVerificationKey(signature, other.publicKey) })).rejects.toMatchObject({
      code: 'MESSAGE_INVALID',
    })
  })
})

describe('a commitment', () => {
  it.each<SuiteId>(['0478', '0578'])(
    'of suite %s that is not the data key’s is refused, though whoever holds the key sealed the header',
    async (id) => {
      const { ciphertext, dataKey, open } = await trial(id)
      const suite = suiteById(id)
      const { body, messageId } = parseHeader(ciphertext, { maxEncryptedDataKeys: 16 })
      const { contentKey } = deriveKeys(suite, dataKey, messageId)
      const reseal = (flip: number): Uint8Array => {
        const forged = Uint8Array.from(ciphertext)
        forged[body.length - 1] = (forged[body.length - 1] as number) ^ flip
        forged.set(headerTag(suite, contentKey, forged.subarray(0, body.length), new Uint8Array(0)), body.length)
        return forged
      }
      expect(reseal(0)).toEqual(ciphertext)
      await expect(open({}, reseal(1))).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    },
  )
})

describe('pairs that are authenticated but not stored', () => {
  it('are not in the message, and it opens only with them', async () => {
    const { ciphertext, open } = await trial('0478', ['hidden'])
    expect(Buffer.from(ciphertext).includes('hidden')).toBe(false)
    expect((await open()).encryptionContext).toEqual({ purpose: 'test', hidden: 'pair' })
    await expect(
      open({
        context: contextFromEntries([
          ['purpose', 'test'],
          ['hidden', 'other'],
        ]),
      }),
    ).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    await expect(open({ requiredKeys: [], context: contextFromEntries([['purpose', 'test']]) })).rejects.toMatchObject({
      code: 'MESSAGE_INVALID',
    })
    await expect(open({ requiredKeys: [] })).rejects.toMatchObject({ code: 'MATERIALS_INVALID' })
  })
})

describe('a message that is not as it was written', () => {
  const suites: SuiteId[] = ['0014', '0178', '0378', '0478', '0578']

  it.each(suites)('of suite %s does not open, cut anywhere', async (suite) => {
    const { ciphertext, open } = await trial(suite)
    const step = suite === '0378' || suite === '0578' ? 7 : 1
    for (let length = 0; length < ciphertext.length; length += step) {
      await expect(open({}, ciphertext.subarray(0, length))).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    }
  })

  it.each(suites)('of suite %s does not open with a byte more', async (suite) => {
    const { ciphertext, open } = await trial(suite)
    await expect(open({}, Uint8Array.of(...ciphertext, 0))).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    await expect(open({}, Uint8Array.of(...ciphertext, ...ciphertext))).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('does not open without its signature, or with the signature of another message', async () => {
    const one = await trial('0578')
    const other = await trial('0578')
    const footer = 2 + 103
    await expect(one.open({}, one.ciphertext.subarray(0, -footer))).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    const swapped = Uint8Array.of(...one.ciphertext.subarray(0, -footer), ...other.ciphertext.subarray(-footer))
    await expect(one.open({}, swapped)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('does not open with frames of another message under the same data key', async () => {
    const { ciphertext, open } = await trial('0478')
    const frames = 4 + 12 + 4 + 16
    const swapped = Uint8Array.from(ciphertext)
    const first = ciphertext.length - (40 + 1) - 2 * frames
    swapped.set(ciphertext.subarray(first + frames, first + 2 * frames), first)
    swapped.set(ciphertext.subarray(first, first + frames), first + frames)
    await expect(open({}, swapped)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    expect((await open({}, ciphertext)).plaintext).toEqual(text)
  })

  it('is refused by its context before any key is asked', async () => {
    const { open, requests } = await trial('0478')
    const expected = contextFromEntries([['purpose', 'other']])
    await expect(open({}, undefined, expected)).rejects.toMatchObject({ code: 'CONTEXT_MISMATCH', contextKey: 'purpose' })
    expect(requests).toHaveLength(0)
  })
})
