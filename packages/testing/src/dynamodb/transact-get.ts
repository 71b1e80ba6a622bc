import { Input, isObject, type JsonObject } from '../endpoint/input.ts'
import { itemSize } from './attribute-value.ts'
import type { Database } from './database.ts'
import { invalid } from './dynamodb-errors.ts'
import { MAX_TRANSACTION_ACTIONS, MAX_TRANSACTION_BYTES } from './transact-write.ts'

/** Reads several items at one instant: no write, single or of a transaction, comes between. */
export function transactGet(database: Database, members: JsonObject): Promise<JsonObject> {
  const input = new Input(members)
  const capacity = input.optionalOneOf('ReturnConsumedCapacity', ['INDEXES', 'TOTAL', 'NONE'])
  const gets = input.objectList('TransactItems', { min: 1, max: MAX_TRANSACTION_ACTIONS }).map((item) => {
    const get = item.optionalObject('Get')
    if (get === undefined)
      throw invalid(
        "1 validation error detected: Value at 'transactItems.1.member.get' failed to satisfy constraint: Member must not be null",
      )
    get.string('TableName')
    return get
  })
  return database.lock.exclusive(async () => {
    const units = new Map<string, number>()
    const responses: JsonObject[] = []
    let bytes = 0
    for (const get of gets) {
      const named = database.named(get.members)
      const { name } = database.table(named.TableName)
      const { Item: item } = await database.engine.call('GetItem', { ...named, ConsistentRead: true })
      const size = isObject(item) ? itemSize(item) : 0
      bytes += size
      units.set(name, (units.get(name) ?? 0) + 2 * Math.max(1, Math.ceil(size / 4096)))
      responses.push(isObject(item) ? { Item: item } : {})
    }
    if (bytes > MAX_TRANSACTION_BYTES) throw invalid('Transaction request cannot include more than 4 MB of items')
    if (capacity === undefined || capacity === 'NONE') return { Responses: responses }
    const consumed = [...units].map(([TableName, CapacityUnits]) => ({ TableName, CapacityUnits, ReadCapacityUnits: CapacityUnits }))
    return { Responses: responses, ConsumedCapacity: consumed }
  })
}
