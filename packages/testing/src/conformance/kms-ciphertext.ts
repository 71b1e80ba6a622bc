import assert from 'node:assert/strict'
import { DecryptCommand, EncryptCommand, type KMSClient } from '@aws-sdk/client-kms'
import { type ConformanceCheck, refused } from './check.ts'
import { encrypted, newKey } from './kms-key.ts'

function flipped(blob: Uint8Array, index: number): Uint8Array {
  const copy = Uint8Array.from(blob)
  copy[index] = (copy[index] ?? 0) ^ 1
  return copy
}

/** Encrypt and Decrypt. */
export const kmsCiphertextChecks: readonly ConformanceCheck<KMSClient>[] = [
  {
    name: 'Encrypt seals 1 to 4096 bytes and Decrypt opens them',
    async run(client) {
      const KeyId = await newKey(client)
      for (const length of [1, 32, 4096]) {
        const Plaintext = new Uint8Array(length).fill(length % 251)
        const sealed = await client.send(new EncryptCommand({ KeyId, Plaintext }))
        assert.equal(sealed.KeyId, KeyId)
        const opened = await client.send(new DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob, KeyId }))
        assert.deepEqual(Uint8Array.from(opened.Plaintext ?? []), Plaintext)
        assert.equal(opened.KeyId, KeyId)
      }
    },
  },
  {
    name: 'Encrypt refuses more than 4096 bytes',
    async run(client) {
      const KeyId = await newKey(client)
      await refused(client.send(new EncryptCommand({ KeyId, Plaintext: new Uint8Array(4097) })), 'ValidationException')
    },
  },
  {
    name: 'Encrypt refuses an empty plaintext',
    async run(client) {
      const KeyId = await newKey(client)
      await refused(client.send(new EncryptCommand({ KeyId, Plaintext: new Uint8Array(0) })), 'ValidationException')
    },
  },
  {
    name: 'Encrypt and Decrypt answer the algorithm even when it was not sent',
    async run(client) {
      const sealed = await client.send(new EncryptCommand({ KeyId: await newKey(client), Plaintext: Buffer.from('plaintext') }))
      assert.equal(sealed.EncryptionAlgorithm, 'SYMMETRIC_DEFAULT')
      const opened = await client.send(new DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob }))
      assert.equal(opened.EncryptionAlgorithm, 'SYMMETRIC_DEFAULT')
    },
  },
  {
    name: 'Encrypt refuses the algorithm of another kind of key',
    async run(client) {
      const input = { KeyId: await newKey(client), Plaintext: Buffer.from('plaintext') }
      await refused(client.send(new EncryptCommand({ ...input, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' })), 'InvalidKeyUsageException')
    },
  },
  {
    name: 'Decrypt refuses a blob of another key than the one it is told to use',
    async run(client) {
      const CiphertextBlob = await encrypted(client, await newKey(client))
      await refused(client.send(new DecryptCommand({ CiphertextBlob, KeyId: await newKey(client) })), 'IncorrectKeyException')
    },
  },
  {
    name: 'Decrypt refuses a blob with a changed tag or content',
    async run(client) {
      const blob = await encrypted(client, await newKey(client))
      for (const index of [blob.length - 1, blob.length - 17, blob.length - 20]) {
        await refused(client.send(new DecryptCommand({ CiphertextBlob: flipped(blob, index) })), 'InvalidCiphertextException')
      }
    },
  },
  {
    name: 'Decrypt refuses a blob with a changed first byte as invalid ciphertext',
    async run(client) {
      const blob = await encrypted(client, await newKey(client))
      await refused(client.send(new DecryptCommand({ CiphertextBlob: flipped(blob, 0) })), 'InvalidCiphertextException')
    },
  },
  {
    name: 'Decrypt refuses a truncated blob and one with bytes appended',
    async run(client) {
      const blob = await encrypted(client, await newKey(client))
      const longer = Uint8Array.from([...blob, 0])
      await refused(client.send(new DecryptCommand({ CiphertextBlob: blob.subarray(0, -1) })), 'InvalidCiphertextException')
      await refused(client.send(new DecryptCommand({ CiphertextBlob: longer })), 'InvalidCiphertextException')
    },
  },
  {
    name: 'Decrypt refuses bytes that never were a blob',
    async run(client) {
      const CiphertextBlob = new Uint8Array(184).fill(0x5a)
      await refused(client.send(new DecryptCommand({ CiphertextBlob })), 'InvalidCiphertextException')
      await refused(client.send(new DecryptCommand({ CiphertextBlob: CiphertextBlob.subarray(0, 10) })), 'InvalidCiphertextException')
    },
  },
  {
    name: 'Decrypt with DryRun answers no plaintext',
    async run(client) {
      const CiphertextBlob = await encrypted(client, await newKey(client))
      await refused(client.send(new DecryptCommand({ CiphertextBlob, DryRun: true })), 'DryRunOperationException')
    },
  },
]
