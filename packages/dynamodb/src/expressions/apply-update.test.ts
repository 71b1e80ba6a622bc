import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { type EmbeddedDynamoDB, startEmbeddedDynamoDB } from '@strongroom/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { applyUpdate } from './apply-update.ts'
import { parseUpdateExpression } from './update-expression.ts'

type Item = Record<string, AttributeValue>

const item: Item = {
  note: { S: 'old' },
  amount: { N: '10' },
  entries: { L: [{ S: 'a' }, { S: 'b' }, { S: 'c' }, { M: { deep: { N: '1' } } }] },
  tree: { M: { inner: { M: { times: { N: '5' } } }, tags: { SS: ['x', 'y'] } } },
  texts: { SS: ['1', '1.0', 'a'] },
  numbers: { NS: ['1', '2.5'] },
  bytes: { BS: [Uint8Array.of(1), Uint8Array.of(2)] },
}

const values: Item = {
  ':s': { S: 'new' },
  ':n': { N: '3.25' },
  ':big': { N: '99999999999999999999999999999999999999' },
  ':one': { N: '1' },
  ':l': { L: [{ S: 'z' }] },
  ':ss': { SS: ['1.0', 'b'] },
  ':all': { SS: ['1', '1.0', 'a'] },
  ':ns': { NS: ['2.50', '7'] },
  ':bs': { BS: [Uint8Array.of(2), Uint8Array.of(3)] },
  ':m': { M: { k: { BOOL: true } } },
}

const names = { '#t': 'note', '#i': 'inner', '#w': 'a name.with dots' }

/** Expressions that DynamoDB carries out. */
const carriedOut = [
  'SET #t = :s',
  'set #t = :s',
  'SET fresh = :m, #w = :s',
  'SET amount = amount + :n',
  'SET amount = :n - amount',
  'SET twin = amount',
  'SET #t = :s, twin = #t',
  'SET absent = if_not_exists(absent, :s), amount = if_not_exists(amount, :n)',
  'SET amount = if_not_exists(nothing, :n) + :one',
  'SET entries = list_append(entries, :l), more = list_append(:l, entries)',
  'SET more = list_append(if_not_exists(more, :l), :l)',
  'SET entries[1] = :s',
  'SET entries[9] = :s',
  'SET entries[3].deep = :n',
  'SET tree.#i.times = tree.#i.times + :one',
  'SET tree.added = :s',
  'SET tree.#w = :s',
  'REMOVE #t, amount',
  'REMOVE entries[7]',
  'REMOVE tree.#i.times',
  'REMOVE absent',
  'SET entries[0] = :s REMOVE entries[1]',
  'ADD amount :n, fresh :one',
  'ADD texts :ss',
  'ADD numbers :ns',
  'ADD bytes :bs',
  'DELETE texts :ss',
  'DELETE texts :all',
  'DELETE numbers :ns',
  'DELETE bytes :bs',
  'DELETE absent :ss',
  'SET #t = :s REMOVE amount ADD texts :ss DELETE bytes :bs',
]

/** Expressions that DynamoDB refuses, for the item or altogether. */
const refused = [
  '',
  'SET',
  'SET note',
  'SET #t = :s SET amount = :n',
  'SET #t = :unknown',
  'SET #unknown = :s',
  'SET #t = :s, #t = :n',
  'SET tree = :m, tree.#i = :m',
  'SET #t = missing',
  'SET #t = #t + :n',
  'SET amount = amount + :s',
  'SET entries = list_append(entries, :s)',
  'SET #t.inner = :s',
  'SET missing.inner = :s',
  'SET amount[0] = :s',
  'REMOVE missing.inner',
  'ADD #t :n',
  'ADD amount :s',
  'ADD texts :ns',
  'ADD texts :l',
  'DELETE texts :n',
  'DELETE amount :ss',
  'SET #t = size(#t)',
  'SET #t = :s,',
  'DROP #t',
]

const tokens = (expression: string, pool: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(pool).filter(([name]) => new RegExp(`${name}\\b`).test(expression)))

let dynamodb: EmbeddedDynamoDB
let client: DynamoDBClient

beforeAll(async () => {
  dynamodb = await startEmbeddedDynamoDB()
  client = new DynamoDBClient({ ...dynamodb.clientConfig, maxAttempts: 1 })
  await client.send(
    new CreateTableCommand({
      TableName: 'items',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    }),
  )
})

afterAll(async () => {
  client.destroy()
  await dynamodb.close()
})

/** What DynamoDB makes of an update. */
async function updated(expression: string): Promise<Item> {
  const Key = { id: { S: expression || 'empty' } }
  await client.send(new PutItemCommand({ TableName: 'items', Item: { ...Key, ...item } }))
  const usedNames = tokens(expression, names) as Record<string, string>
  const usedValues = tokens(expression, values) as Item
  await client.send(
    new UpdateItemCommand({
      TableName: 'items',
      Key,
      UpdateExpression: expression,
      ...(Object.keys(usedNames).length > 0 ? { ExpressionAttributeNames: usedNames } : {}),
      ...(Object.keys(usedValues).length > 0 ? { ExpressionAttributeValues: usedValues } : {}),
    }),
  )
  const { Item = {} } = await client.send(new GetItemCommand({ TableName: 'items', Key }))
  const { id: _, ...rest } = Item
  return rest
}

/** Sets have no order. */
function canonical(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, part]) => [name, canonical(part)] as const)
  return Object.fromEntries(entries.map(([name, part]) => [name, /^[SNB]S$/.test(name) && Array.isArray(part) ? part.toSorted() : part]))
}

describe('an update of an item', () => {
  it.each(carriedOut)('does what DynamoDB does: %s', async (expression) => {
    const before = structuredClone(item)
    const ours = applyUpdate(item, parseUpdateExpression(expression, names), values)
    expect(canonical(ours)).toEqual(canonical(await updated(expression)))
    expect(item).toEqual(before)
  })

  it.each(refused)('refuses what DynamoDB refuses: %s', async (expression) => {
    expect(() => applyUpdate(item, parseUpdateExpression(expression, names), values)).toThrow(
      expect.objectContaining({ code: 'EXPRESSION_INVALID' }),
    )
    await expect(updated(expression)).rejects.toMatchObject({ name: 'ValidationException' })
  })

  it('removes elements of a list by the indexes that they had', () => {
    const { entries } = applyUpdate(item, parseUpdateExpression('REMOVE entries[0], entries[2]', names), values)
    expect(entries).toEqual({ L: [{ S: 'b' }, { M: { deep: { N: '1' } } }] })
  })

  it('refuses a sum of more than 38 digits, rather than round it', () => {
    expect(() => applyUpdate(item, parseUpdateExpression('SET amount = :big + :n', names), values)).toThrow(/precision/)
  })

  it('takes "__proto__" for a name like any other', () => {
    const actions = parseUpdateExpression('SET #p = :s, tree.#p = :s', { '#p': '__proto__' })
    const changed = applyUpdate(item, actions, values)
    expect(Object.hasOwn(changed, '__proto__')).toBe(true)
    expect(Object.hasOwn(changed['tree']?.M ?? {}, '__proto__')).toBe(true)
    expect(Object.getPrototypeOf(changed)).toBe(Object.prototype)
  })

  it('names the place of an error and never a value', () => {
    const error = (expression: string) => {
      try {
        applyUpdate(item, parseUpdateExpression(expression, names), { ':secret': { S: 'marker' } })
      } catch (thrown) {
        return (thrown as Error).message
      }
      return 'nothing'
    }
    expect(error('SET amount = amount + :secret')).toBe('UpdateExpression: only numbers can be added and subtracted.')
    expect(error('SET a = b ? c')).toBe('UpdateExpression: character 10 begins nothing that is known.')
    expect(error('SET a.b = :secret')).not.toContain('marker')
  })
})
