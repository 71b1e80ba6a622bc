import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { MAX_DEPTH } from './attribute-types.ts'
import { ValueError } from './errors.ts'
import { defineOwn } from './own-property.ts'
import { arrayContent, binaryContent, mapContent } from './value-content.ts'
import { typeOf } from './write-value.ts'

/** A copy of a value that shares nothing with it. */
export function copyValue(value: AttributeValue, depth = 1): AttributeValue {
  if (depth > MAX_DEPTH) throw new ValueError(`is nested deeper than ${MAX_DEPTH} levels`)
  const type = typeOf(value)
  const content = (value as unknown as Record<string, unknown>)[type]
  switch (type) {
    case 'B':
      return { B: new Uint8Array(binaryContent(content)) }
    case 'SS':
    case 'NS':
      return { [type]: [...arrayContent(content)] } as unknown as AttributeValue
    case 'BS':
      return { BS: arrayContent(content).map((element) => new Uint8Array(binaryContent(element))) }
    case 'L':
      return { L: arrayContent(content).map((element) => copyValue(element as AttributeValue, depth + 1)) }
    case 'M':
      return { M: copyMap(mapContent(content), depth) }
    default:
      return { [type]: content } as unknown as AttributeValue
  }
}

function copyMap(map: Readonly<Record<string, unknown>>, depth: number): Record<string, AttributeValue> {
  const copy: Record<string, AttributeValue> = {}
  for (const [key, value] of Object.entries(map)) defineOwn(copy, key, copyValue(value as AttributeValue, depth + 1))
  return copy
}
