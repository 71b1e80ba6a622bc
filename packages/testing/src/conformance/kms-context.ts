import assert from 'node:assert/strict'
import { DecryptCommand, type KMSClient } from '@aws-sdk/client-kms'
import { type ConformanceCheck, refused } from './check.ts'
import { encrypted, newKey } from './kms-key.ts'

/** How the encryption context is bound. */
export const kmsContextChecks: readonly ConformanceCheck<KMSClient>[] = [
  {
    name: 'a blob opens under its encryption context in any order of the pairs',
    async run(client) {
      const CiphertextBlob = await encrypted(client, await newKey(client), { a: '1', b: '2', ключ: '🔑', empty: '' })
      const EncryptionContext = { empty: '', ключ: '🔑', b: '2', a: '1' }
      const { Plaintext } = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))
      assert.equal(Buffer.from(Plaintext ?? []).toString(), 'plaintext')
    },
  },
  {
    name: 'a blob does not open under a context with a pair changed, missing or added',
    async run(client) {
      const CiphertextBlob = await encrypted(client, await newKey(client), { a: '1', b: '2' })
      for (const EncryptionContext of [{ a: '1', b: '3' }, { a: '1', B: '2' }, { a: '1' }, {}, { a: '1', b: '2', c: '3' }]) {
        await refused(client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext })), 'InvalidCiphertextException')
      }
    },
  },
  {
    name: 'a blob does not open under a context that only concatenates to the same text',
    async run(client) {
      const CiphertextBlob = await encrypted(client, await newKey(client), { a: '1', b: '2' })
      for (const EncryptionContext of [{ a: '1b2' }, { a1: 'b2' }, { a: '1b', '2': '' }]) {
        await refused(client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext })), 'InvalidCiphertextException')
      }
    },
  },
  {
    name: 'a context larger than 8 KB is refused',
    async run(client) {
      await refused(encrypted(client, await newKey(client), { large: 'x'.repeat(8192) }), 'ValidationException')
    },
  },
]
