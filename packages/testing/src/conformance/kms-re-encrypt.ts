import assert from 'node:assert/strict'
import { DecryptCommand, DisableKeyCommand, type KMSClient, ReEncryptCommand } from '@aws-sdk/client-kms'
import { type ConformanceCheck, refused } from './check.ts'
import { encrypted, newKey } from './kms-key.ts'

const SourceEncryptionContext = { stage: 'source' }
const DestinationEncryptionContext = { stage: 'destination' }

/** ReEncrypt. */
export const kmsReEncryptChecks: readonly ConformanceCheck<KMSClient>[] = [
  {
    name: 'ReEncrypt moves a blob to another key and context',
    async run(client) {
      const [source, destination] = [await newKey(client), await newKey(client)]
      const CiphertextBlob = await encrypted(client, source, SourceEncryptionContext)
      const moved = await client.send(
        new ReEncryptCommand({
          CiphertextBlob,
          SourceKeyId: source,
          SourceEncryptionContext,
          DestinationKeyId: destination,
          DestinationEncryptionContext,
        }),
      )
      assert.equal(moved.KeyId, destination)
      assert.equal(moved.SourceKeyId, source)
      const opened = await client.send(
        new DecryptCommand({ CiphertextBlob: moved.CiphertextBlob, KeyId: destination, EncryptionContext: DestinationEncryptionContext }),
      )
      assert.equal(Buffer.from(opened.Plaintext ?? []).toString(), 'plaintext')
    },
  },
  {
    name: 'ReEncrypt finds the source key by the blob',
    async run(client) {
      const [source, destination] = [await newKey(client), await newKey(client)]
      const CiphertextBlob = await encrypted(client, source)
      const moved = await client.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: destination }))
      assert.equal(moved.SourceKeyId, source)
    },
  },
  {
    name: 'ReEncrypt refuses the wrong source context',
    async run(client) {
      const [source, destination] = [await newKey(client), await newKey(client)]
      const CiphertextBlob = await encrypted(client, source, SourceEncryptionContext)
      const call = client.send(new ReEncryptCommand({ CiphertextBlob, SourceKeyId: source, DestinationKeyId: destination }))
      await refused(call, 'InvalidCiphertextException')
    },
  },
  {
    name: 'ReEncrypt refuses a disabled source key',
    async run(client) {
      const [source, destination] = [await newKey(client), await newKey(client)]
      const CiphertextBlob = await encrypted(client, source)
      await client.send(new DisableKeyCommand({ KeyId: source }))
      const call = client.send(new ReEncryptCommand({ CiphertextBlob, SourceKeyId: source, DestinationKeyId: destination }))
      await refused(call, 'DisabledException')
    },
  },
]
