import { isObject, type JsonObject } from '../endpoint/input.ts'
import { canonicalValue, compareValues, contentOf, type Item, listOf } from './attribute-value.ts'
import { type Condition, type Operand, type ParsedCondition, parseCondition, type Step } from './condition-parser.ts'

/** Whether the item meets the condition. `undefined` stands for no item. */
export function meets(condition: Condition, item: Item | undefined, values: JsonObject): boolean {
  switch (condition.kind) {
    case 'and':
      return meets(condition.left, item, values) && meets(condition.right, item, values)
    case 'or':
      return meets(condition.left, item, values) || meets(condition.right, item, values)
    case 'not':
      return !meets(condition.of, item, values)
    case 'test': {
      const operands = condition.operands.map((operand) => resolve(operand, item ?? {}, values))
      return passes(condition.name, operands)
    }
  }
}

function resolve(operand: Operand, item: Item, values: JsonObject): unknown {
  switch (operand.kind) {
    case 'value':
      return own(values, operand.placeholder)
    case 'path':
      return operand.steps.reduce(walk, { M: item })
    case 'size':
      return sizeOf(resolve(operand.of, item, values))
  }
}

function walk(value: unknown, step: Step): unknown {
  const [type, content] = contentOf(value) ?? []
  if (typeof step === 'number') return type === 'L' ? listOf(content)[step] : undefined
  return type === 'M' && isObject(content) ? own(content, step) : undefined
}

function own(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

function sizeOf(value: unknown): unknown {
  const [type, content] = contentOf(value) ?? []
  switch (type) {
    case 'S':
      return { N: String(String(content).length) }
    case 'B':
      return { N: String(Buffer.byteLength(String(content), 'base64')) }
    case 'SS':
    case 'NS':
    case 'BS':
    case 'L':
      return { N: String(listOf(content).length) }
    case 'M':
      return { N: String(isObject(content) ? Object.keys(content).length : 0) }
    default:
      return undefined
  }
}

function passes(name: string, [first, ...others]: readonly unknown[]): boolean {
  const [second, third] = others
  const order = (other: unknown, accepts: (order: number) => boolean): boolean => {
    const compared = compareValues(first, other)
    return compared !== undefined && accepts(compared)
  }
  switch (name) {
    case '=':
      return equal(first, second)
    case '<>':
      return !equal(first, second)
    case '<':
      return order(second, (each) => each < 0)
    case '<=':
      return order(second, (each) => each <= 0)
    case '>':
      return order(second, (each) => each > 0)
    case '>=':
      return order(second, (each) => each >= 0)
    case 'between':
      return order(second, (each) => each >= 0) && order(third, (each) => each <= 0)
    case 'in':
      return others.some((other) => equal(first, other))
    case 'attribute_exists':
      return first !== undefined
    case 'attribute_not_exists':
      return first === undefined
    case 'attribute_type':
      return contentOf(first)?.[0] === contentOf(second)?.[1]
    case 'begins_with':
      return indexIn(first, second) === 0
    case 'contains':
      return contains(first, second)
    default:
      return false
  }
}

function equal(a: unknown, b: unknown): boolean {
  return a !== undefined && b !== undefined && canonicalValue(a) === canonicalValue(b)
}

function contains(value: unknown, element: unknown): boolean {
  const [type = '', content] = contentOf(value) ?? []
  if (type === 'L') return listOf(content).some((each) => equal(each, element))
  if (['SS', 'NS', 'BS'].includes(type)) return listOf(content).some((each) => equal({ [type.charAt(0)]: each }, element))
  return indexIn(value, element) >= 0
}

/** Where one text or run of bytes is in another; -1 where it is not. */
function indexIn(value: unknown, part: unknown): number {
  const [whole, sought] = [contentOf(value), contentOf(part)]
  if (whole === undefined || sought === undefined || whole[0] !== sought[0]) return -1
  if (whole[0] === 'S') return String(whole[1]).indexOf(String(sought[1]))
  return whole[0] === 'B' ? Buffer.from(String(whole[1]), 'base64').indexOf(Buffer.from(String(sought[1]), 'base64')) : -1
}

/** The name that stands for the key in what is added to conditions; long, so that it is nobody else's. */
const KEY_PLACEHOLDER = '#strongroom_embedded_dynamodb_key'

/**
 * Decides the ConditionExpression of a request here, since the engine compares no maps and lists and takes bytes for text, and leaves only
 * the decision to the engine, in a form that has the same syntax: so the engine still checks everything else about the request.
 */
export function withDecidedCondition(members: JsonObject, keyName: string, item: Item | undefined): JsonObject {
  const { ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues } = members
  if (typeof ConditionExpression !== 'string') return members
  const parsed = parseWith(ConditionExpression, ExpressionAttributeNames)
  if (parsed === undefined) return members
  const met = meets(parsed.condition, item, isObject(ExpressionAttributeValues) ? ExpressionAttributeValues : {})
  const enclosed = parsed.enclosed ? ConditionExpression : `(${ConditionExpression})`
  const [exists, absent] = [`attribute_exists(${KEY_PLACEHOLDER})`, `attribute_not_exists(${KEY_PLACEHOLDER})`]
  return {
    ...members,
    ConditionExpression: met ? `${enclosed} OR ${exists} OR ${absent}` : `${enclosed} AND ${exists} AND ${absent}`,
    ExpressionAttributeNames: { ...(isObject(ExpressionAttributeNames) ? ExpressionAttributeNames : {}), [KEY_PLACEHOLDER]: keyName },
  }
}

function parseWith(expression: string, names: unknown): ParsedCondition | undefined {
  const entries = Object.entries(isObject(names) ? names : {}).map(([placeholder, name]): [string, string] => [placeholder, String(name)])
  return parseCondition(expression, new Map(entries))
}
