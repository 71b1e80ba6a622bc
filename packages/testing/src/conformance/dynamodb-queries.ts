import assert from 'node:assert/strict'
import {
  type AttributeValue,
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  type ScanCommandInput,
} from '@aws-sdk/client-dynamodb'
import { type ConformanceCheck, refused } from './check.ts'
import { type Item, put, sorted, withTable } from './dynamodb-table.ts'

const item = (pk: string, sk: number, more: Item = {}): Item => ({ pk: { S: pk }, sk: { N: String(sk) }, ...more })
const numbers = (items: readonly Item[] | undefined): readonly (string | undefined)[] => (items ?? []).map(({ sk }) => sk?.N)

const ofA: Pick<QueryCommandInput, 'KeyConditionExpression' | 'ExpressionAttributeValues'> = {
  KeyConditionExpression: 'pk = :a',
  ExpressionAttributeValues: { ':a': { S: 'a' } },
}

/** Query and Scan. */
export const dynamoDBQueryChecks: readonly ConformanceCheck<DynamoDBClient>[] = [
  {
    name: 'a query answers one partition in the order of its sort key',
    async run(client) {
      await withTable(
        client,
        async (TableName) => {
          await put(client, TableName, ...[10, -1, 9, 0, 2].map((sk) => item('a', sk)), item('b', 5))
          assert.deepEqual(numbers((await client.send(new QueryCommand({ TableName, ...ofA }))).Items), ['-1', '0', '2', '9', '10'])
          const backwards = await client.send(
            new QueryCommand({
              TableName,
              KeyConditionExpression: 'pk = :a AND sk BETWEEN :low AND :high',
              ExpressionAttributeValues: { ':a': { S: 'a' }, ':low': { N: '0' }, ':high': { N: '9' } },
              ScanIndexForward: false,
              ConsistentRead: true,
            }),
          )
          assert.deepEqual(numbers(backwards.Items), ['9', '2', '0'])
        },
        sorted,
      )
    },
  },
  {
    name: 'a query goes on after the key it answered last',
    async run(client) {
      await withTable(
        client,
        async (TableName) => {
          await put(client, TableName, ...[1, 2, 3, 4, 5].map((sk) => item('a', sk)))
          const pages: (readonly (string | undefined)[])[] = []
          let ExclusiveStartKey: Item | undefined
          do {
            const page = await client.send(new QueryCommand({ TableName, ...ofA, Limit: 2, ExclusiveStartKey }))
            pages.push(numbers(page.Items))
            ExclusiveStartKey = page.LastEvaluatedKey
          } while (ExclusiveStartKey !== undefined)
          assert.deepEqual(pages, [['1', '2'], ['3', '4'], ['5']])
        },
        sorted,
      )
    },
  },
  {
    name: 'a page ends after 1 MB',
    async run(client) {
      await withTable(
        client,
        async (TableName) => {
          const big = { data: { B: new Uint8Array(300 * 1024) } }
          await put(client, TableName, ...[1, 2, 3, 4, 5].map((sk) => item('a', sk, big)))
          const page = await client.send(new QueryCommand({ TableName, ...ofA }))
          assert.equal(page.Items?.length, 4)
          assert.deepEqual(page.LastEvaluatedKey, item('a', 4))
        },
        sorted,
      )
    },
  },
  {
    name: 'a filter comes after the limit, and counts what it saw',
    async run(client) {
      await withTable(
        client,
        async (TableName) => {
          await put(client, TableName, ...[1, 2, 3].map((sk) => item('a', sk, { v: { B: Uint8Array.of(255, sk) } })))
          const page = await client.send(
            new QueryCommand({
              TableName,
              KeyConditionExpression: 'pk = :a',
              FilterExpression: 'v = :v',
              ExpressionAttributeValues: { ':a': { S: 'a' }, ':v': { B: Uint8Array.of(255, 2) } },
              Limit: 2,
            }),
          )
          assert.deepEqual([numbers(page.Items), page.Count, page.ScannedCount], [['2'], 1, 2])
          assert.deepEqual(page.LastEvaluatedKey, item('a', 2))
        },
        sorted,
      )
    },
  },
  {
    name: 'a filter compares maps and bytes, and sees what the projection leaves out',
    async run(client) {
      await withTable(
        client,
        async (TableName) => {
          const map = (x: string): AttributeValue => ({ M: { x: { S: x }, l: { L: [{ N: '1' }] } } })
          await put(
            client,
            TableName,
            item('a', 1, { m: map('1'), b: { B: Uint8Array.of(255, 1) } }),
            item('a', 2, { m: map('2'), b: { B: Uint8Array.of(254, 1) } }),
            item('a', 3),
          )
          const scan = (FilterExpression: string, v: AttributeValue, more: Partial<ScanCommandInput> = {}) =>
            client.send(new ScanCommand({ TableName, FilterExpression, ExpressionAttributeValues: { ':v': v }, ...more }))
          const ofMap = await scan('m = :v', map('2'), { ProjectionExpression: '#s', ExpressionAttributeNames: { '#s': 'sk' } })
          assert.deepEqual([ofMap.Items, ofMap.Count, ofMap.ScannedCount], [[{ sk: { N: '2' } }], 1, 3])
          const ofBytes = await scan('begins_with(b, :v)', { B: Uint8Array.of(255) }, { Select: 'COUNT' })
          assert.deepEqual([ofBytes.Items, ofBytes.Count, ofBytes.ScannedCount], [undefined, 1, 3])
          const query = await client.send(
            new QueryCommand({
              TableName,
              KeyConditionExpression: 'pk = :a',
              FilterExpression: '#m <> :v AND attribute_exists(#m)',
              ProjectionExpression: '#m.x',
              ExpressionAttributeNames: { '#m': 'm' },
              ExpressionAttributeValues: { ':a': { S: 'a' }, ':v': map('2') },
            }),
          )
          assert.deepEqual(query.Items, [{ m: { M: { x: { S: '1' } } } }])
        },
        sorted,
      )
    },
  },
  {
    name: 'an index is queried by its own keys and answers what it projects',
    async run(client) {
      await withTable(
        client,
        async (TableName) => {
          await put(client, TableName, item('a', 1, { g: { S: 'x' }, v: { S: '1' } }), item('b', 2, { g: { S: 'x' } }), item('c', 3))
          const { Items } = await client.send(
            new QueryCommand({
              TableName,
              IndexName: 'by-g',
              KeyConditionExpression: 'g = :x',
              ExpressionAttributeValues: { ':x': { S: 'x' } },
            }),
          )
          const byKey = (Items ?? []).sort((one, other) => ((one.sk?.N ?? '') < (other.sk?.N ?? '') ? -1 : 1))
          assert.deepEqual(byKey, [item('a', 1, { g: { S: 'x' } }), item('b', 2, { g: { S: 'x' } })])
        },
        {
          ...sorted,
          AttributeDefinitions: [...sorted.AttributeDefinitions, { AttributeName: 'g', AttributeType: 'S' }],
          GlobalSecondaryIndexes: [
            { IndexName: 'by-g', KeySchema: [{ AttributeName: 'g', KeyType: 'HASH' }], Projection: { ProjectionType: 'KEYS_ONLY' } },
          ],
        },
      )
    },
  },
  {
    name: 'a query needs an equal partition key and no more than its keys',
    async run(client) {
      await withTable(
        client,
        async (TableName) => {
          const values = { ':a': { S: 'a' } }
          for (const KeyConditionExpression of ['pk > :a', 'other = :a', 'pk = :a AND other = :a', 'pk = :a OR pk = :a']) {
            await refused(
              client.send(new QueryCommand({ TableName, KeyConditionExpression, ExpressionAttributeValues: values })),
              'ValidationException',
            )
          }
        },
        sorted,
      )
    },
  },
  {
    name: 'segments of a parallel scan share the table out',
    async run(client) {
      await withTable(
        client,
        async (TableName) => {
          const all = Array.from({ length: 40 }, (_, index) => index)
          await put(client, TableName, ...all.map((sk) => item(`p${sk}`, sk)))
          const found: string[] = []
          for (const Segment of [0, 1, 2]) {
            let ExclusiveStartKey: Item | undefined
            do {
              const page = await client.send(new ScanCommand({ TableName, Segment, TotalSegments: 3, Limit: 7, ExclusiveStartKey }))
              found.push(...numbers(page.Items).map(String))
              ExclusiveStartKey = page.LastEvaluatedKey
            } while (ExclusiveStartKey !== undefined)
          }
          assert.deepEqual(
            found.map(Number).sort((a, b) => a - b),
            all,
          )
          await refused(client.send(new ScanCommand({ TableName, Segment: 3, TotalSegments: 3 })), 'ValidationException')
        },
        sorted,
      )
    },
  },
]
