import type { Keyring } from '@strongroom/core'
import { hasMethods, isFunction, validateOptions } from '@strongroom/core/options'
import type { ItemDescription } from './describe-item.ts'
import { isEncryptedItem } from './item-attributes.ts'
import { type WalkOptions, type WalkResult, walk, walkChecks } from './migration/walk.ts'

/** Options of {@link rotateTable}. */
export interface RotateTableOptions extends WalkOptions {
  /** Opens the items, where the encryptor's keyring cannot: the old keys. */
  readonly from?: Keyring
  /**
   * Whether an item needs new encrypted data keys, judged by what it says of itself, unverified. Default: every item does, so that a walk that was
   * begun anew rotates what it had rotated before.
   */
  readonly needsRotation?: (description: ItemDescription) => boolean
}

/**
 * Wraps the data keys of a table's items for the encryptor's keyring: after a key was rotated or replaced. Encrypted attributes stay as they are where
 * the format allows. Each item is replaced under the condition that it is still the one that was read. Items that are not encrypted are skipped.
 *
 * @throws `OPTION_INVALID`, `KEY_TRANSIENT`, what reading and writing the table throw, the signal's reason: go on from the last checkpoint later.
 * What an item itself throws is told in `failures`
 * @example
 * ```ts
 * const encryptor = createItemEncryptor({ keyring: newKeyring, table })
 * await rotateTable({ client: new DynamoDBClient({}), tableName: 'orders', encryptor, from: oldKeyring })
 * ```
 */
export async function rotateTable(options: RotateTableOptions): Promise<WalkResult> {
  const checks = { ...walkChecks, from: hasMethods('unwrap'), needsRotation: isFunction }
  validateOptions('rotateTable', options, checks, ['client', 'tableName', 'encryptor'])
  const { encryptor, from, needsRotation } = options
  return walk(options, async (stored, call) => {
    if (!isEncryptedItem(stored)) return undefined
    if (needsRotation !== undefined && !needsRotation(encryptor.describeItem(stored))) return undefined
    return (await encryptor.rewrapItem(stored, { ...call, ...(from === undefined ? {} : { from }) })).item
  })
}
