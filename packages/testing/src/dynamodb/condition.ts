import { isObject, type JsonObject } from '../endpoint/input.ts'
import { canonicalValue, compareValues, contentOf, type Item, listOf } from './attribute-value.ts'
import { type Condition, type Operand, type ParsedCondition, parseCondition, type Step } from './condition-parser.ts'

/** Whether the item meets the condition. `undefined` stands for no item. */
function meets(condition: Condition, item: Item | undefined, values: JsonObject): boolean {
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

/** Stands for an attribute that the added half of an expression mentions; long, so that it is nobody else's, and never a key. */
const PLACEHOLDER = '#strongroom_embedded_dynamodb'
const EXISTS = `attribute_exists(${PLACEHOLDER})`
const ABSENT = `attribute_not_exists(${PLACEHOLDER})`

/** A condition that is decided here, and its request with the decision in it. */
interface Decided {
  readonly condition: Condition
  /** The expression with something added that makes it true, or false, of every item. */
  readonly as: (met: boolean) => JsonObject
}

/**
 * Takes the decision about a condition from the engine, which compares no maps and lists and takes bytes for text. The engine gets an
 * expression of the same syntax that has only one outcome: so it still checks everything else about the request.
 */
function decide(members: JsonObject, member: 'ConditionExpression' | 'FilterExpression'): Decided | undefined {
  const { [member]: expression, ExpressionAttributeNames } = members
  const parsed = typeof expression === 'string' ? parseWith(expression, ExpressionAttributeNames) : undefined
  if (parsed === undefined) return undefined
  const enclosed = parsed.enclosed ? expression : `(${String(expression)})`
  const names = { ...(isObject(ExpressionAttributeNames) ? ExpressionAttributeNames : {}), [PLACEHOLDER]: PLACEHOLDER.slice(1) }
  return {
    condition: parsed.condition,
    as: (met) => ({
      ...members,
      [member]: met ? `${enclosed} OR ${EXISTS} OR ${ABSENT}` : `${enclosed} AND ${EXISTS} AND ${ABSENT}`,
      ExpressionAttributeNames: names,
    }),
  }
}

/** A request with its ConditionExpression decided for an item. */
export function withDecidedCondition(members: JsonObject, item: Item | undefined): JsonObject {
  const decided = decide(members, 'ConditionExpression')
  return decided?.as(meets(decided.condition, item, valuesOf(members))) ?? members
}

/** A request that lets every item through, and the FilterExpression that it had; undefined where there is none. */
export function withoutFilter(
  members: JsonObject,
): { readonly members: JsonObject; readonly accepts: (item: Item) => boolean } | undefined {
  const decided = decide(members, 'FilterExpression')
  return decided && { members: decided.as(true), accepts: (item) => meets(decided.condition, item, valuesOf(members)) }
}

function valuesOf({ ExpressionAttributeValues }: JsonObject): JsonObject {
  return isObject(ExpressionAttributeValues) ? ExpressionAttributeValues : {}
}

function parseWith(expression: string, names: unknown): ParsedCondition | undefined {
  const entries = Object.entries(isObject(names) ? names : {}).map(([placeholder, name]): [string, string] => [placeholder, String(name)])
  return parseCondition(expression, new Map(entries))
}
