import assert from 'node:assert/strict'
import {
  DecryptCommand,
  GenerateDataKeyCommand,
  type GenerateDataKeyCommandInput,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateRandomCommand,
  type KMSClient,
} from '@aws-sdk/client-kms'
import { type ConformanceCheck, refused } from './check.ts'
import { newKey } from './kms-key.ts'

async function lengthOf(client: KMSClient, size: Omit<GenerateDataKeyCommandInput, 'KeyId'>): Promise<number | undefined> {
  const { Plaintext } = await client.send(new GenerateDataKeyCommand({ KeyId: await newKey(client), ...size }))
  return Plaintext?.length
}

/** GenerateDataKey, GenerateDataKeyWithoutPlaintext and GenerateRandom. */
export const kmsDataKeyChecks: readonly ConformanceCheck<KMSClient>[] = [
  {
    name: 'GenerateDataKey answers a key and a blob that opens to it, and names the key by its ARN',
    async run(client) {
      const arn = await newKey(client)
      const { Plaintext, CiphertextBlob, KeyId } = await client.send(
        new GenerateDataKeyCommand({ KeyId: arn.slice(arn.indexOf('/') + 1), KeySpec: 'AES_256' }),
      )
      assert.equal(KeyId, arn)
      assert.equal(Plaintext?.length, 32)
      const opened = await client.send(new DecryptCommand({ CiphertextBlob }))
      assert.deepEqual(opened.Plaintext, Plaintext)
      assert.equal(opened.KeyId, arn)
    },
  },
  {
    name: 'GenerateDataKey answers 16 bytes for AES_128',
    async run(client) {
      assert.equal(await lengthOf(client, { KeySpec: 'AES_128' }), 16)
    },
  },
  {
    name: 'GenerateDataKey answers as many bytes as NumberOfBytes asks for',
    async run(client) {
      for (const NumberOfBytes of [1, 24, 64, 1024]) assert.equal(await lengthOf(client, { NumberOfBytes }), NumberOfBytes)
    },
  },
  {
    name: 'GenerateDataKey refuses NumberOfBytes outside 1 to 1024',
    async run(client) {
      await refused(lengthOf(client, { NumberOfBytes: 0 }), 'ValidationException')
      await refused(lengthOf(client, { NumberOfBytes: 1025 }), 'ValidationException')
    },
  },
  {
    name: 'GenerateDataKey refuses neither and both of KeySpec and NumberOfBytes',
    async run(client) {
      await refused(lengthOf(client, {}), 'ValidationException')
      await refused(lengthOf(client, { KeySpec: 'AES_256', NumberOfBytes: 32 }), 'ValidationException')
    },
  },
  {
    name: 'GenerateDataKey never answers the same key twice',
    async run(client) {
      const KeyId = await newKey(client)
      const keys = await Promise.all(
        Array.from({ length: 8 }, () => client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }))),
      )
      assert.equal(new Set(keys.map(({ Plaintext }) => Buffer.from(Plaintext ?? []).toString('hex'))).size, 8)
      assert.equal(new Set(keys.map(({ CiphertextBlob }) => Buffer.from(CiphertextBlob ?? []).toString('hex'))).size, 8)
    },
  },
  {
    name: 'GenerateDataKeyWithoutPlaintext answers only the blob, which opens to 32 bytes',
    async run(client) {
      const KeyId = await newKey(client)
      const answer = await client.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, KeySpec: 'AES_256' }))
      assert.equal(answer.KeyId, KeyId)
      assert.equal('Plaintext' in answer, false)
      const { Plaintext } = await client.send(new DecryptCommand({ CiphertextBlob: answer.CiphertextBlob }))
      assert.equal(Plaintext?.length, 32)
    },
  },
  {
    name: 'GenerateDataKey with DryRun makes no key',
    async run(client) {
      await refused(lengthOf(client, { KeySpec: 'AES_256', DryRun: true }), 'DryRunOperationException')
    },
  },
  {
    name: 'GenerateRandom answers as many bytes as asked',
    async run(client) {
      const { Plaintext } = await client.send(new GenerateRandomCommand({ NumberOfBytes: 33 }))
      assert.equal(Plaintext?.length, 33)
    },
  },
]
