import assert from 'node:assert/strict'
import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GetPublicKeyCommand,
  type KMSClient,
} from '@aws-sdk/client-kms'
import { type ConformanceCheck, refused } from './check.ts'
import { newKey } from './kms-key.ts'

const curves = [
  ['ECC_NIST_P256', 'P-256', 32],
  ['ECC_NIST_P384', 'P-384', 48],
  ['ECC_NIST_P521', 'P-521', 66],
] as const

const KeyAgreementAlgorithm = 'ECDH'

const newEccKey = (client: KMSClient, KeySpec: (typeof curves)[number][0] = 'ECC_NIST_P256'): Promise<string> =>
  newKey(client, { KeySpec, KeyUsage: 'KEY_AGREEMENT' })

const spki = (key: KeyObject): Uint8Array => key.export({ type: 'spki', format: 'der' })

const outside = (namedCurve: string): { publicKey: KeyObject; privateKey: KeyObject } => generateKeyPairSync('ec', { namedCurve })

/** Keys that agree on secrets. */
export const kmsAgreementChecks: readonly ConformanceCheck<KMSClient>[] = [
  ...curves.map(
    ([KeySpec, curve, length]): ConformanceCheck<KMSClient> => ({
      name: `DeriveSharedSecret agrees with a key outside on ${curve}`,
      async run(client) {
        const KeyId = await newEccKey(client, KeySpec)
        const published = await client.send(new GetPublicKeyCommand({ KeyId }))
        assert.equal(published.KeySpec, KeySpec)
        assert.equal(published.KeyUsage, 'KEY_AGREEMENT')
        const publicKey = createPublicKey({ key: Buffer.from(published.PublicKey ?? []), format: 'der', type: 'spki' })
        const own = outside(curve)
        const answer = await client.send(new DeriveSharedSecretCommand({ KeyId, KeyAgreementAlgorithm, PublicKey: spki(own.publicKey) }))
        assert.equal(answer.KeyId, KeyId)
        assert.equal(answer.KeyAgreementAlgorithm, 'ECDH')
        assert.equal(answer.SharedSecret?.length, length)
        assert.deepEqual(Buffer.from(answer.SharedSecret ?? []), diffieHellman({ privateKey: own.privateKey, publicKey }))
      },
    }),
  ),
  {
    name: 'a key for agreement tells its algorithm',
    async run(client) {
      const KeyId = await newEccKey(client)
      const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }))
      assert.deepEqual(KeyMetadata?.KeyAgreementAlgorithms, ['ECDH'])
      assert.deepEqual((await client.send(new GetPublicKeyCommand({ KeyId }))).KeyAgreementAlgorithms, ['ECDH'])
    },
  },
  {
    name: 'DeriveSharedSecret refuses a key on another curve',
    async run(client) {
      const PublicKey = spki(outside('P-384').publicKey)
      const call = client.send(new DeriveSharedSecretCommand({ KeyId: await newEccKey(client), KeyAgreementAlgorithm, PublicKey }))
      await refused(call, 'ValidationException')
    },
  },
  {
    name: 'DeriveSharedSecret refuses what is no public key',
    async run(client) {
      const KeyId = await newEccKey(client)
      const offTheCurve = Uint8Array.from(spki(outside('P-256').publicKey))
      offTheCurve[90] = (offTheCurve[90] ?? 0) ^ 1
      for (const PublicKey of [Buffer.from('not a key'), offTheCurve]) {
        await refused(client.send(new DeriveSharedSecretCommand({ KeyId, KeyAgreementAlgorithm, PublicKey })), 'ValidationException')
      }
    },
  },
  {
    name: 'DeriveSharedSecret refuses keys that are not for agreement, which in turn do not encrypt',
    async run(client) {
      const PublicKey = spki(outside('P-256').publicKey)
      const call = client.send(new DeriveSharedSecretCommand({ KeyId: await newKey(client), KeyAgreementAlgorithm, PublicKey }))
      await refused(call, 'InvalidKeyUsageException')
      const input = { KeyId: await newEccKey(client), Plaintext: Buffer.from('plaintext') }
      await refused(client.send(new EncryptCommand(input)), 'InvalidKeyUsageException')
    },
  },
  {
    name: 'a disabled key agrees on nothing',
    async run(client) {
      const KeyId = await newEccKey(client)
      await client.send(new DisableKeyCommand({ KeyId }))
      const PublicKey = spki(outside('P-256').publicKey)
      await refused(client.send(new DeriveSharedSecretCommand({ KeyId, KeyAgreementAlgorithm, PublicKey })), 'DisabledException')
    },
  },
]
