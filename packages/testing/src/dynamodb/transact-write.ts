import { Input, isObject, type JsonObject } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import { type Item, itemSize } from './attribute-value.ts'
import { withDecidedCondition } from './condition.ts'
import type { Database } from './database.ts'
import { type CancellationReason, invalid, transactionCanceled } from './dynamodb-errors.ts'
import type { ItemFaults } from './item-faults.ts'
import { checkItemSize, currentItem, objectOf } from './item-operations.ts'
import type { Table } from './table.ts'
import { withOrderedRemovals } from './update-order.ts'

/** Bytes of the items in a transaction. */
export const MAX_TRANSACTION_BYTES: number = 4 * 2 ** 20
/** Actions of a transaction. */
export const MAX_TRANSACTION_ACTIONS = 100

const KINDS = ['Put', 'Update', 'Delete', 'ConditionCheck'] as const

/** One action of TransactWriteItems. */
interface Action {
  readonly kind: (typeof KINDS)[number]
  readonly table: Table
  readonly key: Item
  readonly members: JsonObject
  readonly returnsItem: boolean
}

/** What became of an action: the item before and after, and why it failed. */
interface Outcome {
  readonly before: Item | undefined
  readonly after: Item | undefined
  readonly reason: CancellationReason
}

/**
 * Carries a transaction out. Under the exclusive lock nobody sees it half done, so each action is carried out by the engine under its own
 * condition, and all are undone when one fails: every condition has met the items as they were, since no two actions are on one item.
 */
export function transactWrite(database: Database, members: JsonObject, faults: ItemFaults): Promise<JsonObject> {
  const input = new Input(members)
  const token = input.optionalString('ClientRequestToken', { min: 1, max: 36 })
  const capacity = input.optionalOneOf('ReturnConsumedCapacity', ['INDEXES', 'TOTAL', 'NONE'])
  const items = input.objectList('TransactItems', { min: 1, max: MAX_TRANSACTION_ACTIONS })
  return database.lock.exclusive(async () => {
    const answered = token === undefined ? undefined : database.tokens.find(token, members.TransactItems)
    if (answered !== undefined) return answered
    const actions = items.map((item) => readAction(database, item))
    if (new Set(actions.map(({ table, key }) => table.identityOf(key))).size < actions.length) {
      throw invalid('Transaction request cannot include multiple operations on one item')
    }
    const injected = actions.map(({ kind, table, members }, index) =>
      faults.cancels({ operation: 'TransactWriteItems', index, tableName: table.name, request: { [kind]: members } }),
    )
    if (injected.some((reason) => reason !== undefined)) throw transactionCanceled(injected.map((reason) => reason ?? { Code: 'None' }))
    const outcomes = await carryOut(database, actions)
    const answer = capacity === 'TOTAL' || capacity === 'INDEXES' ? { ConsumedCapacity: consumed(actions, outcomes) } : {}
    if (token !== undefined) database.tokens.add(token, members.TransactItems, answer)
    return answer
  })
}

function readAction(database: Database, item: Input): Action {
  const kinds = KINDS.filter((kind) => item.has(kind))
  const [kind] = kinds
  if (kind === undefined || kinds.length > 1) {
    throw invalid('TransactItems can only contain one of Check, Put, Update or Delete')
  }
  const members = database.named(item.optionalObject(kind)?.members ?? {})
  const input = new Input(members)
  input.string('TableName')
  const table = database.table(members.TableName)
  const onFailure = input.optionalOneOf('ReturnValuesOnConditionCheckFailure', ['ALL_OLD', 'NONE'])
  if (kind === 'ConditionCheck') input.string('ConditionExpression')
  if (kind === 'Update') input.string('UpdateExpression')
  if (kind === 'Put') checkItemSize(members.Item)
  const key = kind === 'Put' ? table.keyOf(objectOf(members.Item)) : objectOf(members.Key)
  return { kind, table, key, members, returnsItem: onFailure === 'ALL_OLD' }
}

async function carryOut(database: Database, actions: readonly Action[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  try {
    for (const action of actions) outcomes.push(await attempt(database, action))
    if (outcomes.some(({ reason }) => reason.Code !== 'None')) throw transactionCanceled(outcomes.map(({ reason }) => reason))
    if (outcomes.reduce((sum, outcome) => sum + sizeOf(outcome), 0) > MAX_TRANSACTION_BYTES) {
      throw invalid('Transaction request cannot include more than 4 MB of items')
    }
    return outcomes
  } catch (error) {
    for (const [index, { before, after, reason }] of outcomes.entries()) {
      const action = actions[index]
      if (action === undefined || reason.Code !== 'None' || before === after) continue
      await restore(database, action, before)
    }
    throw error
  }
}

function sizeOf({ before, after }: Outcome): number {
  const item = after ?? before
  return item === undefined ? 0 : itemSize(item)
}

async function attempt(database: Database, action: Action): Promise<Outcome> {
  const before = await currentItem(database, action.table, action.key)
  try {
    return { before, after: await perform(database, action, before), reason: { Code: 'None' } }
  } catch (error) {
    const reason = reasonOf(error, action.returnsItem ? before : undefined)
    if (reason === undefined) throw error
    return { before, after: before, reason }
  }
}

/** Carries the action out on its own. Answers the item it leaves. */
async function perform({ engine }: Database, action: Action, before: Item | undefined): Promise<Item | undefined> {
  const members = withDecidedCondition(withOrderedRemovals(action.members), before)
  switch (action.kind) {
    case 'Put':
      await engine.call('PutItem', members)
      return objectOf(members.Item)
    case 'Update': {
      const { Attributes } = await engine.call('UpdateItem', { ...members, ReturnValues: 'ALL_NEW' })
      return objectOf(Attributes)
    }
    case 'Delete':
      await engine.call('DeleteItem', members)
      return undefined
    case 'ConditionCheck': {
      // A write that leaves everything as it is has the engine check the request.
      const { Key, ...rest } = members
      if (before === undefined) await engine.call('DeleteItem', { ...rest, Key })
      else await engine.call('PutItem', { ...rest, Item: before })
      return before
    }
  }
}

async function restore({ engine }: Database, { table, key }: Action, before: Item | undefined): Promise<void> {
  if (before === undefined) await engine.call('DeleteItem', { TableName: table.name, Key: key })
  else await engine.call('PutItem', { TableName: table.name, Item: before })
}

// What depends on the item, or on the table's keys, cancels the transaction; every other mistake makes the request invalid.
const CANCELLING = [
  /^One or more parameter values (were invalid|are not valid)/,
  /^The provided key element does not match the schema/,
  /^The update expression attempted to update the secondary index key/,
  /^An operand in the update expression has an incorrect data type/,
  /^Item size to update has exceeded the maximum allowed size/,
  /^Number (overflow|underflow)/,
  /^Type mismatch for attribute to update/,
  /^The document path provided in the update expression is invalid for update/,
  /^The provided expression refers to an attribute that does not exist in the item/,
]

function reasonOf(error: unknown, item: Item | undefined): CancellationReason | undefined {
  if (!(error instanceof ServiceError)) return undefined
  if (error.name === 'ConditionalCheckFailedException') {
    return { Code: 'ConditionalCheckFailed', Message: error.message, ...(item === undefined ? {} : { Item: item }) }
  }
  const cancels = error.name === 'ValidationException' && CANCELLING.some((message) => message.test(error.message))
  return cancels ? { Code: 'ValidationError', Message: error.message } : undefined
}

/** Twice the units of a plain write: one to prepare and one to commit. */
function consumed(actions: readonly Action[], outcomes: readonly Outcome[]): readonly JsonObject[] {
  const units = new Map<string, number>()
  for (const [index, { table }] of actions.entries()) {
    const { before, after } = outcomes[index] ?? {}
    const bytes = Math.max(...[before, after].map((item) => (isObject(item) ? itemSize(item) : 1)))
    units.set(table.name, (units.get(table.name) ?? 0) + 2 * Math.ceil(bytes / 1024))
  }
  return [...units].map(([TableName, CapacityUnits]) => ({ TableName, CapacityUnits, WriteCapacityUnits: CapacityUnits }))
}
