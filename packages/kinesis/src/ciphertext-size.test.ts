import {
  createEncryptionClient,
  type EncryptionContext,
  generateAesKey,
  multiKeyring,
  parseMessage,
  rawAesKeyring,
  type SuiteId,
} from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { leastKeyBytes, messageOverhead } from './ciphertext-size.ts'

const keyring = rawAesKeyring({ namespace: 'lab', name: 'k', key: generateAesKey() })
const committing: readonly SuiteId[] = ['0478', '0578']
const others: readonly SuiteId[] = ['0014', '0046', '0078', '0114', '0146', '0178', '0214', '0346', '0378']

describe('the overhead of a message', () => {
  it.each([...committing, ...others])('is what suite %s writes beside plaintext and encrypted data keys', async (suite) => {
    const commitmentPolicy = committing.includes(suite) ? 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT' : 'FORBID_ENCRYPT_ALLOW_DECRYPT'
    const client = createEncryptionClient({ keyring, suite, commitmentPolicy })
    for (const encryptionContext of [{ a: 'b' }, { 'strongroom-stream': 'ordérs', b: '' }] satisfies EncryptionContext[]) {
      for (const length of [0, 1, 4096]) {
        const { ciphertext } = await client.encrypt(new Uint8Array(length), { encryptionContext, frameLength: 4096 })
        const keys = parseMessage(ciphertext).encryptedDataKeys.reduce(
          (total, edk) => total + 6 + edk.providerId.length + edk.providerInfo.length + edk.ciphertext.length,
          0,
        )
        expect(messageOverhead(suite, encryptionContext) + keys + length).toBe(ciphertext.length)
      }
    }
  })

  it('is the 404 and 482 bytes that were measured with one KMS key, with no more context than that', async () => {
    const kms = await leastKeyBytes(undefined)
    expect(kms).toBe(272)
    // An empty context takes no count of pairs.
    expect(messageOverhead('0478', {}) - 2 + kms).toBe(404)
  })
})

describe('the least that encrypted data keys take', () => {
  it('is nothing for a single key outside of KMS, and one KMS key where it is not known', async () => {
    expect(await leastKeyBytes(keyring)).toBe(0)
    expect(await leastKeyBytes(multiKeyring({ generator: keyring, children: [keyring] }))).toBe(272)
  })

  it('goes by the ARN of the KMS key', async () => {
    const keyId = 'arn:aws:kms:ap-southeast-2:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab'
    const kmsKey = { kind: 'kms', keyId } as const
    const kms = { ...keyring, wrappingKeys: { current: async () => kmsKey as never, named: async () => undefined } }
    expect(await leastKeyBytes(kms)).toBe(197 + keyId.length)
    const broken = { ...keyring, wrappingKeys: { current: async () => Promise.reject(new Error('down')), named: async () => undefined } }
    expect(await leastKeyBytes(broken)).toBe(272)
  })
})
