import { validateOptions } from '@strongroom/core/options'
import { isEncryptedItem } from './item-attributes.ts'
import { type WalkOptions, type WalkResult, walk, walkChecks } from './migration/walk.ts'

/**
 * Encrypts the items of a table that are not encrypted yet: the second step of a migration, while readers read both and writers encrypt. Each item is
 * replaced under the condition that it is still the one that was read, so that concurrent writers lose nothing; attributes that are not signed are
 * left alone. It may be killed and begun again at any moment, with a checkpoint or without.
 *
 * Source: DB-ESDK, "Plaintext override"; AWS, "Encrypt existing items in a table".
 *
 * @throws `OPTION_INVALID`, `KEY_TRANSIENT`, what reading and writing the table throw, the signal's reason: go on from the last checkpoint later.
 * What an item itself throws is told in `failures`
 * @example
 * ```ts
 * const encryptor = createItemEncryptor({ keyring, table })
 * const { written, failures } = await backfill({ client: new DynamoDBClient({}), tableName: 'orders', encryptor, maxItemsPerSecond: 500 })
 * ```
 */
export async function backfill(options: WalkOptions): Promise<WalkResult> {
  validateOptions('backfill', options, walkChecks, ['client', 'tableName', 'encryptor'])
  const { encryptor } = options
  return walk(options, async (stored, call) => {
    // An encryptor of the first step writes plaintext: there is nothing to do yet.
    if (isEncryptedItem(stored) || encryptor.table.writesPlaintext()) return undefined
    return (await encryptor.encryptItem(stored, call)).item
  })
}
