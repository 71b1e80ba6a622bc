import assert from 'node:assert/strict'
import { constants, createPublicKey, publicEncrypt } from 'node:crypto'
import {
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetPublicKeyCommand,
  type KMSClient,
  ReEncryptCommand,
} from '@aws-sdk/client-kms'
import { type ConformanceCheck, refused } from './check.ts'
import { encrypted, newKey } from './kms-key.ts'

const Plaintext = Buffer.from('plaintext')
const algorithms = [
  ['RSAES_OAEP_SHA_1', 'sha1', 214],
  ['RSAES_OAEP_SHA_256', 'sha256', 190],
] as const

const newRsaKey = (client: KMSClient): Promise<string> => newKey(client, { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' })

/** Encrypts with the public half, away from the service. */
async function sealedOutside(client: KMSClient, KeyId: string, oaepHash: string): Promise<Uint8Array> {
  const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }))
  const key = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' })
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, Plaintext)
}

/** RSA keys that encrypt and decrypt. */
export const kmsRsaChecks: readonly ConformanceCheck<KMSClient>[] = [
  {
    name: 'an RSA key tells what it is for, and gives out its public half',
    async run(client) {
      const KeyId = await newRsaKey(client)
      const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }))
      const answer = await client.send(new GetPublicKeyCommand({ KeyId }))
      for (const facts of [KeyMetadata, answer]) {
        assert.equal(facts?.KeySpec, 'RSA_2048')
        assert.equal(facts?.KeyUsage, 'ENCRYPT_DECRYPT')
        assert.deepEqual(
          facts?.EncryptionAlgorithms?.toSorted(),
          algorithms.map(([name]) => name),
        )
      }
      assert.equal(answer.KeyId, KeyId)
      const key = createPublicKey({ key: Buffer.from(answer.PublicKey ?? []), format: 'der', type: 'spki' })
      assert.equal(key.asymmetricKeyDetails?.modulusLength, 2048)
    },
  },
  {
    name: 'GetPublicKey refuses a symmetric key, a disabled one and one that does not exist',
    async run(client) {
      await refused(client.send(new GetPublicKeyCommand({ KeyId: await newKey(client) })), 'UnsupportedOperationException')
      const KeyId = await newRsaKey(client)
      await client.send(new DisableKeyCommand({ KeyId }))
      await refused(client.send(new GetPublicKeyCommand({ KeyId })), 'DisabledException')
      await refused(client.send(new GetPublicKeyCommand({ KeyId: 'alias/conformance/nobody' })), 'NotFoundException')
    },
  },
  ...algorithms.map(
    ([EncryptionAlgorithm, oaepHash]): ConformanceCheck<KMSClient> => ({
      name: `Decrypt opens what was encrypted outside with ${EncryptionAlgorithm}`,
      async run(client) {
        const KeyId = await newRsaKey(client)
        const CiphertextBlob = await sealedOutside(client, KeyId, oaepHash)
        const opened = await client.send(new DecryptCommand({ KeyId, CiphertextBlob, EncryptionAlgorithm }))
        assert.equal(Buffer.from(opened.Plaintext ?? []).toString(), 'plaintext')
        assert.equal(opened.KeyId, KeyId)
        assert.equal(opened.EncryptionAlgorithm, EncryptionAlgorithm)
        assert.equal(opened.KeyMaterialId, undefined)
      },
    }),
  ),
  ...algorithms.map(
    ([EncryptionAlgorithm, , most]): ConformanceCheck<KMSClient> => ({
      name: `Encrypt with ${EncryptionAlgorithm} answers as many bytes as the modulus has, of at most ${most}`,
      async run(client) {
        const KeyId = await newRsaKey(client)
        const longest = Buffer.alloc(most, 7)
        const sealed = await client.send(new EncryptCommand({ KeyId, Plaintext: longest, EncryptionAlgorithm }))
        assert.equal(sealed.CiphertextBlob?.length, 256)
        const opened = await client.send(new DecryptCommand({ KeyId, CiphertextBlob: sealed.CiphertextBlob, EncryptionAlgorithm }))
        assert.deepEqual(Buffer.from(opened.Plaintext ?? []), longest)
        await refused(
          client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(most + 1), EncryptionAlgorithm })),
          'ValidationException',
        )
      },
    }),
  ),
  {
    name: 'an RSA key is used with its own algorithms only, and makes no data keys',
    async run(client) {
      const KeyId = await newRsaKey(client)
      await refused(client.send(new EncryptCommand({ KeyId, Plaintext })), 'InvalidKeyUsageException')
      const CiphertextBlob = await encrypted(client, await newKey(client))
      await refused(client.send(new DecryptCommand({ KeyId, CiphertextBlob })), 'InvalidKeyUsageException')
      await refused(client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' })), 'InvalidKeyUsageException')
    },
  },
  {
    name: 'an RSA key takes no encryption context',
    async run(client) {
      const input = { KeyId: await newRsaKey(client), Plaintext, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' } as const
      await refused(client.send(new EncryptCommand({ ...input, EncryptionContext: { purpose: 'orders' } })), 'ValidationException')
    },
  },
  {
    name: 'Decrypt needs to be told the RSA key',
    async run(client) {
      const EncryptionAlgorithm = 'RSAES_OAEP_SHA_256'
      const CiphertextBlob = await sealedOutside(client, await newRsaKey(client), 'sha256')
      const call = client.send(new DecryptCommand({ CiphertextBlob, EncryptionAlgorithm }))
      await refused(call, 'ValidationException', 'InvalidCiphertextException')
    },
  },
  {
    name: 'Decrypt refuses what was encrypted to another RSA key, with the other hash, or cut off',
    async run(client) {
      const [KeyId, other] = [await newRsaKey(client), await newRsaKey(client)]
      const EncryptionAlgorithm = 'RSAES_OAEP_SHA_256'
      const good = await sealedOutside(client, KeyId, 'sha256')
      for (const CiphertextBlob of [
        await sealedOutside(client, other, 'sha256'),
        await sealedOutside(client, KeyId, 'sha1'),
        good.subarray(1),
        Buffer.from('never encrypted'),
      ]) {
        const call = client.send(new DecryptCommand({ KeyId, CiphertextBlob, EncryptionAlgorithm }))
        await refused(call, 'InvalidCiphertextException')
      }
    },
  },
  {
    name: 'a disabled RSA key does not decrypt',
    async run(client) {
      const KeyId = await newRsaKey(client)
      const CiphertextBlob = await sealedOutside(client, KeyId, 'sha256')
      await client.send(new DisableKeyCommand({ KeyId }))
      const call = client.send(new DecryptCommand({ KeyId, CiphertextBlob, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }))
      await refused(call, 'DisabledException')
    },
  },
  {
    name: 'ReEncrypt moves what an RSA key encrypted to a symmetric key',
    async run(client) {
      const [source, destination] = [await newRsaKey(client), await newKey(client)]
      const moved = await client.send(
        new ReEncryptCommand({
          CiphertextBlob: await sealedOutside(client, source, 'sha256'),
          SourceKeyId: source,
          SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
          DestinationKeyId: destination,
          DestinationEncryptionContext: { stage: 'destination' },
        }),
      )
      assert.equal(moved.SourceEncryptionAlgorithm, 'RSAES_OAEP_SHA_256')
      assert.equal(moved.DestinationEncryptionAlgorithm, 'SYMMETRIC_DEFAULT')
      const opened = await client.send(
        new DecryptCommand({ CiphertextBlob: moved.CiphertextBlob, EncryptionContext: { stage: 'destination' } }),
      )
      assert.equal(Buffer.from(opened.Plaintext ?? []).toString(), 'plaintext')
    },
  },
  {
    name: 'an RSA key does not rotate',
    async run(client) {
      await refused(client.send(new EnableKeyRotationCommand({ KeyId: await newRsaKey(client) })), 'UnsupportedOperationException')
    },
  },
]
