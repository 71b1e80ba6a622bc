import assert from 'node:assert/strict'
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { type ConformanceCheck, refused } from './check.ts'
import { get, type Item, put, withTable } from './dynamodb-table.ts'

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values)

/** Whether a write under the condition is carried out on an item that has `v`. */
async function holds(
  client: DynamoDBClient,
  TableName: string,
  v: AttributeValue,
  ConditionExpression: string,
  values: Record<string, AttributeValue>,
): Promise<boolean> {
  await put(client, TableName, { pk: { S: 'a' }, v })
  const values_ = Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }
  try {
    await client.send(new PutItemCommand({ TableName, Item: { pk: { S: 'a' } }, ConditionExpression, ...values_ }))
    return true
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false
    throw error
  }
}

async function itemOfFailure(call: Promise<unknown>): Promise<Item | undefined> {
  try {
    await call
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return error.Item
    throw error
  }
  throw new assert.AssertionError({ message: 'the condition held' })
}

/** Conditional writes. */
export const dynamoDBConditionChecks: readonly ConformanceCheck<DynamoDBClient>[] = [
  {
    name: 'of two writes under "not there yet" the second fails',
    async run(client) {
      await withTable(client, async (TableName) => {
        const create = (v: string): Promise<unknown> =>
          client.send(
            new PutItemCommand({ TableName, Item: { pk: { S: 'a' }, v: { S: v } }, ConditionExpression: 'attribute_not_exists(pk)' }),
          )
        const outcomes = await Promise.allSettled([create('1'), create('2'), create('3')])
        assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
        await refused(create('4'), 'ConditionalCheckFailedException')
      })
    },
  },
  {
    name: 'values are equal by their content: numbers, bytes, sets, lists and maps',
    async run(client) {
      await withTable(client, async (name) => {
        const same: readonly (readonly [AttributeValue, AttributeValue])[] = [
          [{ N: '10' }, { N: '1e1' }],
          [{ B: bytes(255, 254) }, { B: bytes(255, 254) }],
          [{ SS: ['a', 'b'] }, { SS: ['b', 'a'] }],
          [{ L: [{ N: '1.0' }] }, { L: [{ N: '1' }] }],
          [{ M: { a: { S: '1' }, b: { BOOL: false } } }, { M: { b: { BOOL: false }, a: { S: '1' } } }],
          [{ NULL: true }, { NULL: true }],
          [{ S: '' }, { S: '' }],
        ]
        for (const [stored, given] of same) {
          assert(await holds(client, name, stored, 'v = :v', { ':v': given }), JSON.stringify(stored))
          assert(!(await holds(client, name, stored, 'v <> :v', { ':v': given })), JSON.stringify(stored))
        }
        const different: readonly (readonly [AttributeValue, AttributeValue])[] = [
          [{ N: '1' }, { S: '1' }],
          [{ B: bytes(255) }, { B: bytes(254) }],
          [{ L: [{ S: 'a' }, { S: 'b' }] }, { L: [{ S: 'b' }, { S: 'a' }] }],
          [{ M: { a: { S: '1' } } }, { M: { a: { S: '2' } } }],
          [{ SS: ['a'] }, { SS: ['a', 'b'] }],
        ]
        for (const [stored, given] of different) {
          assert(!(await holds(client, name, stored, 'v = :v', { ':v': given })), JSON.stringify(stored))
          assert(await holds(client, name, stored, 'v <> :v', { ':v': given }), JSON.stringify(stored))
        }
      })
    },
  },
  {
    name: 'values are ordered by number, by UTF-8 and by byte',
    async run(client) {
      await withTable(client, async (name) => {
        const ascending: readonly (readonly [AttributeValue, AttributeValue])[] = [
          [{ N: '-10' }, { N: '-9.5' }],
          [{ N: '9' }, { N: '10' }],
          [{ N: '0.09' }, { N: '0.1' }],
          [{ S: 'Z' }, { S: 'a' }],
          [{ S: '\ufffd' }, { S: '🔑' }],
          [{ B: bytes(127, 255) }, { B: bytes(128) }],
        ]
        for (const [less, greater] of ascending) {
          assert(await holds(client, name, less, 'v < :v', { ':v': greater }))
          assert(await holds(client, name, greater, 'v >= :v', { ':v': less }))
          assert(!(await holds(client, name, greater, 'v <= :v', { ':v': less })))
        }
        assert(await holds(client, name, { N: '9.5' }, 'v BETWEEN :low AND :high', { ':low': { N: '9.5' }, ':high': { N: '10' } }))
        assert(!(await holds(client, name, { N: '11' }, 'v BETWEEN :low AND :high', { ':low': { N: '9.5' }, ':high': { N: '10' } })))
        assert(!(await holds(client, name, { S: '1' }, 'v < :v', { ':v': { N: '2' } })))
      })
    },
  },
  {
    name: 'functions look at texts, bytes, sets, lists, types and sizes',
    async run(client) {
      await withTable(client, async (name) => {
        const true_: readonly (readonly [AttributeValue, string, AttributeValue?])[] = [
          [{ S: 'order-1' }, 'begins_with(v, :v)', { S: 'order-' }],
          [{ B: bytes(255, 254, 1) }, 'begins_with(v, :v)', { B: bytes(255, 254) }],
          [{ S: 'order-1' }, 'contains(v, :v)', { S: 'der' }],
          [{ B: bytes(1, 255, 2) }, 'contains(v, :v)', { B: bytes(255) }],
          [{ NS: ['1', '2'] }, 'contains(v, :v)', { N: '2.0' }],
          [{ L: [{ S: 'a' }, { M: {} }] }, 'contains(v, :v)', { M: {} }],
          [{ M: { x: { L: [{ S: 'a' }] } } }, 'v.x[0] = :v', { S: 'a' }],
          [{ L: [] }, 'attribute_type(v, :v)', { S: 'L' }],
          [{ B: bytes(1, 2, 3) }, 'size(v) = :v', { N: '3' }],
          [{ M: { a: { S: '' } } }, 'size(v) = :v', { N: '1' }],
          [{ S: 'a' }, 'attribute_exists(v) AND attribute_not_exists(v.x)'],
          [{ S: 'a' }, 'w <> :v', { S: 'a' }],
          [{ S: 'a' }, 'v IN (:v)', { S: 'a' }],
          [{ S: 'a' }, 'NOT v = :v OR v = :v AND attribute_exists(pk)', { S: 'a' }],
        ]
        for (const [stored, condition, v] of true_) assert(await holds(client, name, stored, condition, v ? { ':v': v } : {}), condition)
        const false_: readonly (readonly [AttributeValue, string, AttributeValue?])[] = [
          [{ B: bytes(255, 1) }, 'begins_with(v, :v)', { B: bytes(254) }],
          [{ B: bytes(1, 255) }, 'contains(v, :v)', { B: bytes(254) }],
          [{ S: 'a' }, 'w = :v', { S: 'a' }],
          [{ S: 'a' }, '(v = :v AND attribute_exists(w)) OR attribute_not_exists(pk)', { S: 'a' }],
          [{ S: 'a' }, 'NOT (v = :v OR attribute_exists(w))', { S: 'a' }],
        ]
        for (const [stored, condition, v] of false_)
          assert(!(await holds(client, name, stored, condition, v ? { ':v': v } : {})), condition)
      })
    },
  },
  {
    name: 'a condition that is no condition is refused, and nothing is written',
    async run(client) {
      await withTable(client, async (TableName) => {
        for (const ConditionExpression of [
          '',
          'pk',
          'pk = ',
          'attribute_exists(pk) AND',
          '((attribute_exists(pk)))',
          'size = :v',
          'pk = :missing',
        ]) {
          await refused(
            client.send(new PutItemCommand({ TableName, Item: { pk: { S: 'a' } }, ConditionExpression })),
            'ValidationException',
          )
        }
        assert.equal(await get(client, TableName, 'a'), undefined)
      })
    },
  },
  {
    name: 'a failed condition answers the item only when it is asked for',
    async run(client) {
      await withTable(client, async (TableName) => {
        const Item: Item = { pk: { S: 'a' }, v: { B: bytes(1) } }
        await put(client, TableName, Item)
        const condition = { TableName, ConditionExpression: 'attribute_not_exists(pk)' }
        const asked = { ...condition, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const
        const update = { UpdateExpression: 'SET v = :v', ExpressionAttributeValues: { ':v': { N: '1' } } }
        const Key = { pk: { S: 'a' } }
        assert.equal(await itemOfFailure(client.send(new PutItemCommand({ ...condition, Item }))), undefined)
        assert.deepEqual(await itemOfFailure(client.send(new PutItemCommand({ ...asked, Item }))), Item)
        assert.deepEqual(await itemOfFailure(client.send(new UpdateItemCommand({ ...asked, ...update, Key }))), Item)
        assert.deepEqual(await itemOfFailure(client.send(new DeleteItemCommand({ ...asked, Key }))), Item)
        assert.deepEqual(await get(client, TableName, 'a'), Item)
      })
    },
  },
  {
    name: 'a failed condition on no item answers none',
    async run(client) {
      await withTable(client, async (TableName) => {
        const call = client.send(
          new DeleteItemCommand({
            TableName,
            Key: { pk: { S: 'a' } },
            ConditionExpression: 'attribute_exists(pk)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        )
        assert.equal(await itemOfFailure(call), undefined)
      })
    },
  },
]
