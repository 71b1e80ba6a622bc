import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Keyring, Materials, Observer } from '@strongroom/core'
import { StrongroomError } from '@strongroom/core'
import { isAnything, isFunction, isInteger, isOneOf, validateOptions } from '@strongroom/core/options'
import { createItemEncryptor } from './item-encryptor.ts'
import type { PluginConfig, RejectedItemAction, RejectedItemHandler } from './plugin/plugin-config.ts'
import { SentTransactions } from './plugin/sent-transactions.ts'
import { TableMap } from './plugin/table-map.ts'
import type { TableConfig } from './table-config.ts'

/** What is encrypted and how, wherever data keys come from. */
export interface DynamoDBEncryptionSettings {
  /** The encrypted tables, by the name that DynamoDB knows; an ARN is taken as well. */
  readonly tables: Readonly<Record<string, TableConfig>>
  /** Whether calls about other tables are refused, or pass unencrypted. Default `refuse`. */
  readonly otherTables?: 'refuse' | 'pass'
  /**
   * What becomes of an UpdateExpression that changes signed attributes: `refuse` (default), or `rewrite`, which reads the item, changes it and
   * writes what is signed under an optimistic lock. Updates of attributes that are not signed pass in either case.
   */
  readonly updates?: 'refuse' | 'rewrite'
  /** How often an update that meets other writers is tried. 1 to 100, default 10. */
  readonly maxAttempts?: number
  /** Most encrypted data keys in an item, written or read. Default 16. */
  readonly maxEncryptedDataKeys?: number
  /** Is told what happens, with sizes, key ids and durations; never a key, never plaintext. */
  readonly observer?: Observer
  /**
   * What operations that answer many items do about those that will never decrypt: `throw` an {@link UndecryptableItemsError} (default), `skip`
   * them, or what a function says of each. Failures that may pass always throw.
   */
  readonly onRejected?: RejectedItemAction | RejectedItemHandler
  /** The clock that ends a `plaintextOverride`, and the time that tokens of transactions are known, in milliseconds, for tests. Default `Date.now`. */
  readonly now?: () => number
}

/** Data keys from a keyring: one for every item. */
export interface ItemKeyring {
  /** Wraps and unwraps data keys. */
  readonly keyring: Keyring
  /** Not together with `keyring`. */
  readonly materials?: never
  /** Not supported: the encryption context of every item is its own, so that no data key could be used twice. A hierarchical keyring caches its branch keys. */
  readonly cache?: never
}

/** Data keys from a materials manager. */
export interface ItemMaterials {
  /** A materials manager, instead of a keyring. */
  readonly materials: Materials
  /** Not together with `materials`. */
  readonly keyring?: never
  /** Not supported. */
  readonly cache?: never
}

/** Configuration of {@link withEncryption}. Give `keyring` or `materials`. */
export type DynamoDBEncryptionConfig = DynamoDBEncryptionSettings & (ItemKeyring | ItemMaterials)

/** @throws `OPTION_INVALID` */
export function resolveConfig(config: DynamoDBEncryptionConfig, plain: DynamoDBClient | undefined): PluginConfig {
  validateOptions(
    'withEncryption',
    config,
    {
      keyring: isAnything,
      materials: isAnything,
      cache: () =>
        'be left out: the encryption context of every item is its own, so that no data key could be used twice. Use a hierarchical keyring, which caches its branch keys',
      tables: (value) =>
        typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
          ? undefined
          : 'be an object that names at least one table',
      otherTables: isOneOf(['refuse', 'pass']),
      updates: isOneOf(['refuse', 'rewrite']),
      maxAttempts: isInteger(1, 100),
      maxEncryptedDataKeys: isAnything,
      observer: isFunction,
      onRejected: (value) =>
        typeof value === 'function' || value === 'throw' || value === 'skip' ? undefined : 'be throw, skip or a function',
      now: isFunction,
    },
    ['tables'],
  )
  const { tables, keyring, materials, maxEncryptedDataKeys, observer, now, onRejected = 'throw' } = config
  if ((keyring === undefined) === (materials === undefined)) {
    throw new StrongroomError('OPTION_INVALID', 'withEncryption needs exactly one of keyring and materials.', { option: 'keyring' })
  }
  const source = keyring === undefined ? { materials: materials as Materials } : { keyring }
  const entries = Object.entries(tables).map(([name, table]) => ({
    name,
    encryptor: createItemEncryptor({
      ...source,
      table,
      tableName: name,
      ...(maxEncryptedDataKeys === undefined ? {} : { maxEncryptedDataKeys }),
      ...(observer === undefined ? {} : { observer }),
      ...(now === undefined ? {} : { now }),
    }),
  }))
  return {
    tables: new TableMap(entries, config.otherTables ?? 'refuse'),
    updates: config.updates ?? 'refuse',
    maxAttempts: config.maxAttempts ?? 10,
    onRejected: typeof onRejected === 'function' ? onRejected : () => onRejected,
    observer,
    plain,
    transactions: new SentTransactions(now ?? Date.now),
  }
}
