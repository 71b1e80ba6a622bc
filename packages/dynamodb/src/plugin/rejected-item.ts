import { isStrongroomError } from '@strongroom/core'
import type { Item } from '../item-encryptor.ts'

/**
 * Why an item was rejected: `not-encrypted`, `integrity` (damaged, forged, foreign, of another table, or not whole), `shredded` (its key was
 * destroyed on purpose), `transient` (a key cannot be reached now), `operational` (a key may not be used: somebody has to act). The last two may
 * pass, so items are never skipped for them.
 */
export type ItemRejectionClass = 'not-encrypted' | 'transient' | 'operational' | 'integrity' | 'shredded'

/** An item that could not be decrypted. Safe to log: `key` and `item` are not enumerable. */
export interface RejectedItem {
  /** The table's key in `tables`. */
  readonly table: string
  /** Why, as far as it decides what to do with the item. */
  readonly class: ItemRejectionClass
  /** What decrypting threw. Its message is safe to log. */
  readonly cause: Error
  /** The item's key, unverified, as DynamoDB has it. */
  readonly key: Item
  /** The item as DynamoDB gave it; never plaintext of an encrypted one. */
  readonly item: Item
}

/** Makes a rejected item. */
export function rejectedItem(table: string, key: Item, item: Item, cause: unknown): RejectedItem {
  const error = cause instanceof Error ? cause : new Error('Decrypting threw what is no error.')
  const rejected = { table, class: classify(cause), cause: error }
  Object.defineProperty(rejected, 'key', { value: key, enumerable: false })
  return Object.freeze(Object.defineProperty(rejected, 'item', { value: item, enumerable: false }) as unknown as RejectedItem)
}

/** Whether the same item may be decrypted later. */
export function mayPass({ class: rejection }: RejectedItem): boolean {
  return rejection === 'transient' || rejection === 'operational'
}

const classes: ReadonlyMap<string, ItemRejectionClass> = new Map([
  ['ITEM_INVALID', 'integrity'],
  ['ITEM_MISMATCH', 'integrity'],
  ['LIMIT_EXCEEDED', 'integrity'],
  ['ITEM_NOT_ENCRYPTED', 'not-encrypted'],
  ['KEY_SHREDDED', 'shredded'],
  ['KEY_TRANSIENT', 'transient'],
])

/** What is not known to be the item's fault is `operational`: the caller stops, and loses nothing. */
function classify(error: unknown): ItemRejectionClass {
  return (isStrongroomError(error) ? classes.get(error.code) : undefined) ?? 'operational'
}
