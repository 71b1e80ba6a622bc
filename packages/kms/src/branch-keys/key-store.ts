import { setTimeout as delay } from 'node:timers/promises'
import { type CallOptions, type RandomSource, StrongroomError } from '@strongroom/core'
import { systemRandom } from '@strongroom/core/keyring-tools'
import { hasMethods, isFunction, isText, type OptionCheck, validateOptions } from '@strongroom/core/options'
import type { BeaconKey, BranchKey, BranchKeyStore } from './branch-key-store.ts'
import { type CreateTableOptions, createTable, type KeyStoreTable } from './create-table.ts'
import { type DynamoDBSender, KeyTable, type Sleep } from './key-table.ts'
import {
  type BranchKeyFacts,
  type BranchKeyVersionFacts,
  describeKey,
  everyItem,
  type ListKeysOptions,
  type ListKeysPageOptions,
  type ListOptions,
  type ListPageOptions,
  listKeysPage,
  listVersionsPage,
  type Page,
} from './list-keys.ts'
import { getActive, getBeaconKey, getVersion, type StoreParts } from './read-keys.ts'
import { type CallerIdentity, isIdentity, type ShredKeyOptions, shredKey } from './shred-key.ts'
import type { ShredReceipt } from './shred-receipt.ts'
import { storeKms } from './store-kms.ts'
import type { StoreKmsOptions } from './store-kms-options.ts'
import {
  type CreatedBranchKey,
  type CreateKeyOptions,
  createKey,
  type RotatedBranchKey,
  type VersionKeyOptions,
  versionKey,
} from './write-keys.ts'

/** Options of {@link createKeyStore}. */
export interface KeyStoreOptions {
  /** A `DynamoDBClient` of the table's Region. The SDK's own waits for an answer for ever: give it a `requestTimeout`. */
  readonly client: DynamoDBSender
  /** Name or ARN of the table. */
  readonly tableName: string
  /**
   * Name that branch keys are bound to, in KMS, instead of the table's: give it where the table may one day be restored, or replicated, under
   * another. It must be the same for everybody who uses the table, and can never change. Default `tableName`.
   */
  readonly logicalName?: string
  /** The KMS keys, and how KMS is called. */
  readonly kms: StoreKmsOptions
  /** Who calls, for the receipts of `shredKey`. Default the access key that calls are signed with. */
  readonly identity?: CallerIdentity
  /** Milliseconds since the epoch, for tests. */
  readonly now?: () => number
  /** Waits, for tests: between looks at a table that is being made, and before a write that met another one is tried again. */
  readonly sleep?: Sleep
  /** Source of versions and ids, for tests. */
  readonly random?: RandomSource
}

/**
 * Branch keys in a table of DynamoDB, encrypted under KMS keys. Tables and items are those of the official key stores.
 *
 * Beside what each method says, all reject with `KEY_TRANSIENT` or `KEY_OPERATIONAL` as a `KeyStoreError` (DynamoDB), a `KmsKeyError` (KMS) or, the
 * second, a `BranchKeyError` (an item that was changed, or is of another KMS key), with `ENDPOINT_INSECURE`, and with the reason of an aborted signal.
 */
export interface KeyStore extends BranchKeyStore {
  /** Name of the table, as it was given. */
  readonly tableName: string
  /** The name that branch keys are bound to. */
  readonly logicalName: string
  /**
   * The version that is written with: one GetItem and one Decrypt.
   *
   * @throws `BRANCH_KEY_NOT_FOUND`, `KEY_SHREDDED`
   */
  getActive(branchKeyId: string, options?: CallOptions): Promise<BranchKey>
  /**
   * A version to read with: one GetItem and one Decrypt; a second GetItem for one that is not there.
   *
   * @throws `BRANCH_KEY_NOT_FOUND`, `KEY_SHREDDED`
   */
  getVersion(branchKeyId: string, version: string, options?: CallOptions): Promise<BranchKey>
  /**
   * The key of searchable values.
   *
   * @throws `BRANCH_KEY_NOT_FOUND`, `KEY_SHREDDED`
   */
  getBeaconKey(branchKeyId: string, options?: CallOptions): Promise<BeaconKey>
  /**
   * Makes the table, with on-demand capacity, where there is none, and waits until it can be used. A table of a key store that is there is fine.
   *
   * @throws `KEY_STORE_TABLE_INVALID`, `OPTION_INVALID`
   */
  createTable(options?: CreateTableOptions): Promise<KeyStoreTable>
  /**
   * Makes a branch key and its beacon key. KMS makes both; nobody sees them. Nothing is written where the id is taken.
   *
   * @throws `BRANCH_KEY_EXISTS`, `KEY_SHREDDED` (an id is never used again), `KEY_STORE_READ_ONLY`, `CONTEXT_INVALID`, `OPTION_INVALID`
   */
  createKey(options?: CreateKeyOptions): Promise<CreatedBranchKey>
  /**
   * Rotates: gives a branch key a new version to write with. Older versions are read as before; other processes write with theirs until their
   * cache's ttl. Of calls that race, one wins and the others reject, with nothing written.
   *
   * @throws `BRANCH_KEY_NOT_FOUND`, `BRANCH_KEY_CONFLICT`, `KEY_SHREDDED`, `KEY_STORE_READ_ONLY`, `OPTION_INVALID`
   */
  versionKey(branchKeyId: string, options?: VersionKeyOptions): Promise<RotatedBranchKey>
  /**
   * What the table says of a branch key, without KMS: its active version and when it was made, or that it was shredded.
   *
   * @throws `BRANCH_KEY_NOT_FOUND`
   */
  describeKey(branchKeyId: string, options?: CallOptions): Promise<BranchKeyFacts>
  /** What the table says of all its branch keys, shredded ones included, by a scan of the whole table. */
  listKeys(options?: ListKeysOptions): AsyncIterable<BranchKeyFacts>
  /**
   * One page of `listKeys`.
   *
   * @throws `OPTION_INVALID`
   */
  listKeysPage(options?: ListKeysPageOptions): Promise<Page<BranchKeyFacts>>
  /** What the table says of the versions of a branch key, in the order of their UUIDs. Rejects as `listVersionsPage` does. */
  listVersions(branchKeyId: string, options?: ListOptions): AsyncIterable<BranchKeyVersionFacts>
  /**
   * One page of `listVersions`.
   *
   * @throws `BRANCH_KEY_NOT_FOUND`, `KEY_SHREDDED`, `OPTION_INVALID`
   */
  listVersionsPage(branchKeyId: string, options?: ListPageOptions): Promise<Page<BranchKeyVersionFacts>>
  /**
   * Destroys a branch key, all its versions and its beacon key, for good, and evicts them from every cache of this process. Later reads fail with
   * `KEY_SHREDDED`. A call that was cut off is carried through by the next one, and a key that was shredded answers the receipt that it has. Between
   * the two, versions that were not yet deleted can still be read: `listKeys` tells of such keys as `shredding`.
   *
   * The receipt says until when other processes may still decrypt, and what backups may hold. To make those useless, too, give a tenant a KMS key of
   * its own and schedule its deletion with `scheduleKeyDeletion`.
   *
   * @throws `BRANCH_KEY_NOT_FOUND`, `BRANCH_KEY_CONFLICT`, `OPTION_INVALID`
   */
  shredKey(branchKeyId: string, options?: ShredKeyOptions): Promise<ShredReceipt>
}

const checks: { readonly [K in keyof Required<KeyStoreOptions>]: OptionCheck } = {
  client: hasMethods('send'),
  tableName: isText,
  logicalName: isText,
  kms: (value) => (typeof value === 'object' && value !== null ? undefined : 'be an object with keyId, or another choice of KMS keys'),
  identity: isIdentity,
  now: isFunction,
  sleep: isFunction,
  random: isFunction,
}

/**
 * A branch key store in DynamoDB.
 *
 * Each branch key is 32 bytes that KMS made and encrypted; each call fetches one and has KMS decrypt it. Give the store to a `hierarchicalKeyring`
 * with a cache.
 *
 * Items are not trusted: KMS binds a key to everything else in its item. Whoever may write to the table can still put an older item of the same key
 * in its place, or take keys away.
 *
 * Source: specification, "Branch Key Store" and "DynamoDB Key Storage".
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
 * import { createEncryptionClient } from '@strongroom/core'
 * import { hierarchicalKeyring } from '@strongroom/kms'
 * import { createKeyStore } from '@strongroom/kms/branch-keys'
 *
 * const keyStore = createKeyStore({
 *   client: new DynamoDBClient({ requestHandler: { requestTimeout: 10_000 } }),
 *   tableName: 'branch-keys',
 *   kms: { keyId: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab' },
 * })
 * await keyStore.createTable({ deletionProtection: true })
 * const { branchKeyId } = await keyStore.createKey({ encryptionContext: { tenant: 'blue' } })
 * const client = createEncryptionClient({ keyring: hierarchicalKeyring({ keyStore, branchKeyId, cache: { ttlMs: 300_000 } }) })
 * ```
 */
export function createKeyStore(options: KeyStoreOptions): KeyStore {
  validateOptions('createKeyStore', options, checks, ['client', 'tableName', 'kms'])
  const { client, tableName, logicalName = tableName, identity, now = Date.now, sleep = wait, random = systemRandom } = options
  const kms = storeKms('createKeyStore', options.kms)
  const parts: StoreParts = { table: new KeyTable(tableName, client, random, sleep), kms, logicalName, now }

  return {
    tableName,
    logicalName,
    getActive: async (branchKeyId, call = {}) => getActive(parts, idOf(branchKeyId), call),
    getVersion: async (branchKeyId, version, call = {}) => getVersion(parts, idOf(branchKeyId), version, call),
    getBeaconKey: async (branchKeyId, call = {}) => getBeaconKey(parts, idOf(branchKeyId), call),
    createTable: (table = {}) => createTable(parts.table, now, table),
    createKey: (key = {}) => createKey(parts, random, key),
    versionKey: async (branchKeyId, version = {}) => versionKey(parts, random, idOf(branchKeyId), version),
    describeKey: async (branchKeyId, call = {}) => describeKey(parts, idOf(branchKeyId), call),
    listKeys: (list = {}) => {
      const { ...kept } = list
      return everyItem((after) => listKeysPage(parts, after === undefined ? kept : { ...kept, after }))
    },
    listKeysPage: (page = {}) => listKeysPage(parts, page),
    listVersions: (branchKeyId, list = {}) => {
      const { ...kept } = list
      return everyItem((after) => listVersionsPage(parts, idOf(branchKeyId), after === undefined ? kept : { ...kept, after }))
    },
    listVersionsPage: async (branchKeyId, page = {}) => listVersionsPage(parts, idOf(branchKeyId), page),
    shredKey: async (branchKeyId, shred = {}) => shredKey(parts, idOf(branchKeyId), shred, identity),
  }
}

/** A value that is no text at all is a mistake of the caller's; any text may come out of a message. */
function idOf(branchKeyId: string): string {
  if (typeof branchKeyId === 'string') return branchKeyId
  throw new StrongroomError('INPUT_INVALID', 'The id of a branch key is a string.')
}

async function wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    signal?.throwIfAborted()
    throw error
  })
}
