import type { Operation } from '../endpoint/aws-json-service.ts'
import type { Environment } from '../endpoint/endpoint.ts'
import type { Bounds, Input, JsonObject } from '../endpoint/input.ts'
import { factsOf, type KmsKeySpec, keySpecs } from './key-spec.ts'
import type { KeyStore } from './key-store.ts'
import { unsupported, validation } from './kms-errors.ts'
import type { KmsKey } from './kms-key.ts'
import { page } from './page.ts'
import { algorithmsOf } from './public-key-operations.ts'

const KEY_NAME: Bounds = { min: 1, max: 2048 }
const USAGES = ['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'GENERATE_VERIFY_MAC', 'KEY_AGREEMENT'] as const

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
        const spec = readSpec(input)
        const kind = input.optionalBoolean('MultiRegion') === true ? 'primary' : 'single-Region'
        return { KeyMetadata: metadata(keys.create(input.optionalString('Description', { max: 8192 }) ?? '', kind, spec), accountId) }
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

/** The spec of a new key. The usage has to be said of every key but a symmetric one. */
function readSpec(input: Input): KmsKeySpec {
  const origin = input.optionalString('Origin') ?? 'AWS_KMS'
  if (origin !== 'AWS_KMS') throw unsupported(`key material of origin ${origin}`)
  const name = input.optionalString('KeySpec') ?? input.optionalString('CustomerMasterKeySpec') ?? 'SYMMETRIC_DEFAULT'
  const spec = keySpecs.find((each) => each === name)
  const usage = input.optionalOneOf('KeyUsage', USAGES) ?? (name === 'SYMMETRIC_DEFAULT' ? 'ENCRYPT_DECRYPT' : undefined)
  if (spec === undefined || (usage === 'SIGN_VERIFY' && isForSigning(spec)))
    throw unsupported(`keys of spec ${name} for ${usage ?? 'no usage'}`)
  if (factsOf(spec).usage !== usage) throw validation(`KeyUsage ${usage ?? 'null'} is not compatible with KeySpec ${spec}`)
  return spec
}

function isForSigning(spec: KmsKeySpec): boolean {
  return spec.startsWith('RSA_') || spec.startsWith('ECC_')
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
    ...algorithmsOf(key),
    ...multiRegionOf(key),
    ...(key.spec === 'SYMMETRIC_DEFAULT' ? { CurrentKeyMaterialId: Buffer.from(key.currentBackingKey.id).toString('hex') } : {}),
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
