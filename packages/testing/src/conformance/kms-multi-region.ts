import assert from 'node:assert/strict'
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  KMSClient,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
} from '@aws-sdk/client-kms'
import { type ConformanceCheck, refused } from './check.ts'
import { encrypted, newKey } from './kms-key.ts'

const REPLICA_REGION = 'eu-central-1'
const context = { purpose: 'conformance' }

/** A client like the given one, in the Region of the replicas. */
async function elsewhere(client: KMSClient): Promise<KMSClient> {
  const { endpoint, credentials } = client.config
  assert(endpoint !== undefined, 'the client has an endpoint')
  return new KMSClient({ endpoint: await endpoint(), credentials, region: REPLICA_REGION })
}

/** Makes a multi-Region key; answers the ARN of the primary. */
async function newPrimary(client: KMSClient): Promise<string> {
  const { KeyMetadata } = await client.send(new CreateKeyCommand({ MultiRegion: true, Description: 'conformance check' }))
  assert(KeyMetadata?.Arn !== undefined, 'CreateKey answers an ARN')
  return KeyMetadata.Arn
}

/** Makes a multi-Region key with a replica; answers the ARNs of both. */
async function newPair(client: KMSClient): Promise<{ readonly primary: string; readonly replica: string }> {
  const primary = await newPrimary(client)
  const { ReplicaKeyMetadata } = await client.send(new ReplicateKeyCommand({ KeyId: primary, ReplicaRegion: REPLICA_REGION }))
  assert(ReplicaKeyMetadata?.Arn !== undefined, 'ReplicateKey answers an ARN')
  return { primary, replica: ReplicaKeyMetadata.Arn }
}

/** Multi-Region keys and their replicas. */
export const kmsMultiRegionChecks: readonly ConformanceCheck<KMSClient>[] = [
  {
    name: 'a multi-Region key has an id that begins with mrk-, and no other key has',
    async run(client) {
      assert.match(await newPrimary(client), /:key\/mrk-[0-9a-f]{32}$/)
      assert.doesNotMatch(await newKey(client), /mrk-/)
    },
  },
  {
    name: 'a replica has the id of its primary and the ARN of its Region',
    async run(client) {
      const { primary, replica } = await newPair(client)
      assert.equal(replica, primary.replace(await client.config.region(), REPLICA_REGION))
    },
  },
  {
    name: 'DescribeKey tells of a multi-Region key which is the primary and where its replicas are',
    async run(client) {
      const { primary, replica } = await newPair(client)
      using there = await elsewhere(client).then(disposing)
      for (const [each, KeyId, MultiRegionKeyType] of [
        [client, primary, 'PRIMARY'],
        [there.client, replica, 'REPLICA'],
      ] as const) {
        const { KeyMetadata } = await each.send(new DescribeKeyCommand({ KeyId }))
        assert.equal(KeyMetadata?.MultiRegion, true)
        assert.deepEqual(KeyMetadata?.MultiRegionConfiguration, {
          MultiRegionKeyType,
          PrimaryKey: { Arn: primary, Region: await client.config.region() },
          ReplicaKeys: [{ Arn: replica, Region: REPLICA_REGION }],
        })
      }
    },
  },
  {
    name: 'a blob of either of two related keys opens in both Regions, and each names its own key',
    async run(client) {
      const { primary, replica } = await newPair(client)
      using there = await elsewhere(client).then(disposing)
      const blobs = [await encrypted(client, primary, context), await encrypted(there.client, replica, context)]
      for (const CiphertextBlob of blobs) {
        for (const [each, KeyId] of [
          [client, primary],
          [there.client, replica],
        ] as const) {
          const opened = await each.send(new DecryptCommand({ CiphertextBlob, KeyId, EncryptionContext: context }))
          assert.equal(opened.KeyId, KeyId)
          assert.equal(Buffer.from(opened.Plaintext ?? []).toString(), 'plaintext')
        }
      }
    },
  },
  {
    name: 'a Region does not know the keys of another',
    async run(client) {
      const arn = await newKey(client)
      const CiphertextBlob = await encrypted(client, arn)
      using there = await elsewhere(client).then(disposing)
      await refused(there.client.send(new DescribeKeyCommand({ KeyId: arn.slice(arn.indexOf('/') + 1) })), 'NotFoundException')
      await refused(there.client.send(new DecryptCommand({ CiphertextBlob })), 'InvalidCiphertextException', 'NotFoundException')
    },
  },
  {
    name: 'related keys are enabled and disabled one by one',
    async run(client) {
      const { primary, replica } = await newPair(client)
      using there = await elsewhere(client).then(disposing)
      await client.send(new DisableKeyCommand({ KeyId: primary }))
      await refused(encrypted(client, primary), 'DisabledException')
      await encrypted(there.client, replica)
    },
  },
  {
    name: 'a replica opens what its primary sealed after a rotation',
    async run(client) {
      const { primary, replica } = await newPair(client)
      using there = await elsewhere(client).then(disposing)
      await client.send(new RotateKeyOnDemandCommand({ KeyId: primary }))
      const CiphertextBlob = await encrypted(client, primary)
      await there.client.send(new DecryptCommand({ CiphertextBlob, KeyId: replica }))
    },
  },
  {
    name: 'a replica is not rotated itself',
    async run(client) {
      const { replica } = await newPair(client)
      using there = await elsewhere(client).then(disposing)
      await refused(there.client.send(new RotateKeyOnDemandCommand({ KeyId: replica })), 'UnsupportedOperationException')
    },
  },
  {
    name: 'ReplicateKey refuses a Region that has a related key, and a key that is no primary',
    async run(client) {
      const { primary, replica } = await newPair(client)
      using there = await elsewhere(client).then(disposing)
      const replicate = (each: KMSClient, KeyId: string, ReplicaRegion: string) =>
        each.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion }))
      await refused(replicate(client, primary, REPLICA_REGION), 'AlreadyExistsException')
      await refused(replicate(there.client, replica, 'ap-south-1'), 'UnsupportedOperationException')
      await refused(replicate(client, await newKey(client), REPLICA_REGION), 'UnsupportedOperationException')
    },
  },
]

function disposing(client: KMSClient): Disposable & { readonly client: KMSClient } {
  return { client, [Symbol.dispose]: () => client.destroy() }
}
