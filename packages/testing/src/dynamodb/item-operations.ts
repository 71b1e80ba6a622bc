import { Input, isObject, type JsonObject } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import { type Item, itemSize, listOf } from './attribute-value.ts'
import { withDecidedCondition, withoutFilter } from './condition.ts'
import type { Database, DatabaseOperation } from './database.ts'
import { invalid } from './dynamodb-errors.ts'
import type { Table } from './table.ts'
import { withOrderedRemovals } from './update-order.ts'

/** How many bytes an item may have. */
const MAX_ITEM_BYTES = 409_600

/** Operations on one item, and those that read many items of one table. */
export const itemOperations: ReadonlyMap<string, DatabaseOperation> = new Map([
  ['PutItem', write('PutItem')],
  ['UpdateItem', write('UpdateItem')],
  ['DeleteItem', write('DeleteItem')],
  ['GetItem', read('GetItem')],
  ['Query', find('Query')],
  ['Scan', find('Scan')],
])

function read(operation: string): DatabaseOperation {
  return (database, members) => database.lock.shared(() => database.engine.call(operation, database.named(members)))
}

function find(operation: string): DatabaseOperation {
  return (database, members) => {
    const named = database.named(members)
    const filtered = withoutFilter(named)
    if (filtered === undefined) return database.lock.shared(() => database.engine.call(operation, named))
    // A projection may leave out what the filter looks at, and nothing may change between the two calls.
    return database.lock.exclusive(async () => {
      const { ProjectionExpression, Select, ...whole } = filtered.members
      const answer = await database.engine.call(operation, filtered.members)
      const plain = ProjectionExpression === undefined && Select === undefined
      const seen = plain ? answer : await database.engine.call(operation, withoutUnused(whole, ProjectionExpression))
      const accepted = listOf(seen.Items).map((item) => filtered.accepts(objectOf(item)))
      return {
        ...answer,
        Count: accepted.filter(Boolean).length,
        ...(answer.Items === undefined ? {} : { Items: listOf(answer.Items).filter((_, index) => accepted[index] === true) }),
      }
    })
  }
}

// The engine refuses names that no expression uses any more.
function withoutUnused(members: JsonObject, projection: unknown): JsonObject {
  const { ExpressionAttributeNames, ...rest } = members
  const elsewhere = Object.values(rest)
    .filter((value) => typeof value === 'string')
    .join(' ')
  const kept = Object.entries(objectOf(ExpressionAttributeNames)).filter(([name]) => {
    const mentioned = new RegExp(`${name}(?![A-Za-z0-9_])`)
    return mentioned.test(elsewhere) || !mentioned.test(String(projection))
  })
  return { ...rest, ExpressionAttributeNames: Object.fromEntries(kept) }
}

function write(operation: string): DatabaseOperation {
  return async (database, members) => {
    const named = withOrderedRemovals(database.named(members))
    checkItemSize(named.Item)
    const onFailure = new Input(named).optionalOneOf('ReturnValuesOnConditionCheckFailure', ['ALL_OLD', 'NONE'])
    const table = database.find(String(named.TableName))
    if (named.ConditionExpression === undefined || table === undefined) {
      return database.lock.shared(() => database.engine.call(operation, named))
    }
    return database.lock.exclusive(async () => {
      const before = await currentItem(database, table, table.keyOf(objectOf(named.Key ?? named.Item)))
      try {
        return await database.engine.call(operation, withDecidedCondition(named, before))
      } catch (error) {
        const failed = error instanceof ServiceError && error.name === 'ConditionalCheckFailedException'
        if (!failed || onFailure !== 'ALL_OLD' || before === undefined) throw error
        throw new ServiceError(error.name, error.message, error.status, { Item: before })
      }
    })
  }
}

/** The item as it is now; undefined also for a key that is not the table's. */
export async function currentItem(database: Database, table: Table, key: Item): Promise<Item | undefined> {
  const ofTable = table.keyNames.every((name) => Object.hasOwn(key, name))
  if (!ofTable) return undefined
  try {
    const { Item } = await database.engine.call('GetItem', { TableName: table.name, Key: key, ConsistentRead: true })
    return isObject(Item) ? Item : undefined
  } catch (error) {
    // The write that follows is refused for the same reason, in its own words.
    if (error instanceof ServiceError && error.name === 'ValidationException') return undefined
    throw error
  }
}

/** @throws `ValidationException` */
export function checkItemSize(item: unknown): void {
  // The engine counts UTF-16 units, DynamoDB bytes of UTF-8.
  if (isObject(item) && itemSize(item) > MAX_ITEM_BYTES) throw invalid('Item size has exceeded the maximum allowed size')
}

/** A value that must be a structure; anything else counts as empty, and the engine says what is wrong with it. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}
