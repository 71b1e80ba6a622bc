import assert from 'node:assert/strict'
import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { type ConformanceCheck, refused } from './check.ts'
import { get, type Item, put, withTable } from './dynamodb-table.ts'

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values)

/** Numbers as they may be written, and as they come back. */
const NUMBERS: readonly (readonly [string, string])[] = [
  ['1.0', '1'],
  ['001', '1'],
  ['-0', '0'],
  ['0.000', '0'],
  ['1e3', '1000'],
  ['1E-5', '0.00001'],
  ['-12.50', '-12.5'],
  ['12345678901234567890123456789012345678', '12345678901234567890123456789012345678'],
  ['100000000000000000000000000000000000000000', '100000000000000000000000000000000000000000'],
]

/** Single items: types, sizes, updates. */
export const dynamoDBItemChecks: readonly ConformanceCheck<DynamoDBClient>[] = [
  {
    name: 'an item keeps all ten types',
    async run(client) {
      await withTable(client, async (name) => {
        const item: Item = {
          pk: { S: 'a' },
          text: { S: 'é🔑' },
          number: { N: '-12.5' },
          bytes: { B: bytes(0, 128, 255) },
          yes: { BOOL: true },
          no: { BOOL: false },
          nothing: { NULL: true },
          texts: { SS: ['a', 'b'] },
          numbers: { NS: ['1', '2.5'] },
          blobs: { BS: [bytes(1), bytes(2, 3)] },
          list: { L: [{ S: 'x' }, { N: '1' }, { M: { deep: { L: [] } } }] },
          map: { M: { 'a.b': { S: '' }, e: { B: bytes() } } },
          'na me': { S: 'with a space' },
        }
        await put(client, name, item)
        const stored = await get(client, name, 'a')
        const { texts, numbers, blobs, ...rest } = stored ?? {}
        const { texts: _t, numbers: _n, blobs: _b, ...expected } = item
        assert.deepEqual(rest, expected)
        assert.deepEqual([...(texts?.SS ?? [])].sort(), ['a', 'b'])
        assert.deepEqual([...(numbers?.NS ?? [])].sort(), ['1', '2.5'])
        assert.deepEqual(
          [...(blobs?.BS ?? [])].sort((a, b) => a.length - b.length),
          [bytes(1), bytes(2, 3)],
        )
      })
    },
  },
  {
    name: 'numbers come back in their normal form',
    async run(client) {
      await withTable(client, async (name) => {
        const sent = NUMBERS.map(([N], index): [string, AttributeValue] => [`n${index}`, { N }])
        await put(client, name, { pk: { S: 'a' }, ...Object.fromEntries(sent) })
        const { pk, ...stored } = (await get(client, name, 'a')) ?? {}
        assert.deepEqual(stored, Object.fromEntries(NUMBERS.map(([, N], index) => [`n${index}`, { N }])))
      })
    },
  },
  {
    name: 'numbers within lists come back in their normal form',
    async run(client) {
      await withTable(client, async (name) => {
        await put(client, name, { pk: { S: 'a' }, numbers: { L: NUMBERS.map(([N]) => ({ N })) } })
        assert.deepEqual(
          (await get(client, name, 'a'))?.numbers?.L?.map(({ N }) => N),
          NUMBERS.map(([, normal]) => normal),
        )
      })
    },
  },
  {
    name: 'numbers out of range or of more than 38 digits are refused',
    async run(client) {
      await withTable(client, async (name) => {
        for (const N of ['1e126', '-1e126', '1e-131', '123456789012345678901234567890123456789', 'NaN', '0x10', '']) {
          await refused(put(client, name, { pk: { S: 'a' }, n: { N } }), 'ValidationException')
        }
      })
    },
  },
  {
    name: 'empty sets, sets with duplicates and empty keys are refused',
    async run(client) {
      await withTable(client, async (name) => {
        const values: readonly Item[] = [
          { pk: { S: 'a' }, s: { SS: [] } },
          { pk: { S: 'a' }, s: { SS: ['x', 'x'] } },
          { pk: { S: 'a' }, s: { NS: ['1', '1.0'] } },
          { pk: { S: 'a' }, s: { BS: [bytes(1), bytes(1)] } },
          { pk: { S: '' } },
          { pk: { N: '1' } },
          { other: { S: 'a' } },
        ]
        for (const item of values) await refused(put(client, name, item), 'ValidationException')
      })
    },
  },
  {
    name: 'an item takes 400 KB, names and UTF-8 counted, and not a byte more',
    async run(client) {
      await withTable(client, async (name) => {
        // pk 2 + 1, t 1: what is left is for the value, in two-byte letters.
        const value = 'é'.repeat((409_600 - 4) / 2)
        await put(client, name, { pk: { S: 'a' }, t: { S: value } })
        await refused(put(client, name, { pk: { S: 'ab' }, t: { S: value } }), 'ValidationException')
      })
    },
  },
  {
    name: 'a partition key takes 2048 bytes',
    async run(client) {
      await withTable(client, async (name) => {
        await put(client, name, { pk: { S: 'x'.repeat(2048) } })
        await refused(put(client, name, { pk: { S: 'x'.repeat(2049) } }), 'ValidationException')
      })
    },
  },
  {
    name: 'a projection answers what it names, within maps and lists too',
    async run(client) {
      await withTable(client, async (name) => {
        await put(client, name, {
          pk: { S: 'a' },
          map: { M: { x: { S: '1' }, y: { S: '2' } } },
          list: { L: [{ S: '0' }, { S: '1' }] },
          other: { S: 'o' },
        })
        const { Item } = await client.send(
          new GetItemCommand({
            TableName: name,
            Key: { pk: { S: 'a' } },
            ProjectionExpression: '#m.x, #l[1], pk, absent',
            ExpressionAttributeNames: { '#m': 'map', '#l': 'list' },
          }),
        )
        assert.deepEqual(Item, { pk: { S: 'a' }, map: { M: { x: { S: '1' } } }, list: { L: [{ S: '1' }] } })
      })
    },
  },
  {
    name: 'names and values that no expression uses are refused',
    async run(client) {
      await withTable(client, async (TableName) => {
        const Item: Item = { pk: { S: 'a' } }
        const condition = { ConditionExpression: 'attribute_not_exists(pk)' }
        await refused(
          client.send(new PutItemCommand({ TableName, Item, ...condition, ExpressionAttributeNames: { '#x': 'x' } })),
          'ValidationException',
        )
        await refused(
          client.send(new PutItemCommand({ TableName, Item, ...condition, ExpressionAttributeValues: { ':x': { S: 'x' } } })),
          'ValidationException',
        )
        await refused(client.send(new PutItemCommand({ TableName, Item, ConditionExpression: 'status = :x' })), 'ValidationException')
      })
    },
  },
  {
    name: 'put and delete answer the old item when asked',
    async run(client) {
      await withTable(client, async (TableName) => {
        await put(client, TableName, { pk: { S: 'a' }, v: { N: '1' } })
        const replaced = await client.send(
          new PutItemCommand({ TableName, Item: { pk: { S: 'a' }, v: { N: '2' } }, ReturnValues: 'ALL_OLD' }),
        )
        assert.deepEqual(replaced.Attributes, { pk: { S: 'a' }, v: { N: '1' } })
        const deleted = await client.send(new DeleteItemCommand({ TableName, Key: { pk: { S: 'a' } }, ReturnValues: 'ALL_OLD' }))
        assert.deepEqual(deleted.Attributes, { pk: { S: 'a' }, v: { N: '2' } })
        assert.equal(await get(client, TableName, 'a'), undefined)
      })
    },
  },
  {
    name: 'an update sets, removes, adds and deletes',
    async run(client) {
      await withTable(client, async (TableName) => {
        await put(client, TableName, {
          pk: { S: 'a' },
          n: { N: '1' },
          s: { SS: ['x', 'y'] },
          l: { L: [{ N: '1' }] },
          gone: { S: 'gone' },
          m: { M: { x: { N: '1' } } },
        })
        const { Attributes } = await client.send(
          new UpdateItemCommand({
            TableName,
            Key: { pk: { S: 'a' } },
            UpdateExpression:
              'SET m.x = m.x + :one, l = list_append(l, :list), fresh = if_not_exists(fresh, :one) REMOVE gone ADD n :one DELETE s :x',
            ExpressionAttributeValues: { ':one': { N: '1' }, ':list': { L: [{ N: '2' }] }, ':x': { SS: ['x'] } },
            ReturnValues: 'ALL_NEW',
          }),
        )
        assert.deepEqual(Attributes, {
          pk: { S: 'a' },
          n: { N: '2' },
          s: { SS: ['y'] },
          l: { L: [{ N: '1' }, { N: '2' }] },
          m: { M: { x: { N: '2' } } },
          fresh: { N: '1' },
        })
      })
    },
  },
  {
    name: 'an update removes the elements of a list that had the indexes when it began',
    async run(client) {
      await withTable(client, async (TableName) => {
        const list = (...texts: readonly string[]): AttributeValue => ({ L: texts.map((S) => ({ S })) })
        await put(client, TableName, {
          pk: { S: 'a' },
          l: list('0', '1', '2', '3'),
          m: { M: { set: list('0', '1', '2') } },
          gone: { S: 'x' },
        })
        await client.send(
          new UpdateItemCommand({
            TableName,
            Key: { pk: { S: 'a' } },
            UpdateExpression: 'REMOVE l[0], #m.#set[1], gone, l[2], #m.#set[0] SET l[3] = :v, n = :v',
            ExpressionAttributeNames: { '#m': 'm', '#set': 'set' },
            ExpressionAttributeValues: { ':v': { S: 'v' } },
          }),
        )
        assert.deepEqual(await get(client, TableName, 'a'), {
          pk: { S: 'a' },
          l: list('1', 'v'),
          m: { M: { set: list('2') } },
          n: { S: 'v' },
        })
      })
    },
  },
  {
    name: 'an update makes an item that is not there, and never changes a key',
    async run(client) {
      await withTable(client, async (TableName) => {
        const Key = { pk: { S: 'a' } }
        const ExpressionAttributeValues = { ':v': { S: 'v' } }
        await client.send(new UpdateItemCommand({ TableName, Key, UpdateExpression: 'SET v = :v', ExpressionAttributeValues }))
        assert.deepEqual(await get(client, TableName, 'a'), { pk: { S: 'a' }, v: { S: 'v' } })
        await refused(
          client.send(new UpdateItemCommand({ TableName, Key, UpdateExpression: 'SET pk = :v', ExpressionAttributeValues })),
          'ValidationException',
        )
      })
    },
  },
]
