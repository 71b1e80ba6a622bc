import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { MAX_DEPTH } from './attribute-types.ts'
import { ValueError } from './errors.ts'
import { defineOwn } from './own-property.ts'

/** A copy of a value that shares nothing with it; what is not defined is left out. */
export function copyValue(value: AttributeValue, depth = 1): AttributeValue {
  if (depth > MAX_DEPTH) throw new ValueError(`is nested deeper than ${MAX_DEPTH} levels`)
  const { S, N, B, M, L, SS, NS, BS } = value
  if (S !== undefined) return { S }
  if (N !== undefined) return { N }
  if (B !== undefined) return { B: Uint8Array.from(B) }
  if (M !== undefined) return { M: copyMap(M, depth) }
  if (L !== undefined) return { L: L.map((element) => copyValue(element, depth + 1)) }
  if (SS !== undefined) return { SS: [...SS] }
  if (NS !== undefined) return { NS: [...NS] }
  if (BS !== undefined) return { BS: BS.map((element) => Uint8Array.from(element)) }
  return { ...value }
}

function copyMap(map: Record<string, AttributeValue>, depth: number): Record<string, AttributeValue> {
  const copy: Record<string, AttributeValue> = {}
  for (const [key, value] of Object.entries(map)) defineOwn(copy, key, copyValue(value, depth + 1))
  return copy
}
