import type { TransactWriteItem } from '@aws-sdk/client-dynamodb'
import { type CallOptions, type EncryptionContext, type RandomSource, StrongroomError } from '@strongroom/core'
import { isSignal, normaliseContext } from '@strongroom/core/keyring-tools'
import { isAnything, isText, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { isRejection } from '../failure.ts'
import type { KeyArn } from '../key-arn.ts'
import { BranchKeyError, KeyStoreError } from './errors.ts'
import {
  ACTIVE_TYPE,
  activeContext,
  beaconContext,
  ENC,
  ID,
  type Item,
  nextVersionContext,
  timestamp,
  versionContext,
  writeKeyItem,
} from './key-item.ts'
import { activeItem, canBeId, notFound, readActive, refusedByKms, type StoreParts, unusable } from './read-keys.ts'
import { newUuid } from './uuid.ts'

/** Options of `createKey`. */
export interface CreateKeyOptions {
  /** Id of the branch key, 1 to 2,048 bytes; it stands in every message, so no secret. Needs `encryptionContext`. Default a new UUID. */
  readonly branchKeyId?: string
  /** Non-secret pairs that KMS binds the branch key to, kept with it in the table. */
  readonly encryptionContext?: EncryptionContext
  /** Aborts the call. */
  readonly signal?: AbortSignal
}

/** A branch key that was made. */
export interface CreatedBranchKey {
  /** Its id. */
  readonly branchKeyId: string
  /** Its first version, a UUID. */
  readonly version: string
  /** When, in ISO 8601 to the microsecond. */
  readonly createdAt: string
}

/** Options of `versionKey`. */
export interface VersionKeyOptions {
  /** Rotate only if this version is the active one: a script that runs twice, or that was killed, rotates once. */
  readonly ifVersion?: string
  /** Aborts the call. */
  readonly signal?: AbortSignal
}

/** A branch key that was rotated. */
export interface RotatedBranchKey extends CreatedBranchKey {
  /** The version that was active before, which is still read. */
  readonly previousVersion: string
}

const createChecks: { readonly [K in keyof Required<CreateKeyOptions>]: OptionCheck } = {
  branchKeyId: (value) => isText(value) ?? (canBeId(value as string) ? undefined : 'have at most 2,048 bytes'),
  encryptionContext: isAnything,
  signal: isSignal,
}
const versionChecks: { readonly [K in keyof Required<VersionKeyOptions>]: OptionCheck } = { ifVersion: isText, signal: isSignal }

/** Makes a branch key and its beacon key. */
export async function createKey(parts: StoreParts, random: RandomSource, options: CreateKeyOptions): Promise<CreatedBranchKey> {
  validateOptions('createKey', options, createChecks)
  const { signal } = options
  const ownContext = normaliseContext(options.encryptionContext)
  if (options.branchKeyId !== undefined && Object.keys(ownContext).length === 0)
    throw new StrongroomError(
      'OPTION_INVALID',
      'createKey with a branchKeyId needs an encryptionContext, too: pairs that say whose key it is, as other clients demand.',
      { option: 'encryptionContext' },
    )
  const { kms, table, logicalName, now } = parts
  const key = writingKey(parts, 'createKey')
  const branchKeyId = options.branchKeyId ?? newUuid(random)
  const version = newUuid(random)
  const createTime = timestamp(now())
  const context = versionContext({ branchKeyId, version, createTime, kmsArn: key.arn, logicalName, ownContext })
  const items = await newVersion(parts, key, context, { signal })
  const beacon = beaconContext(context)
  items.push(writeKeyItem(beacon, await kms.generate(key, beacon, { signal })))
  const written = await table.write(
    items.map((item) => putNew(table.name, item)),
    { signal },
  )
  if (written) return { branchKeyId, version, createdAt: createTime }
  await activeItem(parts, branchKeyId, { signal })
  const message = `The table ${table.name} has a branch key ${JSON.stringify(branchKeyId)} already. versionKey gives it a new version.`
  throw new BranchKeyError('BRANCH_KEY_EXISTS', message, { branchKeyId })
}

/** Gives a branch key a new version to write with. */
export async function versionKey(
  parts: StoreParts,
  random: RandomSource,
  branchKeyId: string,
  options: VersionKeyOptions,
): Promise<RotatedBranchKey> {
  validateOptions('versionKey', options, versionChecks)
  const { ifVersion, signal } = options
  const { kms, table, now } = parts
  writingKey(parts, 'versionKey')
  const { item: active, version: previousVersion } = await readActive(parts, branchKeyId, { signal })
  if (ifVersion !== undefined && ifVersion.toLowerCase() !== previousVersion) throw conflict(parts, branchKeyId)
  const key = await kms.keyFor(active.kmsArn)
  if (typeof key === 'string') throw unusable(table, branchKeyId, ACTIVE_TYPE, key)
  try {
    // KMS says that the item is as it was written, without telling the key.
    await kms.reEncrypt(key, active.blob, active.context, active.context, { signal })
  } catch (error) {
    throw isRejection(error) ? refusedByKms(parts, branchKeyId, ACTIVE_TYPE, error) : error
  }
  const version = newUuid(random)
  const createTime = timestamp(now())
  const [versionItem, newActive] = await newVersion(parts, key, nextVersionContext(active.context, version, createTime), { signal })
  const written = await table.write([putNew(table.name, versionItem as Item), putInPlaceOf(table.name, newActive as Item, active.blob)], {
    signal,
  })
  if (written) return { branchKeyId, version, createdAt: createTime, previousVersion }
  if ((await activeItem(parts, branchKeyId, { signal })) === undefined) throw notFound(parts, branchKeyId)
  throw conflict(parts, branchKeyId)
}

/** The items of a new version: itself, and the active one, which is the same key. */
async function newVersion({ kms }: StoreParts, key: KeyArn, context: EncryptionContext, options: CallOptions): Promise<Item[]> {
  const blob = await kms.generate(key, context, options)
  const active = activeContext(context)
  return [writeKeyItem(context, blob), writeKeyItem(active, await kms.reEncrypt(key, blob, context, active, options))]
}

function writingKey({ kms, table }: StoreParts, operation: string): KeyArn {
  if (kms.writingKey !== undefined) return kms.writingKey
  throw new KeyStoreError(
    'KEY_STORE_READ_ONLY',
    `${operation} needs a key store that names its KMS key: this one, of the table ${table.name}, finds keys by discovery. Give kms.keyId.`,
    { tableName: table.name },
  )
}

function putNew(TableName: string, item: Item): TransactWriteItem {
  return {
    Put: { TableName, Item: item, ConditionExpression: 'attribute_not_exists(#id)', ExpressionAttributeNames: { '#id': ID } },
  }
}

/** The condition holds only while the active version is the one that was read, whoever else rotates or shreds. */
function putInPlaceOf(TableName: string, item: Item, blob: Uint8Array): TransactWriteItem {
  return {
    Put: {
      TableName,
      Item: item,
      ConditionExpression: 'attribute_exists(#id) AND #enc = :old',
      ExpressionAttributeNames: { '#id': ID, '#enc': ENC },
      ExpressionAttributeValues: { ':old': { B: blob } },
    },
  }
}

function conflict({ table }: StoreParts, branchKeyId: string): BranchKeyError {
  const message = `The branch key ${JSON.stringify(branchKeyId)} in the table ${table.name} got another version in the meantime; this call wrote nothing.`
  return new BranchKeyError('BRANCH_KEY_CONFLICT', message, { branchKeyId })
}
