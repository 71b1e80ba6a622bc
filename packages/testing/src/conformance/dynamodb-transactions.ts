import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import {
  type DynamoDBClient,
  PutItemCommand,
  TransactGetItemsCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { type ConformanceCheck, refused } from './check.ts'
import { cancelled, get, type Item, put, withTable } from './dynamodb-table.ts'

const key = (pk: string): Item => ({ pk: { S: pk } })
const putOf = (TableName: string, Item: Item): TransactWriteItem => ({ Put: { TableName, Item } })
const write = (client: DynamoDBClient, TransactItems: TransactWriteItem[], ClientRequestToken?: string): Promise<unknown> =>
  client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken }))

/** TransactWriteItems and TransactGetItems. */
export const dynamoDBTransactionChecks: readonly ConformanceCheck<DynamoDBClient>[] = [
  {
    name: 'a transaction puts, updates, deletes and checks',
    async run(client) {
      await withTable(client, async (TableName) => {
        await put(client, TableName, { ...key('update'), n: { N: '1' } }, key('delete'), key('check'))
        await write(client, [
          putOf(TableName, { ...key('put'), v: { S: 'v' } }),
          {
            Update: {
              TableName,
              Key: key('update'),
              UpdateExpression: 'ADD n :one',
              ExpressionAttributeValues: { ':one': { N: '1' } },
            },
          },
          { Delete: { TableName, Key: key('delete') } },
          { ConditionCheck: { TableName, Key: key('check'), ConditionExpression: 'attribute_exists(pk)' } },
          { ConditionCheck: { TableName, Key: key('absent'), ConditionExpression: 'attribute_not_exists(pk)' } },
        ])
        const { Responses } = await client.send(
          new TransactGetItemsCommand({
            TransactItems: ['put', 'update', 'delete', 'check', 'absent'].map((pk) => ({ Get: { TableName, Key: key(pk) } })),
          }),
        )
        assert.deepEqual(
          Responses?.map(({ Item }) => Item),
          [{ ...key('put'), v: { S: 'v' } }, { ...key('update'), n: { N: '2' } }, undefined, key('check'), undefined],
        )
      })
    },
  },
  {
    name: 'a transaction that fails changes nothing and gives the reasons in order, with the item where it was asked for',
    async run(client) {
      await withTable(client, async (TableName) => {
        await put(client, TableName, { ...key('a'), v: { N: '1' } }, { ...key('b'), v: { N: '2' } })
        const condition = { ConditionExpression: 'attribute_not_exists(pk)' }
        const reasons = await cancelled(
          write(client, [
            putOf(TableName, key('fresh')),
            { Put: { TableName, Item: key('a'), ...condition, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } },
            { Delete: { TableName, Key: key('b'), ...condition } },
            { ConditionCheck: { TableName, Key: key('c'), ...condition } },
          ]),
        )
        assert.deepEqual(reasons, [
          { code: 'None' },
          { code: 'ConditionalCheckFailed', item: { ...key('a'), v: { N: '1' } } },
          { code: 'ConditionalCheckFailed' },
          { code: 'None' },
        ])
        assert.equal(await get(client, TableName, 'fresh'), undefined)
        assert.deepEqual(await get(client, TableName, 'a'), { ...key('a'), v: { N: '1' } })
        assert.deepEqual(await get(client, TableName, 'b'), { ...key('b'), v: { N: '2' } })
      })
    },
  },
  {
    name: 'what only the item shows to be wrong cancels the transaction',
    async run(client) {
      await withTable(client, async (TableName) => {
        await put(client, TableName, { ...key('a'), v: { S: 'text' } })
        const add = {
          TableName,
          Key: key('a'),
          UpdateExpression: 'SET v = v + :one',
          ExpressionAttributeValues: { ':one': { N: '1' } },
        }
        assert.deepEqual(await cancelled(write(client, [putOf(TableName, key('b')), { Update: add }])), [
          { code: 'None' },
          { code: 'ValidationError' },
        ])
        assert.equal(await get(client, TableName, 'b'), undefined)
      })
    },
  },
  {
    name: 'a request that is wrong in itself is no transaction',
    async run(client) {
      await withTable(client, async (TableName) => {
        const absent = `conformance-${randomUUID()}`
        await refused(write(client, [putOf(TableName, key('a')), putOf(TableName, key('a'))]), 'ValidationException')
        await refused(
          write(client, [
            putOf(TableName, key('a')),
            { ConditionCheck: { TableName, Key: key('a'), ConditionExpression: 'attribute_exists(pk)' } },
          ]),
          'ValidationException',
        )
        await refused(write(client, []), 'ValidationException')
        await refused(write(client, [{}]), 'ValidationException')
        await refused(write(client, [{ Put: { TableName, Item: key('a') }, Delete: { TableName, Key: key('b') } }]), 'ValidationException')
        await refused(
          write(client, [putOf(TableName, key('b')), { Put: { TableName, Item: key('a'), ConditionExpression: 'pk ==' } }]),
          'ValidationException',
        )
        await refused(write(client, [putOf(TableName, key('b')), putOf(absent, key('a'))]), 'ResourceNotFoundException')
        assert.equal(await get(client, TableName, 'a'), undefined)
        assert.equal(await get(client, TableName, 'b'), undefined)
      })
    },
  },
  {
    name: 'a transaction takes 100 actions and refuses 101',
    async run(client) {
      await withTable(client, async (TableName) => {
        const actions = Array.from({ length: 101 }, (_, index) => putOf(TableName, key(`k${index}`)))
        await write(client, actions.slice(1))
        assert.deepEqual(await get(client, TableName, 'k100'), key('k100'))
        await refused(write(client, actions), 'ValidationException')
        assert.equal(await get(client, TableName, 'k0'), undefined)
      })
    },
  },
  {
    name: 'a transaction takes less than 4 MB of items',
    async run(client) {
      await withTable(client, async (TableName) => {
        const actions = Array.from({ length: 12 }, (_, index) =>
          putOf(TableName, { ...key(`k${index}`), data: { B: new Uint8Array(380_000) } }),
        )
        await refused(write(client, actions), 'ValidationException')
        assert.equal(await get(client, TableName, 'k0'), undefined)
        await write(client, actions.slice(0, 10))
        assert.equal((await get(client, TableName, 'k0'))?.data?.B?.length, 380_000)
      })
    },
  },
  {
    name: 'the same token carries the same transaction out once',
    async run(client) {
      await withTable(client, async (TableName) => {
        await put(client, TableName, { ...key('a'), n: { N: '0' } })
        const action = (one: string): TransactWriteItem => ({
          Update: {
            TableName,
            Key: key('a'),
            UpdateExpression: 'ADD n :one',
            ExpressionAttributeValues: { ':one': { N: one } },
          },
        })
        const token = randomUUID()
        await write(client, [action('1')], token)
        await write(client, [action('1')], token)
        assert.deepEqual((await get(client, TableName, 'a'))?.n, { N: '1' })
        await refused(write(client, [action('2')], token), 'IdempotentParameterMismatchException')
        await write(client, [action('2')], randomUUID())
        assert.deepEqual((await get(client, TableName, 'a'))?.n, { N: '3' })
      })
    },
  },
  {
    name: 'a token of a cancelled transaction can be used again',
    async run(client) {
      await withTable(client, async (TableName) => {
        await put(client, TableName, key('a'))
        const token = randomUUID()
        const action = { Put: { TableName, Item: key('a'), ConditionExpression: 'attribute_not_exists(pk)' } }
        assert.deepEqual(await cancelled(write(client, [action], token)), [{ code: 'ConditionalCheckFailed' }])
        assert.deepEqual(await cancelled(write(client, [action], token)), [{ code: 'ConditionalCheckFailed' }])
      })
    },
  },
  {
    name: 'readers in a transaction never see half of a write',
    async run(client) {
      await withTable(client, async (TableName) => {
        const pair = (n: number): TransactWriteItem[] => ['a', 'b'].map((pk) => putOf(TableName, { ...key(pk), n: { N: String(n) } }))
        await write(client, pair(0))
        const seen: boolean[] = []
        const readers = Array.from({ length: 3 }, async () => {
          for (let turn = 0; turn < 10; turn += 1) {
            const { Responses } = await client.send(
              new TransactGetItemsCommand({ TransactItems: ['a', 'b'].map((pk) => ({ Get: { TableName, Key: key(pk) } })) }),
            )
            seen.push(Responses?.[0]?.Item?.n?.N === Responses?.[1]?.Item?.n?.N)
          }
        })
        const writer = (async () => {
          for (let n = 1; n <= 20; n += 1) await write(client, pair(n))
        })()
        await Promise.all([...readers, writer])
        assert(seen.length === 30 && seen.every(Boolean))
      })
    },
  },
  {
    name: 'an item of a transaction is there for a plain write under a condition',
    async run(client) {
      await withTable(client, async (TableName) => {
        await write(client, [putOf(TableName, key('a')), putOf(TableName, key('b'))])
        await refused(
          client.send(new PutItemCommand({ TableName, Item: key('b'), ConditionExpression: 'attribute_not_exists(pk)' })),
          'ConditionalCheckFailedException',
        )
      })
    },
  },
  {
    name: 'reads in a transaction project, and tell when a table is not there',
    async run(client) {
      await withTable(client, async (TableName) => {
        await put(client, TableName, { ...key('a'), v: { S: '1' }, w: { S: '2' } })
        const { Responses } = await client.send(
          new TransactGetItemsCommand({ TransactItems: [{ Get: { TableName, Key: key('a'), ProjectionExpression: 'v' } }] }),
        )
        assert.deepEqual(Responses?.[0]?.Item, { v: { S: '1' } })
        await refused(
          client.send(
            new TransactGetItemsCommand({ TransactItems: [{ Get: { TableName: `conformance-${randomUUID()}`, Key: key('a') } }] }),
          ),
          'ResourceNotFoundException',
        )
        await refused(client.send(new TransactGetItemsCommand({ TransactItems: [] })), 'ValidationException')
      })
    },
  },
]
