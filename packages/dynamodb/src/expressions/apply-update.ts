import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { addNumbers } from './decimal.ts'
import type { DocumentPath } from './document-path.ts'
import { ExpressionError } from './expression-error.ts'
import { removeAt, setAt, valueAt, type WorkingItem } from './item-path.ts'
import type { Operand, UpdateAction } from './update-expression.ts'

/** What placeholders of values stand for, as a request gives them. */
export type ExpressionValues = Readonly<Record<string, AttributeValue>> | undefined

const WHERE = 'UpdateExpression'
const sets = ['SS', 'NS', 'BS'] as const
type SetKind = (typeof sets)[number]

/**
 * Does to an item what DynamoDB would. All operands are taken from the item as it was; what is set is set before anything is removed, and elements
 * of a list keep their old indexes until all are removed. The given item is not changed.
 *
 * @throws `EXPRESSION_INVALID`: a value has the wrong type, a path leads nowhere, a placeholder is unknown, a number is out of range
 */
export function applyUpdate(
  item: Readonly<Record<string, AttributeValue>>,
  actions: readonly UpdateAction[],
  values: ExpressionValues,
): Record<string, AttributeValue> {
  const before: WorkingItem = new Map(Object.entries(item))
  const after: WorkingItem = new Map(before)
  const computed = actions.map((action) => ({ action, value: outcomeOf(action, before, values) }))
  for (const { action, value } of computed) if (value !== undefined && !setAt(after, action.path, value)) throw nowhere(action.path)
  const removed = computed.filter(({ value }) => value === undefined).map(({ action }) => action.path)
  for (const path of removed.toSorted(laterElementsFirst)) if (!removeAt(after, path)) throw nowhere(path)
  return Object.fromEntries(after)
}

/** What an action leaves at its path; undefined: nothing. */
function outcomeOf(action: UpdateAction, before: WorkingItem, values: ExpressionValues): AttributeValue | undefined {
  const old = valueAt(before, action.path)
  switch (action.clause) {
    case 'SET':
      return evaluate(action.operand, before, values)
    case 'REMOVE':
      return undefined
    case 'ADD':
      return added(old, givenValue(action.placeholder, values), action.path)
    case 'DELETE':
      return without(old, givenValue(action.placeholder, values), action.path)
  }
}

function evaluate(operand: Operand, before: WorkingItem, values: ExpressionValues): AttributeValue {
  switch (operand.kind) {
    case 'value':
      return givenValue(operand.placeholder, values)
    case 'path': {
      const value = valueAt(before, operand.path)
      if (value === undefined) throw new ExpressionError(WHERE, `the item has no ${nameOf(operand.path)}, which the expression refers to.`)
      return value
    }
    case 'if_not_exists':
      return valueAt(before, operand.path) ?? evaluate(operand.otherwise, before, values)
    case 'list_append': {
      const [first, second] = [evaluate(operand.first, before, values), evaluate(operand.second, before, values)]
      if (first.L === undefined || second.L === undefined) throw new ExpressionError(WHERE, 'list_append takes two lists.')
      return { L: [...first.L, ...second.L] }
    }
    default: {
      const [left, right] = [evaluate(operand.left, before, values), evaluate(operand.right, before, values)]
      return sum(left, right, operand.kind === '+' ? 1 : -1)
    }
  }
}

function sum(left: AttributeValue, right: AttributeValue, sign: 1 | -1): AttributeValue {
  if (left.N === undefined || right.N === undefined) throw new ExpressionError(WHERE, 'only numbers can be added and subtracted.')
  const N = addNumbers(left.N, right.N, sign)
  if (N === undefined) throw new ExpressionError(WHERE, 'a sum is out of the range or the precision of a number of DynamoDB.')
  return { N }
}

function added(old: AttributeValue | undefined, value: AttributeValue, path: DocumentPath): AttributeValue {
  if (value.N !== undefined) return sum(old ?? { N: '0' }, value, 1)
  const kind = sets.find((name) => value[name] !== undefined)
  if (kind === undefined) throw new ExpressionError(WHERE, `ADD takes a number or a set, for ${nameOf(path)}.`)
  if (old === undefined) return value
  if (old[kind] === undefined) throw new ExpressionError(WHERE, `ADD takes a set of the type that ${nameOf(path)} has.`)
  const present = new Set(members(old, kind).map(identity(kind)))
  const fresh = members(value, kind).filter((member) => !present.has(identity(kind)(member)))
  return setOf(kind, [...members(old, kind), ...fresh])
}

/** A set without some members; undefined once it has none, and where there was none. */
function without(old: AttributeValue | undefined, value: AttributeValue, path: DocumentPath): AttributeValue | undefined {
  const kind = sets.find((name) => value[name] !== undefined)
  if (kind === undefined) throw new ExpressionError(WHERE, `DELETE takes a set, for ${nameOf(path)}.`)
  if (old === undefined) return undefined
  if (old[kind] === undefined) throw new ExpressionError(WHERE, `DELETE takes a set of the type that ${nameOf(path)} has.`)
  const gone = new Set(members(value, kind).map(identity(kind)))
  const left = members(old, kind).filter((member) => !gone.has(identity(kind)(member)))
  return left.length === 0 ? undefined : setOf(kind, left)
}

function setOf(kind: SetKind, held: readonly (string | Uint8Array)[]): AttributeValue {
  return { [kind]: held } as unknown as AttributeValue
}

function members(value: AttributeValue, kind: SetKind): readonly (string | Uint8Array)[] {
  return value[kind] ?? []
}

/** Members of a set are the same when this is: numbers however they are written, bytes by their content. */
function identity(kind: SetKind): (member: string | Uint8Array) => string {
  return (member) => {
    if (typeof member !== 'string') return Buffer.from(member).toString('base64')
    return kind === 'NS' ? (addNumbers(member, '0', 1) ?? member) : member
  }
}

function givenValue(placeholder: string, values: ExpressionValues): AttributeValue {
  const value = values !== undefined && Object.hasOwn(values, placeholder) ? values[placeholder] : undefined
  if (value === undefined) throw new ExpressionError(WHERE, `ExpressionAttributeValues does not say what ${placeholder} is.`)
  return value
}

function nowhere(path: DocumentPath): ExpressionError {
  return new ExpressionError(WHERE, `the item has nothing that ${nameOf(path)} would be part of.`)
}

function nameOf({ attribute, rest }: DocumentPath): string {
  return `${JSON.stringify(attribute)}${rest.map((part) => (typeof part === 'number' ? `[${part}]` : `.${JSON.stringify(part)}`)).join('')}`
}

function laterElementsFirst(one: DocumentPath, other: DocumentPath): number {
  const [a, b] = [one.rest, other.rest]
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const [left, right] = [a[index], b[index]]
    if (typeof left === 'number' && typeof right === 'number' && left !== right) return right - left
  }
  return b.length - a.length
}
