import { bytes, flag, number, object, objects, oneOf, optional, readFields, stringMap, text } from './fields.ts'
import { type Fields, RequestError } from './protocol.ts'

/** One version of a branch key. */
export interface StoredBranchKey {
  readonly branchKeyId: string
  /** A UUID. */
  readonly version: string
  readonly branchKey: Uint8Array
  readonly beaconKey: Uint8Array | undefined
  /** Whether it writes; one version of a branch key does. */
  readonly active: boolean
}

/** A key store in a table. */
export interface TableKeyStore {
  readonly table: string
  readonly logicalName: string
  readonly kmsKeyArn: string
  /** Of KMS and of DynamoDB. */
  readonly endpoint: string
}

/** Branch keys in a table, or given. */
export type KeyStoreRequest = TableKeyStore | { readonly static: readonly StoredBranchKey[] }

export interface HierarchicalRequest {
  readonly type: 'hierarchical'
  readonly branchKeyId: string
  readonly ttlMs: number | undefined
  readonly keyStore: KeyStoreRequest
}

/** Reads a keyring over a branch key. */
export function readHierarchical(fields: Fields): HierarchicalRequest {
  const read = readFields('hierarchical', fields, { branchKeyId: text, ttlMs: optional(number), keyStore: object })
  return { type: 'hierarchical', ...read, keyStore: readKeyStore(read.keyStore) }
}

/** What the operation `keystore` is asked to do. */
export interface KeyStoreOperation {
  readonly action: 'create-table' | 'create-key' | 'version-key' | 'get-active'
  readonly keyStore: TableKeyStore
  readonly branchKeyId: string | undefined
  readonly encryptionContext: Readonly<Record<string, string>> | undefined
}

/** Reads a request of the operation `keystore`. */
export function readKeyStoreOperation(fields: Fields): KeyStoreOperation {
  const action = oneOf<KeyStoreOperation['action']>('create-table', 'create-key', 'version-key', 'get-active')
  const readers = { action, keyStore: object, branchKeyId: optional(text), encryptionContext: optional(stringMap) }
  const read = readFields('keystore', fields, readers)
  if (read.branchKeyId === undefined && (read.action === 'version-key' || read.action === 'get-active'))
    throw new RequestError('INPUT_INVALID', `keystore: ${read.action} needs branchKeyId`)
  return { ...read, keyStore: readTable(read.keyStore) }
}

function readTable(fields: Fields): TableKeyStore {
  return readFields('keyStore', fields, { table: text, logicalName: text, kmsKeyArn: text, endpoint: text })
}

/** A table, or static keys. */
function readKeyStore(fields: Fields): KeyStoreRequest {
  if (!('static' in fields)) return readTable(fields)
  const stored = { branchKeyId: text, version: text, branchKey: bytes, beaconKey: optional(bytes), active: optional(flag) }
  const keys = readFields('keyStore', fields, { static: objects }).static.map((key) => readFields('keyStore: static', key, stored))
  return { static: keys.map((key) => ({ ...key, active: key.active ?? false })) }
}
