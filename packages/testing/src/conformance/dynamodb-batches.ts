import assert from 'node:assert/strict'
import { BatchGetItemCommand, BatchWriteItemCommand, type DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb'
import { type ConformanceCheck, refused } from './check.ts'
import { get, type Item, withTable } from './dynamodb-table.ts'

const keys = (count: number): Item[] => Array.from({ length: count }, (_, index) => ({ pk: { S: `k${index}` } }))
const puts = (items: readonly Item[]): WriteRequest[] => items.map((Item) => ({ PutRequest: { Item } }))

/** BatchWriteItem and BatchGetItem. */
export const dynamoDBBatchChecks: readonly ConformanceCheck<DynamoDBClient>[] = [
  {
    name: 'a batch writes and deletes up to 25 items',
    async run(client) {
      await withTable(client, async (name) => {
        await client.send(new BatchWriteItemCommand({ RequestItems: { [name]: puts(keys(25)) } }))
        const mixed = [{ DeleteRequest: { Key: { pk: { S: 'k0' } } } }, ...puts([{ pk: { S: 'k1' }, v: { N: '1' } }])]
        const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems: { [name]: mixed } }))
        assert.deepEqual(UnprocessedItems, {})
        assert.equal(await get(client, name, 'k0'), undefined)
        assert.deepEqual(await get(client, name, 'k1'), { pk: { S: 'k1' }, v: { N: '1' } })
        await refused(client.send(new BatchWriteItemCommand({ RequestItems: { [name]: puts(keys(26)) } })), 'ValidationException')
      })
    },
  },
  {
    name: 'a batch writes no item twice, and nothing when one of its entries is wrong',
    async run(client) {
      await withTable(client, async (name) => {
        const twice = [...puts(keys(1)), { DeleteRequest: { Key: { pk: { S: 'k0' } } } }]
        await refused(client.send(new BatchWriteItemCommand({ RequestItems: { [name]: twice } })), 'ValidationException')
        const wrong = puts([{ pk: { S: 'k0' } }, { pk: { N: '1' } }])
        await refused(client.send(new BatchWriteItemCommand({ RequestItems: { [name]: wrong } })), 'ValidationException')
        await refused(client.send(new BatchWriteItemCommand({ RequestItems: {} })), 'ValidationException')
        assert.equal(await get(client, name, 'k0'), undefined)
      })
    },
  },
  {
    name: 'a batch reads up to 100 keys and leaves out what is not there',
    async run(client) {
      await withTable(client, async (name) => {
        await client.send(new BatchWriteItemCommand({ RequestItems: { [name]: puts(keys(3)) } }))
        const { Responses, UnprocessedKeys } = await client.send(
          new BatchGetItemCommand({ RequestItems: { [name]: { Keys: keys(100), ConsistentRead: true } } }),
        )
        assert.deepEqual((Responses?.[name] ?? []).map(({ pk }) => pk?.S).sort(), ['k0', 'k1', 'k2'])
        assert.deepEqual(UnprocessedKeys, {})
        await refused(client.send(new BatchGetItemCommand({ RequestItems: { [name]: { Keys: keys(101) } } })), 'ValidationException')
        const twice = [...keys(1), ...keys(1)]
        await refused(client.send(new BatchGetItemCommand({ RequestItems: { [name]: { Keys: twice } } })), 'ValidationException')
      })
    },
  },
  {
    name: 'a batch answers up to 16 MB and names the keys that it left, with their projection',
    async run(client) {
      await withTable(client, async (name) => {
        const big = keys(46).map((key): Item => ({ ...key, data: { B: new Uint8Array(380_000) } }))
        for (let from = 0; from < big.length; from += 10) {
          await client.send(new BatchWriteItemCommand({ RequestItems: { [name]: puts(big.slice(from, from + 10)) } }))
        }
        const request = { Keys: keys(46), ProjectionExpression: '#p, #d', ExpressionAttributeNames: { '#p': 'pk', '#d': 'data' } }
        const { Responses, UnprocessedKeys } = await client.send(new BatchGetItemCommand({ RequestItems: { [name]: request } }))
        const found = Responses?.[name]?.length ?? 0
        const left = UnprocessedKeys?.[name]
        assert(found > 0 && found < 46)
        assert.equal(found + (left?.Keys?.length ?? 0), 46)
        assert.equal(left?.ProjectionExpression, '#p, #d')
        assert.deepEqual(left?.ExpressionAttributeNames, request.ExpressionAttributeNames)
      })
    },
  },
]
