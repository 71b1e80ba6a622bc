import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { leaks } from '../../packages/kinesis/test/leaks.ts'
import { dialects, type Plain } from './dialects.ts'
import { type EmbeddedBench, embeddedBench } from './embedded.ts'
import { MARKER, SECRET } from './tables.ts'

const KIB = 1024

describe.each(dialects)('sizes are checked after encryption, before sending, by $name', (dialect) => {
  let bench: EmbeddedBench
  beforeAll(async () => {
    bench = await embeddedBench(dialect)
  })
  afterAll(() => bench[Symbol.asyncDispose]())
  beforeEach(() => {
    bench.dynamodb.requests.length = 0
  })

  /** An item of about that size; it begins with the marker. */
  const itemOf = (id: string, bytes: number): Plain => ({ id, card: SECRET + 'x'.repeat(bytes) })
  const puts = (count: number, bytes: number): Plain[] => Array.from({ length: count }, (_, index) => itemOf(`big-${index}`, bytes))

  function tells(error: Error, code: string, limit: number): void {
    expect(error).toMatchObject({ code })
    const [, bytes, added] = /has (\d+) bytes.*, of which encryption added (\d+)/.exec(error.message) ?? []
    expect(Number(bytes)).toBeGreaterThan(limit)
    expect(Number(added)).toBeGreaterThan(0)
    expect(error.message).toContain(String(limit))
    expect(leaks(error, MARKER)).toEqual([])
    expect(bench.dynamodb.requests).toEqual([])
  }

  it('of an item: 400 KB', async () => {
    const TableName = bench.tables.orders
    // Fits as it is, and not with what encryption adds.
    const item = itemOf('item', 400 * KIB - 200)
    const error = await bench.fails('PutItem', { TableName, Item: item })
    tells(error, 'ITEM_TOO_LARGE', 400 * KIB)
    expect(error).toMatchObject({ table: TableName })
    tells(
      await bench.fails('BatchWriteItem', { RequestItems: { [TableName]: [{ PutRequest: { Item: item } }] } }),
      'ITEM_TOO_LARGE',
      400 * KIB,
    )
    tells(await bench.fails('TransactWriteItems', { TransactItems: [{ Put: { TableName, Item: item } }] }), 'ITEM_TOO_LARGE', 400 * KIB)
    await bench.send('PutItem', { TableName, Item: itemOf('item', 399 * KIB) })
    expect(bench.bodies('PutItem')).toHaveLength(1)
  })

  it('of an item that an update makes larger', async () => {
    const TableName = bench.tables.orders
    await bench.send('PutItem', { TableName, Item: itemOf('grows', 10) })
    bench.dynamodb.requests.length = 0
    const update = {
      TableName,
      Key: { id: 'grows' },
      UpdateExpression: 'SET card = :c',
      ExpressionAttributeValues: { ':c': SECRET + 'x'.repeat(400 * KIB - 200) },
    }
    const error = await bench.fails('UpdateItem', update, { updates: 'rewrite' })
    expect(error).toMatchObject({ code: 'ITEM_TOO_LARGE', table: TableName })
    expect(bench.dynamodb.requests.map(({ operation }) => operation)).toEqual(['GetItem'])
  })

  it('of a transaction: 4 MB', async () => {
    const TableName = bench.tables.orders
    const items = puts(11, 390 * KIB).map((Item) => ({ Put: { TableName, Item } }))
    tells(await bench.fails('TransactWriteItems', { TransactItems: items }), 'REQUEST_TOO_LARGE', 4 * KIB * KIB)
  })

  it('of a batch: 16 MB', async () => {
    const TableName = bench.tables.orders
    // The 25 items that DynamoDB takes stay below, each being at most 400 KB; what has more items is measured all the same.
    const items = puts(25, 399 * KIB).map((Item) => ({ PutRequest: { Item } }))
    await bench.send('BatchWriteItem', { RequestItems: { [TableName]: items } })
    expect(bench.bodies('BatchWriteItem')).toHaveLength(1)
    const more = puts(42, 399 * KIB).map((Item) => ({ PutRequest: { Item } }))
    bench.dynamodb.requests.length = 0
    tells(await bench.fails('BatchWriteItem', { RequestItems: { [TableName]: more } }), 'REQUEST_TOO_LARGE', 16 * KIB * KIB)
  })
})
