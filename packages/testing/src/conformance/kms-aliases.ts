import assert from 'node:assert/strict'
import {
  CreateAliasCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  GenerateDataKeyCommand,
  type KMSClient,
  ListAliasesCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms'
import { type ConformanceCheck, refused } from './check.ts'
import { encrypted, newAliasName, newKey } from './kms-key.ts'

/** Aliases. */
export const kmsAliasChecks: readonly ConformanceCheck<KMSClient>[] = [
  {
    name: 'an alias and its ARN name the key, which is answered by its own ARN',
    async run(client) {
      const arn = await newKey(client)
      const AliasName = newAliasName()
      await client.send(new CreateAliasCommand({ AliasName, TargetKeyId: arn }))
      for (const KeyId of [AliasName, `${arn.slice(0, arn.lastIndexOf(':') + 1)}${AliasName}`]) {
        const sealed = await client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }))
        assert.equal(sealed.KeyId, arn)
        const opened = await client.send(new DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob, KeyId }))
        assert.equal(opened.KeyId, arn)
      }
    },
  },
  {
    name: 'an alias can be moved to another key; what the old key sealed still opens',
    async run(client) {
      const [first, second] = [await newKey(client), await newKey(client)]
      const AliasName = newAliasName()
      await client.send(new CreateAliasCommand({ AliasName, TargetKeyId: first }))
      const CiphertextBlob = await encrypted(client, AliasName)
      await client.send(new UpdateAliasCommand({ AliasName, TargetKeyId: second.slice(second.indexOf('/') + 1) }))
      assert.equal((await client.send(new DescribeKeyCommand({ KeyId: AliasName }))).KeyMetadata?.Arn, second)
      assert.equal((await client.send(new DecryptCommand({ CiphertextBlob }))).KeyId, first)
      await refused(client.send(new DecryptCommand({ CiphertextBlob, KeyId: AliasName })), 'IncorrectKeyException')
    },
  },
  {
    name: 'an alias can be moved to a key named by its ARN',
    async run(client) {
      const [first, second] = [await newKey(client), await newKey(client)]
      const AliasName = newAliasName()
      await client.send(new CreateAliasCommand({ AliasName, TargetKeyId: first }))
      await client.send(new UpdateAliasCommand({ AliasName, TargetKeyId: second }))
      assert.equal((await client.send(new DescribeKeyCommand({ KeyId: AliasName }))).KeyMetadata?.Arn, second)
    },
  },
  {
    name: 'aliases are listed by key and gone when deleted',
    async run(client) {
      const KeyId = await newKey(client)
      const AliasName = newAliasName()
      await client.send(new CreateAliasCommand({ AliasName, TargetKeyId: KeyId }))
      const { Aliases = [] } = await client.send(new ListAliasesCommand({ KeyId }))
      assert.deepEqual(
        Aliases.map((alias) => [alias.AliasName, alias.TargetKeyId]),
        [[AliasName, KeyId.slice(KeyId.indexOf('/') + 1)]],
      )
      await client.send(new DeleteAliasCommand({ AliasName }))
      assert.deepEqual((await client.send(new ListAliasesCommand({ KeyId }))).Aliases, [])
      await refused(encrypted(client, AliasName), 'NotFoundException')
      await refused(client.send(new DeleteAliasCommand({ AliasName })), 'NotFoundException')
    },
  },
  {
    name: 'an alias name is taken only once',
    async run(client) {
      const TargetKeyId = await newKey(client)
      const AliasName = newAliasName()
      await client.send(new CreateAliasCommand({ AliasName, TargetKeyId }))
      await refused(client.send(new CreateAliasCommand({ AliasName, TargetKeyId })), 'AlreadyExistsException')
    },
  },
]
