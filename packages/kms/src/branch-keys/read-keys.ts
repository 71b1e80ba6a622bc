import { type CallOptions, isStrongroomError, type SecretBytes } from '@strongroom/core'
import { announceShredded } from '../shredded-keys.ts'
import type { BeaconKey, BranchKey } from './branch-key-store.ts'
import { BranchKeyError } from './errors.ts'
import { ACTIVE_TYPE, BEACON_TYPE, type Item, type KeyItem, readKeyItem, VERSION_PREFIX } from './key-item.ts'
import type { KeyTable } from './key-table.ts'
import type { StoreKms } from './store-kms.ts'
import { tombstoneState } from './tombstone.ts'
import { isUuid } from './uuid.ts'

/** DynamoDB takes no longer partition key. */
const MAX_ID_BYTES = 2048

/** What operations on branch keys work with. */
export interface StoreParts {
  readonly table: KeyTable
  readonly kms: StoreKms
  readonly logicalName: string
  readonly now: () => number
}

/** The version that is written with. */
export async function getActive(parts: StoreParts, branchKeyId: string, options: CallOptions): Promise<BranchKey> {
  const { item, version } = await readActive(parts, branchKeyId, options)
  return { branchKeyId, version, secret: await open(parts, branchKeyId, item, options) }
}

/** A version to read with. */
export async function getVersion(parts: StoreParts, branchKeyId: string, version: string, options: CallOptions): Promise<BranchKey> {
  const wanted = version.toLowerCase()
  if (!isUuid(wanted)) throw notFound(parts, branchKeyId, wanted)
  const item = await readOther(parts, branchKeyId, VERSION_PREFIX + wanted, wanted, options)
  return { branchKeyId, version: wanted, secret: await open(parts, branchKeyId, item, options) }
}

/** The key of searchable values. */
export async function getBeaconKey(parts: StoreParts, branchKeyId: string, options: CallOptions): Promise<BeaconKey> {
  const item = await readOther(parts, branchKeyId, BEACON_TYPE, undefined, options)
  return { branchKeyId, secret: await open(parts, branchKeyId, item, options) }
}

/** The item of the version that is written with. */
export async function readActive(
  parts: StoreParts,
  branchKeyId: string,
  options: CallOptions,
): Promise<{ item: KeyItem; version: string }> {
  const found = await activeItem(parts, branchKeyId, options)
  if (found === undefined) throw notFound(parts, branchKeyId)
  const item = keyItem(parts, branchKeyId, ACTIVE_TYPE, found)
  return { item, version: item.version as string }
}

/**
 * What is in the place of the active version.
 *
 * @throws `KEY_SHREDDED`
 */
export async function activeItem(parts: StoreParts, branchKeyId: string, options: CallOptions): Promise<Item | undefined> {
  if (!canBeId(branchKeyId)) return undefined
  const found = await parts.table.get(branchKeyId, ACTIVE_TYPE, options)
  if (found !== undefined && tombstoneState(found) !== undefined) throw shredded(parts, branchKeyId)
  return found
}

async function readOther(
  parts: StoreParts,
  branchKeyId: string,
  type: string,
  version: string | undefined,
  options: CallOptions,
): Promise<KeyItem> {
  const found = canBeId(branchKeyId) ? await parts.table.get(branchKeyId, type, options) : undefined
  if (found !== undefined) return keyItem(parts, branchKeyId, type, found)
  // Whether it never was or was shredded, only the tombstone tells.
  await activeItem(parts, branchKeyId, options)
  throw notFound(parts, branchKeyId, version)
}

function keyItem({ table, logicalName }: StoreParts, branchKeyId: string, type: string, found: Item): KeyItem {
  const item = readKeyItem(found, branchKeyId, type, logicalName)
  if (typeof item === 'string') throw unusable(table, branchKeyId, type, item)
  return item
}

/** Opens the key of an item. What KMS does not open was changed, or belongs to a key store of another logical name. */
async function open(parts: StoreParts, branchKeyId: string, item: KeyItem, options: CallOptions): Promise<SecretBytes> {
  const type = item.context.type as string
  const key = await parts.kms.keyFor(item.kmsArn)
  if (typeof key === 'string') throw unusable(parts.table, branchKeyId, type, key)
  try {
    return await parts.kms.decrypt(key, item.blob, item.context, options)
  } catch (error) {
    throw isStrongroomError(error, 'MESSAGE_INVALID') ? refusedByKms(parts, branchKeyId, type, error) : error
  }
}

/** The error of an item that KMS does not open under its context. */
export function refusedByKms({ table, logicalName }: StoreParts, branchKeyId: string, type: string, cause: unknown): BranchKeyError {
  const what = `is not one that KMS opens: it was changed, or belongs to a key store whose logical name is not ${JSON.stringify(logicalName)}`
  return unusable(table, branchKeyId, type, what, cause)
}

/** The error of an item that is there and of no use. */
export function unusable(table: KeyTable, branchKeyId: string, type: string, what: string, cause?: unknown): BranchKeyError {
  return new BranchKeyError(
    'KEY_OPERATIONAL',
    `The item ${type} of the branch key ${shown(branchKeyId)} in the table ${table.name} ${what}.`,
    {
      branchKeyId,
      ...(cause === undefined ? {} : { cause }),
    },
  )
}

/** The error of a branch key that was shredded, once every cache of this process was told. */
export function shredded({ table }: StoreParts, branchKeyId: string): BranchKeyError {
  announceShredded(branchKeyId)
  const message = `The branch key ${shown(branchKeyId)} in the table ${table.name} was shredded. What was encrypted under it is gone.`
  return new BranchKeyError('KEY_SHREDDED', message, { branchKeyId })
}

/** The error of a branch key that is not there. */
export function notFound({ table }: StoreParts, branchKeyId: string, version?: string): BranchKeyError {
  const what = version === undefined ? 'branch key' : `version ${shown(version)} of the branch key`
  const message = `The table ${table.name} has no ${what} ${shown(branchKeyId)}. createKey makes one.`
  return new BranchKeyError('BRANCH_KEY_NOT_FOUND', message, { branchKeyId, version })
}

/** Whether DynamoDB takes a text for a partition key. Ids may come out of messages. */
export function canBeId(branchKeyId: string): boolean {
  return branchKeyId.length > 0 && branchKeyId.isWellFormed() && Buffer.byteLength(branchKeyId) <= MAX_ID_BYTES
}

function shown(text: string): string {
  return JSON.stringify(text.length > 128 ? `${text.slice(0, 128)}…` : text)
}
