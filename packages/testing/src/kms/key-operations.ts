import type { Operation } from '../endpoint/aws-json-service.ts'
import type { Environment } from '../endpoint/endpoint.ts'
import type { Bounds, Input, JsonObject } from '../endpoint/input.ts'
import type { KeyStore } from './key-store.ts'
import { unsupported } from './kms-errors.ts'
import type { KmsKey } from './kms-key.ts'
import { page } from './page.ts'

const KEY_NAME: Bounds = { min: 1, max: 2048 }

/** CreateKey, DescribeKey, ListKeys, ReplicateKey and the changes of a key's state. */
export function keyOperations(
  { accountId }: Environment,
  keys: KeyStore,
  replicate: (key: KmsKey, region: string, description: string) => KmsKey,
): readonly (readonly [string, Operation])[] {
  const named = (input: Input): KmsKey => keys.resolveKeyOnly(input.string('KeyId', KEY_NAME))

  return [
    [
      'CreateKey',
      (input) => {
        refuseOtherKinds(input)
        const kind = input.optionalBoolean('MultiRegion') === true ? 'primary' : 'single-Region'
        return { KeyMetadata: metadata(keys.create(input.optionalString('Description', { max: 8192 }) ?? '', kind), accountId) }
      },
    ],
    [
      'ReplicateKey',
      (input) => {
        const region = input.string('ReplicaRegion', { min: 1, max: 32, pattern: /^([a-z]+-){2,3}\d+$/ })
        const replica = replicate(named(input), region, input.optionalString('Description', { max: 8192 }) ?? '')
        return { ReplicaKeyMetadata: metadata(replica, accountId) }
      },
    ],
    ['DescribeKey', (input) => ({ KeyMetadata: metadata(keys.resolve(input.string('KeyId', KEY_NAME)), accountId) })],
    [
      'ListKeys',
      (input) => {
        const { items, ...more } = page(input, keys.keys, 1000)
        return { Keys: items.map(({ id, arn }) => ({ KeyId: id, KeyArn: arn })), ...more }
      },
    ],
    [
      'UpdateKeyDescription',
      (input) => {
        const key = named(input)
        key.requireNotPendingDeletion()
        key.description = input.optionalString('Description', { max: 8192 }) ?? ''
        return {}
      },
    ],
    [
      'EnableKey',
      (input) => {
        named(input).enable()
        return {}
      },
    ],
    [
      'DisableKey',
      (input) => {
        named(input).disable()
        return {}
      },
    ],
    [
      'ScheduleKeyDeletion',
      (input) => {
        const days = input.optionalInteger('PendingWindowInDays', { min: 7, max: 30 }) ?? 30
        const key = named(input)
        const deletionAt = key.scheduleDeletion(days)
        return { KeyId: key.arn, DeletionDate: deletionAt / 1000, KeyState: key.state, PendingWindowInDays: days }
      },
    ],
    [
      'CancelKeyDeletion',
      (input) => {
        const key = named(input)
        key.cancelDeletion()
        return { KeyId: key.arn }
      },
    ],
  ]
}

function refuseOtherKinds(input: Input): void {
  const spec = input.optionalString('KeySpec') ?? input.optionalString('CustomerMasterKeySpec') ?? 'SYMMETRIC_DEFAULT'
  const usage = input.optionalString('KeyUsage') ?? 'ENCRYPT_DECRYPT'
  const origin = input.optionalString('Origin') ?? 'AWS_KMS'
  if (spec !== 'SYMMETRIC_DEFAULT' || usage !== 'ENCRYPT_DECRYPT') throw unsupported(`keys of spec ${spec} for ${usage}`)
  if (origin !== 'AWS_KMS') throw unsupported(`key material of origin ${origin}`)
}

function metadata(key: KmsKey, accountId: string): JsonObject {
  return {
    AWSAccountId: accountId,
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: key.createdAt / 1000,
    Enabled: key.state === 'Enabled',
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: key.state,
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: key.spec,
    KeySpec: key.spec,
    EncryptionAlgorithms: [key.spec],
    ...multiRegionOf(key),
    CurrentKeyMaterialId: Buffer.from(key.currentBackingKey.id).toString('hex'),
    ...(key.deletionAt === undefined ? {} : { DeletionDate: key.deletionAt / 1000 }),
  }
}

function multiRegionOf(key: KmsKey): JsonObject {
  const { related } = key
  if (related === undefined) return { MultiRegion: false }
  const place = ({ arn, region }: KmsKey): JsonObject => ({ Arn: arn, Region: region })
  return {
    MultiRegion: true,
    MultiRegionConfiguration: {
      MultiRegionKeyType: key.isReplica ? 'REPLICA' : 'PRIMARY',
      PrimaryKey: place(related.primary),
      ReplicaKeys: related.replicas.map(place),
    },
  }
}
