import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import {
  type marshallOptions as MarshallOptions,
  marshall,
  type unmarshallOptions as UnmarshallOptions,
  unmarshall,
} from '@aws-sdk/util-dynamodb'
import {
  type CallOptions,
  defaultMaterials,
  type EncryptionContext,
  type ItemSuiteId,
  type Keyring,
  type Materials,
  type MaterialsSource,
  type Observer,
  type OpenedBy,
  type RandomSource,
  StrongroomError,
} from '@strongroom/core'
import { isSignal, systemRandom } from '@strongroom/core/keyring-tools'
import { hasMethods, isAnything, isFunction, isInteger, isText, validateOptions } from '@strongroom/core/options'
import { decryptItem } from './decrypt-item.ts'
import { describeItem, type ItemDescription } from './describe-item.ts'
import { encryptItem } from './encrypt-item.ts'
import type { ItemEngine } from './item-engine.ts'
import { rewrapItem } from './rewrap-item.ts'
import { resolveTable, type Table } from './table.ts'
import type { TableConfig, TypedTable } from './table-config.ts'

/** An item as the low-level client has it. */
export type Item = Readonly<Record<string, AttributeValue>>

/** What an encrypted item is. */
export interface EncryptItemResult {
  /** The item to store. It shares nothing with what was given. */
  readonly item: Record<string, AttributeValue>
  /** Its suite; undefined where `plaintextOverride` had it left as it was. */
  readonly suite: ItemSuiteId | undefined
}

/** What a decrypted item is. */
export interface DecryptItemResult {
  /** The item without the attributes of the format. It shares nothing with what was given. */
  readonly item: Record<string, AttributeValue>
  /** Its suite; undefined for a plaintext item, which `plaintextOverride` let pass. */
  readonly suite: ItemSuiteId | undefined
  /** The whole encryption context that it is bound to; empty for a plaintext item. */
  readonly encryptionContext: EncryptionContext
  /** Which key opened it; undefined for a plaintext item. */
  readonly openedBy: OpenedBy | undefined
}

/** Options of `rewrapItem`. */
export interface RewrapOptions extends CallOptions {
  /** Opens the item, instead of the encryptor's own keyring: the old keys, where those of the encryptor cannot. */
  readonly from?: Keyring
}

/** What a rewrapped item is. */
export interface RewrapItemResult {
  /** The item to store. */
  readonly item: Record<string, AttributeValue>
  /** Whether the encrypted attributes are those of before, byte for byte, or were encrypted anew under a new data key. */
  readonly fields: 'kept' | 're-encrypted'
  /** Its suite. */
  readonly suite: ItemSuiteId
}

/** An item in JavaScript's own types, as `DynamoDBDocumentClient` has it. */
export type ItemDocument = Readonly<Record<string, unknown>>

/** What an encrypted document is. */
export interface EncryptDocumentResult {
  /** The item to store, as a document: encrypted attributes are byte arrays. */
  readonly document: Record<string, unknown>
  /** Its suite; undefined where `plaintextOverride` had it left as it was. */
  readonly suite: ItemSuiteId | undefined
}

/** What a decrypted document is. */
export interface DecryptDocumentResult<T> extends Omit<DecryptItemResult, 'item'> {
  /** The document without the attributes of the format. */
  readonly document: T
}

/**
 * Encrypts and decrypts single items: what the SDK plugin does within, and what streams, exports and imports need. `T` is the type of the table's
 * documents, as `defineTable` infers it.
 */
export interface ItemEncryptor<T = Record<string, unknown>> {
  /** The table, as it was configured. */
  readonly table: Table
  /**
   * Encrypts an item.
   *
   * @throws `ATTRIBUTE_NOT_CONFIGURED`, `ATTRIBUTE_RESERVED`, `ATTRIBUTE_MISSING`, `ATTRIBUTE_INVALID`, or what the keyring throws
   */
  encryptItem(item: Item, options?: CallOptions): Promise<EncryptItemResult>
  /**
   * Verifies and decrypts an item, whole as it was written.
   *
   * @throws `ITEM_INVALID`, `ITEM_MISMATCH`, `ITEM_NOT_ENCRYPTED`, `LIMIT_EXCEEDED`, `KEY_TRANSIENT`, `KEY_OPERATIONAL`, `KEY_SHREDDED`
   */
  decryptItem(item: Item, options?: CallOptions): Promise<DecryptItemResult>
  /** `encryptItem` for a document. Marshalling is that of `@aws-sdk/util-dynamodb`, with the encryptor's `marshallOptions`. */
  encryptDocument(document: T, options?: CallOptions): Promise<EncryptDocumentResult>
  /** `decryptItem` for a document, with the encryptor's `unmarshallOptions`. */
  decryptDocument(document: ItemDocument, options?: CallOptions): Promise<DecryptDocumentResult<T>>
  /**
   * Wraps the data key of an item for this encryptor's keyring, after verifying it. Encrypted attributes stay as they are where the configuration
   * still encrypts the same ones and the data key comes from a keyring; otherwise the item is encrypted anew.
   */
  rewrapItem(item: Item, options?: RewrapOptions): Promise<RewrapItemResult>
  /** What an encrypted item says about itself, without keys and unverified. Throws `ITEM_INVALID`, `LIMIT_EXCEEDED`. */
  describeItem(item: Item): ItemDescription
}

/** Options of {@link createItemEncryptor}. Give `keyring` or `materials`. */
export type ItemEncryptorOptions<T = Record<string, unknown>> = MaterialsSource & {
  /** How the items are encrypted; what `defineTable` answers also gives documents their type. */
  readonly table: TableConfig | TypedTable<T>
  /** Name of the table for errors. Default: its logical name. */
  readonly tableName?: string
  /** Most encrypted data keys in an item, written or read. Default 16. */
  readonly maxEncryptedDataKeys?: number
  /** How documents become items. Default: those of `DynamoDBDocumentClient`. */
  readonly marshallOptions?: MarshallOptions
  /** How items become documents. `{ wrapNumbers: true }` keeps numbers that JavaScript's cannot hold. */
  readonly unmarshallOptions?: UnmarshallOptions
  /** Is told what happens, with sizes, key ids and durations; never a key, never plaintext. */
  readonly observer?: Observer
  /** Milliseconds of the clock that `plaintextUntil` is compared with. Default `Date.now`. */
  readonly now?: () => number
  /** Source of message ids, for tests. */
  readonly random?: RandomSource
  /** There is none: the encryption context of every item is its own, so that no data key would be found again. Use a hierarchical keyring. */
  readonly cache?: never
}

/**
 * Makes an encryptor of single items, in the format of the AWS Database Encryption SDK for DynamoDB.
 *
 * Every item costs a data key. With a hierarchical keyring that is no call: branch keys are what is cached.
 *
 * Source: DB-ESDK specification, "DynamoDB Item Encryptor".
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * const encryptor = createItemEncryptor({
 *   keyring: hierarchicalKeyring({ keyStore, branchKeyId: 'orders', cache: { ttlMs: 300_000 } }),
 *   table: { logicalTableName: 'orders', partitionKey: 'id', actions: { email: 'encrypt', status: 'sign' } },
 * })
 * const { item } = await encryptor.encryptItem({ id: { S: '1' }, email: { S: 'a@example.com' }, status: { S: 'open' } })
 * const opened = await encryptor.decryptItem(item)
 * ```
 */
export function createItemEncryptor<T = Record<string, unknown>>(options: ItemEncryptorOptions<T>): ItemEncryptor<T> {
  if (typeof options === 'object' && options !== null && options.cache !== undefined) throw cacheRefused()
  validateOptions<{ readonly [K in keyof ItemEncryptorOptions]: unknown }>(
    'createItemEncryptor',
    options,
    {
      keyring: hasMethods('recipients', 'unwrap'),
      materials: hasMethods('forEncrypt', 'forDecrypt'),
      table: isAnything,
      tableName: isText,
      maxEncryptedDataKeys: isInteger(1, 255),
      marshallOptions: isAnything,
      unmarshallOptions: isAnything,
      observer: isFunction,
      now: isFunction,
      random: isFunction,
      cache: isAnything,
    },
    ['table'],
  )
  const { keyring, tableName, now, marshallOptions = {}, unmarshallOptions = {} } = options
  const engine: ItemEngine = {
    table: resolveTable(options.table, {
      where: 'createItemEncryptor: table',
      path: 'table.',
      ...(tableName === undefined ? {} : { name: tableName }),
      ...(now === undefined ? {} : { now }),
    }),
    materials: materialsOf(options),
    keyring,
    maxEncryptedDataKeys: options.maxEncryptedDataKeys ?? 16,
    observer: options.observer,
    random: options.random ?? systemRandom,
  }
  const { maxEncryptedDataKeys, table } = engine

  return {
    table,
    encryptItem: async (item, call = {}) => encryptItem(engine, item, checkedCall(call)),
    decryptItem: async (item, call = {}) => decryptItem(engine, item, checkedCall(call)),
    async encryptDocument(document, call = {}) {
      const { item, suite } = await encryptItem(engine, marshall(document, marshallOptions) as Item, checkedCall(call))
      return { document: unmarshall(item, unmarshallOptions), suite }
    },
    async decryptDocument(document, call = {}) {
      const { item, ...rest } = await decryptItem(engine, marshall(document, marshallOptions) as Item, checkedCall(call))
      return { ...rest, document: unmarshall(item, unmarshallOptions) as T }
    },
    rewrapItem: async (item, call = {}) => rewrapItem(engine, item, checkedRewrap(call)),
    describeItem: (item) => describeItem(item, { maxEncryptedDataKeys }),
  }
}

function materialsOf({ keyring, materials }: { readonly keyring?: Keyring; readonly materials?: Materials }): Materials {
  if (keyring !== undefined && materials === undefined) return defaultMaterials(keyring)
  if (keyring === undefined && materials !== undefined) return materials
  throw new StrongroomError('OPTION_INVALID', 'createItemEncryptor needs exactly one of keyring and materials.', { option: 'keyring' })
}

const callChecks = { signal: isSignal, observer: isFunction }
const rewrapChecks = { ...callChecks, from: hasMethods('recipients', 'unwrap') }

function checkedCall(call: CallOptions): CallOptions {
  validateOptions('the item encryptor', call, callChecks)
  return call
}

function checkedRewrap(call: RewrapOptions): RewrapOptions {
  validateOptions('rewrapItem', call, rewrapChecks)
  return call
}

function cacheRefused(): StrongroomError {
  return new StrongroomError(
    'OPTION_INVALID',
    'createItemEncryptor takes no cache of data keys: the encryption context of every item is its own, so that nothing would ever be found in it. Use a hierarchical keyring, which caches branch keys.',
    { option: 'cache' },
  )
}
