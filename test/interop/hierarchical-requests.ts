import { bytes, flag, number, object, objects, optional, readFields, text } from './fields.ts'
import type { Fields } from './protocol.ts'

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

/** A table, or static keys. */
function readKeyStore(fields: Fields): KeyStoreRequest {
  if (!('static' in fields)) return readFields('keyStore', fields, { table: text, logicalName: text, kmsKeyArn: text, endpoint: text })
  const stored = { branchKeyId: text, version: text, branchKey: bytes, beaconKey: optional(bytes), active: optional(flag) }
  const keys = readFields('keyStore', fields, { static: objects }).static.map((key) => readFields('keyStore: static', key, stored))
  return { static: keys.map((key) => ({ ...key, active: key.active ?? false })) }
}
