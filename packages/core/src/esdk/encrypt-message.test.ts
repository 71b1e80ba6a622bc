import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { contextFromEntries } from '../encryption-context.ts'
import type { EncryptedDataKey } from '../keyring.ts'
import type { EncryptMaterials, Materials } from '../materials.ts'
import { systemRandom } from '../random.ts'
import { SecretBytes } from '../secret-bytes.ts'
import { generateSigningKey } from '../signature.ts'
import { type SuiteId, suiteById } from '../suite.ts'
import { type EncryptedMessage, encryptMessage } from './encrypt-message.ts'

const edk: EncryptedDataKey = { providerId: 'p', providerInfo: Uint8Array.of(1), ciphertext: Uint8Array.of(2) }

interface Trial {
  readonly secrets: SecretBytes[]
  run(change?: Partial<EncryptMaterials>, plaintext?: Uint8Array): Promise<EncryptedMessage>
}

/** Encrypts with materials that are as they should be, but for a change. */
function trial(suiteId: SuiteId, maxEncryptedDataKeys = 2): Trial {
  const suite = suiteById(suiteId)
  const secrets: SecretBytes[] = []
  return {
    secrets,
    async run(change = {}, plaintext = new Uint8Array(5)) {
      const pair = suite.signature === undefined ? undefined : await generateSigningKey(suite.signature)
      const publicKey: [string, string][] = pair === undefined ? [] : [['aws-crypto-public-key', pair.publicKey]]
      const context = contextFromEntries([['purpose', 'test'], ...publicKey])
      const materials: Materials = {
        forEncrypt: async () => {
          const dataKey = change.dataKey ?? SecretBytes.random(suite.dataKeyLength)
          secrets.push(dataKey)
          return { suite, context, requiredKeys: [], edks: [edk], signingKey: pair?.signingKey, ...change, dataKey }
        },
        forDecrypt() {
          throw new Error('not asked')
        },
      }
      return encryptMessage(plaintext, {
        materials,
        commitmentPolicy: suite.commits ? 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT' : 'FORBID_ENCRYPT_ALLOW_DECRYPT',
        suite,
        context: contextFromEntries([['purpose', 'test']]),
        requiredKeys: [],
        frameLength: 16,
        maxEncryptedDataKeys,
        random: systemRandom,
      })
    },
  }
}

describe('encryption materials that lie are refused, and their data key is disposed', () => {
  const p384 = (): EncryptMaterials['signingKey'] => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
  const cases: [string, SuiteId, () => Partial<EncryptMaterials>][] = [
    ['another suite, that commits too', '0578', () => ({ suite: suiteById('0478') })],
    ['a weaker suite', '0478', () => ({ suite: suiteById('0178') })],
    ['a data key that is too short', '0478', () => ({ dataKey: SecretBytes.random(16) })],
    ['a data key that is too long', '0114', () => ({ dataKey: SecretBytes.random(32) })],
    ['no encrypted data key', '0478', () => ({ edks: [] })],
    ['no signing key for a signing suite', '0578', () => ({ signingKey: undefined })],
    ['a signing key of another curve', '0578', () => ({ signingKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey })],
    ['a signing key of a longer curve', '0214', () => ({ signingKey: p384() })],
    ['a signing key that is RSA', '0578', () => ({ signingKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey })],
    ['a signing key that is Ed25519', '0578', () => ({ signingKey: generateKeyPairSync('ed25519').privateKey })],
    ['a context that lacks a pair', '0478', () => ({ context: contextFromEntries([]) })],
    ['a context with another value', '0478', () => ({ context: contextFromEntries([['purpose', 'other']]) })],
    ['a required key that is not in the context', '0478', () => ({ requiredKeys: ['absent'] })],
    ['a field too long for the format', '0478', () => ({ edks: [{ ...edk, ciphertext: new Uint8Array(65_536) }] })],
    ['a provider id too long for the format', '0478', () => ({ edks: [{ ...edk, providerId: 'ü'.repeat(32_768) }] })],
  ]

  it.each(cases)('%s, under %s', async (_what, suite, change) => {
    const { run, secrets } = trial(suite)
    await expect(run(change())).rejects.toMatchObject({ code: 'MATERIALS_INVALID' })
    expect(secrets.map(({ disposed }) => disposed)).toEqual([true])
  })

  it('more encrypted data keys than allowed', async () => {
    const { run, secrets } = trial('0478')
    await run({ edks: [edk, edk] })
    await expect(run({ edks: [edk, edk, edk] })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', option: 'maxEncryptedDataKeys' })
    expect(secrets.map(({ disposed }) => disposed)).toEqual([true, true])
  })

  it('a signing key that is only public', async () => {
    const { run } = trial('0578')
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    await expect(run({ signingKey: createPublicKey(privateKey) })).rejects.toBeInstanceOf(Error)
  })
})

describe('the length of a message', () => {
  // Version 1: 2 + 2 + 16, context 2 + 2 + 4 + 7 + 4, count 2, one encrypted data key 6 + 3, then 1 + 4 + 1 + 4, IV 12, tag 16.
  // Version 2: 1 + 2 + 32, context 2 + 2 + 4 + 7 + 4, count 2, one encrypted data key 6 + 3, then 1 + 4, commitment 32, tag 16.
  it.each<[SuiteId, number]>([
    ['0078', 88],
    ['0178', 88],
    ['0478', 118],
  ])('of suite %s is known ahead: a header of %i bytes, then frames', async (suite, header) => {
    for (const [length, regular] of [
      [0, 0],
      [16, 0],
      [17, 1],
      [48, 2],
      [49, 3],
    ] as const) {
      const { ciphertext } = await trial(suite).run({}, new Uint8Array(length))
      expect(ciphertext).toHaveLength(header + length + regular * 32 + 40)
    }
  })

  it.each<SuiteId>(['0214', '0346', '0378', '0578'])('of signing suite %s never varies', async (suite) => {
    const lengths = new Set<number>()
    for (let count = 0; count < 8; count += 1) lengths.add((await trial(suite).run()).ciphertext.length)
    expect(lengths.size).toBe(1)
  })
})
