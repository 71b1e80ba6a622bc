/**
 * An item of a branch key store's table.
 *
 *     branch-key-id          S  partition key
 *     type                   S  sort key: branch:ACTIVE, branch:version:UUID or beacon:ACTIVE
 *     version                S  branch:version:UUID; of branch:ACTIVE only
 *     enc                    B  the key's 32 bytes, encrypted by KMS
 *     kms-arn                S  the KMS key, as it was named when the branch key was made
 *     create-time            S  2026-01-31T23:59:59.123456Z
 *     hierarchy-version      N  1
 *     aws-crypto-ec:NAME     S  a pair of the branch key's own encryption context
 *
 * All but `enc` are the encryption context that KMS binds `enc` to, the number as `1`, with one pair more: `tablename`, the logical name of the
 * store, which is kept nowhere. What anybody changes in an item, KMS notices.
 *
 * Source: specification, "DynamoDB Key Storage" and "Branch Key Store".
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { EncryptionContext } from '@strongroom/core'
import { contextFromEntries } from '@strongroom/core/keyring-tools'
import { isUuid } from './uuid.ts'

/** An item as DynamoDB answers it. */
export type Item = Record<string, AttributeValue>

export const ID = 'branch-key-id'
export const TYPE = 'type'
export const ENC = 'enc'
const VERSION = 'version'
export const KMS_ARN = 'kms-arn'
export const CREATE_TIME = 'create-time'
export const ACTIVE_TYPE = 'branch:ACTIVE'
export const BEACON_TYPE = 'beacon:ACTIVE'
export const VERSION_PREFIX = 'branch:version:'

const HIERARCHY_VERSION = 'hierarchy-version'
const TABLE = 'tablename'
const OWN_CONTEXT = 'aws-crypto-ec:'
/** KMS takes no longer blob, and no larger context in JSON form. */
const MAX_BLOB_BYTES = 6144
const MAX_CONTEXT_BYTES = 8192

/** What an item says of a key. Nothing of it is certain before KMS opened `blob` under `context`. */
export interface KeyItem {
  readonly kmsArn: string
  readonly createTime: string
  /** Of the active item: a UUID in lower case. */
  readonly version: string | undefined
  readonly blob: Uint8Array
  /** The encryption context of `blob`. */
  readonly context: EncryptionContext
}

/** Reads an item; answers what is wrong with it, as the end of a sentence, where it is none of a key. */
export function readKeyItem(item: Item, branchKeyId: string, type: string, logicalName: string): KeyItem | string {
  const pairs = new Map<string, string>()
  for (const [name, value] of Object.entries(item)) {
    if (name === ENC) continue
    const text = name === HIERARCHY_VERSION ? value.N : value.S
    if (text === undefined) return `has an attribute ${JSON.stringify(name.slice(0, 64))} of another type than a key's`
    pairs.set(name, text)
  }
  if (pairs.get(ID) !== branchKeyId || pairs.get(TYPE) !== type) return 'is not the one that was asked for'
  if (pairs.get(HIERARCHY_VERSION) !== '1') return 'is not of hierarchy version 1, the one that is known'
  if (pairs.has(TABLE)) return `has an attribute ${TABLE}, which is never stored`
  const kmsArn = pairs.get(KMS_ARN)
  const createTime = pairs.get(CREATE_TIME)
  const blob = item[ENC]?.B
  if (kmsArn === undefined || createTime === undefined) return `lacks ${kmsArn === undefined ? KMS_ARN : CREATE_TIME}`
  if (blob === undefined || blob.length === 0 || blob.length > MAX_BLOB_BYTES) return 'has no encrypted key that KMS could have made'
  const version = versionOf(pairs.get(VERSION) ?? '')
  if ((type === ACTIVE_TYPE) !== pairs.has(VERSION) || (type === ACTIVE_TYPE && version === undefined))
    return type === ACTIVE_TYPE ? 'names no version' : 'names a version, which only the active one does'
  pairs.set(TABLE, logicalName)
  const context = contextFromEntries(pairs)
  if (Buffer.byteLength(JSON.stringify(context)) > MAX_CONTEXT_BYTES) return 'is larger than an encryption context of KMS'
  return { kmsArn, createTime, version, blob: Uint8Array.from(blob), context }
}

/** The UUID in `branch:version:UUID`, in lower case. */
export function versionOf(type: string): string | undefined {
  const version = type.startsWith(VERSION_PREFIX) ? type.slice(VERSION_PREFIX.length).toLowerCase() : undefined
  return version !== undefined && isUuid(version) ? version : undefined
}

/** What a new branch key is made of. */
export interface NewKey {
  readonly branchKeyId: string
  readonly version: string
  readonly createTime: string
  readonly kmsArn: string
  readonly logicalName: string
  readonly ownContext: EncryptionContext
}

/** The encryption context of the first version of a branch key. */
export function versionContext({ branchKeyId, version, createTime, kmsArn, logicalName, ownContext }: NewKey): EncryptionContext {
  return contextFromEntries([
    [ID, branchKeyId],
    [TYPE, VERSION_PREFIX + version],
    [CREATE_TIME, createTime],
    [TABLE, logicalName],
    [KMS_ARN, kmsArn],
    [HIERARCHY_VERSION, '1'],
    ...Object.entries(ownContext).map(([name, value]): [string, string] => [OWN_CONTEXT + name, value]),
  ])
}

/** The encryption context of the version that follows an active one. */
export function nextVersionContext(active: EncryptionContext, version: string, createTime: string): EncryptionContext {
  return changed(active, { [TYPE]: VERSION_PREFIX + version, [CREATE_TIME]: createTime }, VERSION)
}

/** The encryption context of the same key as the active one. */
export function activeContext(version: EncryptionContext): EncryptionContext {
  return changed(version, { [VERSION]: version[TYPE] as string, [TYPE]: ACTIVE_TYPE })
}

/** The encryption context of the beacon key that is made along with a version. */
export function beaconContext(version: EncryptionContext): EncryptionContext {
  return changed(version, { [TYPE]: BEACON_TYPE })
}

function changed(context: EncryptionContext, changes: Readonly<Record<string, string>>, without?: string): EncryptionContext {
  const kept = Object.entries(context).filter(([name]) => name !== without && !Object.hasOwn(changes, name))
  return contextFromEntries([...kept, ...Object.entries(changes)])
}

/** The item of an encrypted key. */
export function writeKeyItem(context: EncryptionContext, blob: Uint8Array): Item {
  const item = Object.create(null) as Item
  for (const [name, value] of Object.entries(context))
    if (name !== TABLE) item[name] = name === HIERARCHY_VERSION ? { N: value } : { S: value }
  item[ENC] = { B: blob }
  return item
}

/** The branch key's own encryption context. */
export function ownContextOf(context: EncryptionContext): EncryptionContext {
  return contextFromEntries(
    Object.entries(context).flatMap(([name, value]) =>
      name.startsWith(OWN_CONTEXT) ? [[name.slice(OWN_CONTEXT.length), value] as const] : [],
    ),
  )
}

/** A moment as items have it: UTC, to the microsecond. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z')
}
