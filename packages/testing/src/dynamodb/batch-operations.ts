import { isObject, type JsonObject } from '../endpoint/input.ts'
import { itemSize, listOf } from './attribute-value.ts'
import type { Database, DatabaseOperation } from './database.ts'
import { throughputExceeded } from './dynamodb-errors.ts'
import type { ItemFaults } from './item-faults.ts'
import { checkItemSize, objectOf } from './item-operations.ts'

const MAX_ANSWER_BYTES = 16 * 2 ** 20

/** BatchWriteItem and BatchGetItem. An entry that a fault meets comes back as unprocessed; where all do, AWS throttles the call instead. */
export function batchOperations(faults: ItemFaults): ReadonlyMap<string, DatabaseOperation> {
  return new Map([
    ['BatchWriteItem', (database: Database, members: JsonObject) => batchWrite(database, members, faults)],
    ['BatchGetItem', (database: Database, members: JsonObject) => batchGet(database, members, faults)],
  ])
}

/** What is asked of one table: the name as it was sent, the table's own, and the entries with those left out that a fault meets. */
interface TableRequest {
  readonly sentAs: string
  readonly name: string
  readonly processed: readonly unknown[]
  readonly unprocessed: readonly unknown[]
}

async function batchWrite(database: Database, members: JsonObject, faults: ItemFaults): Promise<JsonObject> {
  const requests = split(database, members, faults, 'BatchWriteItem', (entries) => entries)
  for (const { processed } of requests ?? []) {
    for (const entry of processed) checkItemSize(objectOf(objectOf(entry).PutRequest).Item)
  }
  if (requests === undefined) return database.engine.call('BatchWriteItem', members)
  const answer = await database.lock.shared(() =>
    database.engine.call('BatchWriteItem', {
      ...members,
      RequestItems: Object.fromEntries(requests.filter(({ processed }) => processed.length > 0).map((each) => [each.name, each.processed])),
    }),
  )
  const unprocessed = requests.filter((each) => each.unprocessed.length > 0).map((each) => [each.sentAs, each.unprocessed])
  return { ...answer, UnprocessedItems: Object.fromEntries(unprocessed) }
}

async function batchGet(database: Database, members: JsonObject, faults: ItemFaults): Promise<JsonObject> {
  const requests = split(database, members, faults, 'BatchGetItem', (entry) => objectOf(entry).Keys)
  if (requests === undefined) return database.engine.call('BatchGetItem', members)
  const asked = (request: TableRequest, keys: readonly unknown[]): JsonObject => ({
    ...objectOf(objectOf(members.RequestItems)[request.sentAs]),
    Keys: keys,
  })
  let remaining = new Map(requests.filter(({ processed }) => processed.length > 0).map((request) => [request, request.processed]))
  const found = new Map(requests.map((request): [TableRequest, unknown[]] => [request, []]))
  const left = new Map(requests.map((request): [TableRequest, unknown[]] => [request, [...request.unprocessed]]))
  let answer: JsonObject = {}
  let bytes = 0
  while (remaining.size > 0) {
    // The engine answers a little more than 1 MB at a time.
    const RequestItems = Object.fromEntries([...remaining].map(([request, keys]) => [request.name, asked(request, keys)]))
    answer = await database.lock.shared(() => database.engine.call('BatchGetItem', { ...members, RequestItems }))
    const next = new Map<TableRequest, readonly unknown[]>()
    for (const request of remaining.keys()) {
      const items = listOf(objectOf(answer.Responses)[request.name])
      bytes += items.reduce<number>((sum, item) => sum + (isObject(item) ? itemSize(item) : 0), 0)
      found.get(request)?.push(...items)
      const keys = listOf(objectOf(objectOf(answer.UnprocessedKeys)[request.name]).Keys)
      if (keys.length > 0) next.set(request, keys)
    }
    remaining = next
    if (bytes < MAX_ANSWER_BYTES) continue
    for (const [request, keys] of remaining) left.get(request)?.push(...keys)
    break
  }
  return {
    ...answer,
    Responses: Object.fromEntries([...found].map(([{ sentAs }, items]) => [sentAs, items])),
    UnprocessedKeys: Object.fromEntries(
      [...left].filter(([, keys]) => keys.length > 0).map(([request, keys]) => [request.sentAs, asked(request, keys)]),
    ),
  }
}

/** Undefined where the request is not of the right shape, or names a table that is not there: the engine says what is wrong. */
function split(
  database: Database,
  members: JsonObject,
  faults: ItemFaults,
  operation: string,
  entriesOf: (entry: unknown) => unknown,
): readonly TableRequest[] | undefined {
  if (!isObject(members.RequestItems)) return undefined
  const requests: TableRequest[] = []
  for (const [sentAs, entry] of Object.entries(members.RequestItems)) {
    const entries = entriesOf(entry)
    if (!Array.isArray(entries)) return undefined
    const name = String(database.nameOf(sentAs))
    const met = entries.map((request: unknown, index) =>
      faults.leavesUnprocessed({ operation, index, tableName: name, request: objectOf(request) }),
    )
    requests.push({
      sentAs,
      name,
      processed: entries.filter((_, index) => met[index] === false),
      unprocessed: entries.filter((_, index) => met[index] === true),
    })
  }
  const count = (of: (request: TableRequest) => readonly unknown[]): number =>
    requests.reduce((sum, request) => sum + of(request).length, 0)
  if (count(({ unprocessed }) => unprocessed) > 0 && count(({ processed }) => processed) === 0) throw throughputExceeded()
  return requests
}
