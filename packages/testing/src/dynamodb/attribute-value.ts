import { isObject, type JsonObject } from '../endpoint/input.ts'
import { canonicalNumber, compareNumbers, parseNumber } from './number.ts'

/** An item or a key as it is on the wire: attribute values by name. */
export type Item = JsonObject

/** The one type of a value and what it holds; undefined for what is no attribute value. */
export function contentOf(value: unknown): readonly [type: string, content: unknown] | undefined {
  return isObject(value) ? Object.entries(value)[0] : undefined
}

/** Bytes that DynamoDB counts for an item, by the rules of its developer guide. */
export function itemSize(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueSize(value), 0)
}

function valueSize(value: unknown): number {
  const [type, content] = contentOf(value) ?? ['', undefined]
  switch (type) {
    case 'S':
      return Buffer.byteLength(String(content))
    case 'N': {
      const { negative, digits } = parseNumber(String(content))
      return Math.ceil(digits.length / 2) + 1 + (negative ? 1 : 0)
    }
    case 'B':
      return Buffer.byteLength(String(content), 'base64')
    case 'SS':
    case 'NS':
    case 'BS':
      return listOf(content).reduce<number>((sum, element) => sum + valueSize({ [type.charAt(0)]: element }), 0)
    case 'L':
      return listOf(content).reduce<number>((sum, element) => sum + 1 + valueSize(element), 3)
    case 'M':
      return isObject(content) ? 3 + Object.keys(content).length + itemSize(content) : 3
    default:
      return 1
  }
}

/** One text for all the ways to write a value: numbers by their value, sets and maps in any order. */
export function canonicalValue(value: unknown): string {
  const [type, content] = contentOf(value) ?? ['', value]
  switch (type) {
    case 'N':
      return `N${canonicalNumber(String(content))}`
    case 'NS':
      return `NS${JSON.stringify(
        listOf(content)
          .map((element) => canonicalNumber(String(element)))
          .sort(),
      )}`
    case 'SS':
    case 'BS':
      return `${type}${JSON.stringify(listOf(content).map(String).sort())}`
    case 'L':
      return `L${JSON.stringify(listOf(content).map(canonicalValue))}`
    case 'M':
      return `M${JSON.stringify(
        Object.entries(isObject(content) ? content : {})
          .map(([name, member]) => [name, canonicalValue(member)])
          .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
      )}`
    default:
      return `${type}${JSON.stringify(content)}`
  }
}

/** Negative, zero or positive; undefined where the values have no order: of different types, or neither text, number nor bytes. */
export function compareValues(a: unknown, b: unknown): number | undefined {
  const [first, second] = [contentOf(a), contentOf(b)]
  if (first === undefined || second === undefined || first[0] !== second[0]) return undefined
  const [left, right] = [String(first[1]), String(second[1])]
  switch (first[0]) {
    case 'S':
      return Buffer.compare(Buffer.from(left), Buffer.from(right))
    case 'B':
      return Buffer.compare(Buffer.from(left, 'base64'), Buffer.from(right, 'base64'))
    case 'N':
      return compareNumbers(left, right)
    default:
      return undefined
  }
}

/** A list; empty where the value is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
