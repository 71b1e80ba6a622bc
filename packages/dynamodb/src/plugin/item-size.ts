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

/** Of what is no value, which is for DynamoDB to refuse, it says nothing. */
function valueSize(value: AttributeValue | null | undefined): number {
  if (typeof value !== 'object' || value === null) return 0
  const { S, N, B, SS, NS, BS, L, M } = value
  if (typeof S === 'string') return Buffer.byteLength(S)
  if (typeof N === 'string') return numberSize(N)
  if (B instanceof Uint8Array) return B.length
  if (Array.isArray(SS)) return SS.reduce((sum, text) => sum + Buffer.byteLength(String(text)), 0)
  if (Array.isArray(NS)) return NS.reduce((sum, text) => sum + numberSize(String(text)), 0)
  if (Array.isArray(BS)) return BS.reduce((sum, bytes) => sum + bytes.length, 0)
  if (Array.isArray(L)) return L.reduce((sum, member) => sum + 1 + valueSize(member), 3)
  if (typeof M === 'object' && M !== null) {
    return Object.entries(M).reduce((sum, [name, member]) => sum + 1 + Buffer.byteLength(name) + valueSize(member), 3)
  }
  return 1
}

/** One byte for two significant digits, one more, and one for a sign. No regular expression: the text may be long. */
function numberSize(text: string): number {
  let [digits, zeros] = [0, 0]
  for (const character of text) {
    if (character === 'e' || character === 'E') break
    if (character === '0') zeros += digits === 0 ? 0 : 1
    else if (character >= '1' && character <= '9') {
      digits += zeros + 1
      zeros = 0
    }
  }
  return Math.ceil(digits / 2) + 1 + (text.startsWith('-') ? 1 : 0)
}
