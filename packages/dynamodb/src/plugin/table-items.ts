import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { CallOptions } from '@strongroom/core'
import { DynamoDBEncryptionError } from '../errors.ts'
import type { Item } from '../item-encryptor.ts'
import { itemSize, MAX_ITEM_BYTES } from './item-size.ts'
import type { TableEntry } from './table-map.ts'

/** An item ready to be sent, and how large it is. */
export interface SealedItem {
  readonly item: Record<string, AttributeValue>
  readonly bytes: number
  /** How much of it encryption added. */
  readonly added: number
}

/** Encrypts an item that is put into a table. @throws `ITEM_TOO_LARGE`, `INPUT_INVALID`, and what encrypting throws */
export async function sealItem(
  { name, encryptor }: TableEntry,
  item: unknown,
  operation: string,
  options: CallOptions,
): Promise<SealedItem> {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw new DynamoDBEncryptionError('ATTRIBUTE_MISSING', `${operation} for the table ${name} has no Item to encrypt.`, { table: name })
  }
  const sealed = await encryptor.encryptItem(item as Item, options)
  // Measured once the encryptor took it for an item.
  const bytes = itemSize(sealed.item)
  const added = bytes - itemSize(item as Item)
  if (bytes > MAX_ITEM_BYTES) {
    throw new DynamoDBEncryptionError(
      'ITEM_TOO_LARGE',
      `${operation}: the item for the table ${name} has ${bytes} bytes, of which encryption added ${added}; DynamoDB takes ${MAX_ITEM_BYTES}. Store large values elsewhere, or split the item.`,
      { table: name },
    )
  }
  return { item: sealed.item, bytes, added }
}

/** The key of an item, as DynamoDB has it, without verifying it. */
export function keyOf({ encryptor }: TableEntry, item: Item): Record<string, AttributeValue> {
  const { partitionKey, sortKey } = encryptor.table
  return Object.fromEntries(Object.entries(item).filter(([name]) => name === partitionKey || name === sortKey))
}
