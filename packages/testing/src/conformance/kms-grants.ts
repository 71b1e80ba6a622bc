import assert from 'node:assert/strict'
import { CreateGrantCommand, EncryptCommand, type KMSClient, ListGrantsCommand, RevokeGrantCommand } from '@aws-sdk/client-kms'
import { type ConformanceCheck, refused } from './check.ts'
import { newKey } from './kms-key.ts'

/** Grants. */
export const kmsGrantChecks: readonly ConformanceCheck<KMSClient>[] = [
  {
    name: 'a grant is listed until it is revoked, and its token is accepted',
    async run(client) {
      const KeyId = await newKey(client)
      const GranteePrincipal = `${KeyId.replace(':kms:', ':iam:').replace(/:iam:[^:]*:(\d+):.*/, ':iam::$1:role/reader')}`
      const { GrantId, GrantToken } = await client.send(
        new CreateGrantCommand({ KeyId, GranteePrincipal, Operations: ['Encrypt', 'Decrypt'] }),
      )
      assert(GrantId !== undefined && GrantToken !== undefined)
      await client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('plaintext'), GrantTokens: [GrantToken] }))
      const { Grants = [] } = await client.send(new ListGrantsCommand({ KeyId }))
      assert.deepEqual(
        Grants.map((grant) => [grant.GrantId, grant.Operations]),
        [[GrantId, ['Encrypt', 'Decrypt']]],
      )
      await client.send(new RevokeGrantCommand({ KeyId, GrantId }))
      assert.deepEqual((await client.send(new ListGrantsCommand({ KeyId }))).Grants, [])
    },
  },
  {
    name: 'a grant token that was never given out is refused',
    async run(client) {
      const input = { KeyId: await newKey(client), Plaintext: Buffer.from('plaintext'), GrantTokens: ['bm90LWEtdG9rZW4='] }
      await refused(client.send(new EncryptCommand(input)), 'InvalidGrantTokenException')
    },
  },
]
