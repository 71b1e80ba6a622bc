import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Item } from '../item-encryptor.ts'

/** Most bytes of an item. Source: Amazon DynamoDB Developer Guide, "Item size". */
export const MAX_ITEM_BYTES: number = 400 * 1024
/** Most bytes of a BatchWriteItem request. */
export const MAX_BATCH_BYTES: number = 16 * 1024 * 1024
/** Most bytes of the items of a transaction. */
export const MAX_TRANSACTION_BYTES: number = 4 * 1024 * 1024

/** How large DynamoDB takes an item to be, in bytes. Source: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats". */
export function itemSize(item: Item): number {
  let size = 0
  for (const [name, value] of Object.entries(item)) size += Buffer.byteLength(name) + valueSize(value)
  return size
}

function valueSize(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S)
  if (value.N !== undefined) return numberSize(value.N)
  if (value.B !== undefined) return value.B.length
  if (value.SS !== undefined) return value.SS.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  if (value.NS !== undefined) return value.NS.reduce((sum, text) => sum + numberSize(text), 0)
  if (value.BS !== undefined) return value.BS.reduce((sum, bytes) => sum + bytes.length, 0)
  if (value.L !== undefined) return value.L.reduce((sum, member) => sum + 1 + valueSize(member), 3)
  if (value.M !== undefined) {
    return Object.entries(value.M).reduce((sum, [name, member]) => sum + 1 + Buffer.byteLength(name) + valueSize(member), 3)
  }
  return 1
}

/** One byte for two significant digits, one more, and one for a sign. */
function numberSize(text: string): number {
  const digits = text
    .replace(/[eE].*$/, '')
    .replace(/[^0-9]/g, '')
    .replace(/^0+|0+$/g, '')
  return Math.ceil(digits.length / 2) + 1 + (text.startsWith('-') ? 1 : 0)
}
