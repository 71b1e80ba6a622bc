import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { BatchWriteCommand, DynamoDBDocumentClient, GetCommand, PutCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { generateAesKey, rawAesKeyring } from '@strongroom/core'
import { type EmbeddedDynamoDB, startEmbeddedDynamoDB } from '@strongroom/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { updateItem } from './update-item.ts'
import { withEncryption } from './with-encryption.ts'

const MARKER = 'marker-4111'
const keyring = rawAesKeyring({ namespace: 'test', name: 'kek', key: generateAesKey() })
const tables = {
  orders: {
    logicalTableName: 'orders',
    partitionKey: 'id',
    actions: { status: 'sign', card: 'encrypt', total: 'encrypt', tags: 'encrypt', views: 'ignore' },
  },
} as const

let dynamodb: EmbeddedDynamoDB
let plain: DynamoDBClient
let base: DynamoDBClient
let documents: DynamoDBDocumentClient

beforeAll(async () => {
  dynamodb = await startEmbeddedDynamoDB()
  plain = new DynamoDBClient({ ...dynamodb.clientConfig })
  base = withEncryption(plain, { keyring, tables, updates: 'rewrite' })
  documents = DynamoDBDocumentClient.from(base)
  await plain.send(
    new CreateTableCommand({
      TableName: 'orders',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    }),
  )
})

afterAll(async () => {
  plain.destroy()
  await dynamodb.close()
})

const stored = async (id: string) => (await plain.send(new GetItemCommand({ TableName: 'orders', Key: { id: { S: id } } }))).Item

describe('a client with encryption', () => {
  it('encrypts what the low-level client puts, and decrypts what it gets', async () => {
    const Item = { id: { S: 'low' }, status: { S: 'open' }, card: { S: MARKER }, views: { N: '1' } }
    await base.send(new PutItemCommand({ TableName: 'orders', Item }))
    expect(JSON.stringify(await stored('low'))).not.toContain(MARKER)
    const { Item: found } = await base.send(new GetItemCommand({ TableName: 'orders', Key: { id: { S: 'low' } } }))
    expect(found).toEqual(Item)
  })

  it('does so for the document client, and for its commands on the low-level client', async () => {
    for (const client of [documents, base as unknown as DynamoDBDocumentClient]) {
      const Item = { id: 'doc', status: 'open', card: MARKER, total: 12.5, tags: new Set(['a', 'b']), views: 0 }
      await client.send(new PutCommand({ TableName: 'orders', Item }))
      expect(JSON.stringify(await stored('doc'))).not.toContain(MARKER)
      expect((await client.send(new GetCommand({ TableName: 'orders', Key: { id: 'doc' } }))).Item).toEqual(Item)
    }
  })

  it('projects after decrypting', async () => {
    const { Item } = await documents.send(
      new GetCommand({
        TableName: 'orders',
        Key: { id: 'doc' },
        ProjectionExpression: '#c, id',
        ExpressionAttributeNames: { '#c': 'card' },
      }),
    )
    expect(Item).toEqual({ card: MARKER, id: 'doc' })
  })

  it('queries and scans', async () => {
    const { Items, Count } = await base.send(
      new QueryCommand({
        TableName: 'orders',
        KeyConditionExpression: 'id = :id',
        FilterExpression: '#s = :s',
        ProjectionExpression: '#c',
        ExpressionAttributeNames: { '#s': 'status', '#c': 'card' },
        ExpressionAttributeValues: { ':id': { S: 'low' }, ':s': { S: 'open' } },
      }),
    )
    expect([Items, Count]).toEqual([[{ card: { S: MARKER } }], 1])
    expect((await documents.send(new ScanCommand({ TableName: 'orders' }))).Items?.map(({ card }) => card)).toEqual([MARKER, MARKER])
  })

  it('rewrites updates', async () => {
    const { Attributes } = await documents.send(
      new UpdateCommand({
        TableName: 'orders',
        Key: { id: 'doc' },
        UpdateExpression: 'SET total = total + :one, card = :c ADD #v :one REMOVE tags',
        ConditionExpression: '#s = :s',
        ExpressionAttributeNames: { '#v': 'views', '#s': 'status' },
        ExpressionAttributeValues: { ':one': 1, ':c': `${MARKER}-new`, ':s': 'open' },
        ReturnValues: 'UPDATED_NEW',
      }),
    )
    expect(Attributes).toEqual({ total: 13.5, card: `${MARKER}-new`, views: 1 })
    await expect(
      documents.send(
        new UpdateCommand({
          TableName: 'orders',
          Key: { id: 'doc' },
          UpdateExpression: 'SET total = :one',
          ConditionExpression: '#s = :s',
          ExpressionAttributeNames: { '#s': 'status' },
          ExpressionAttributeValues: { ':one': 1, ':s': 'closed' },
        }),
      ),
    ).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
    expect((await documents.send(new GetCommand({ TableName: 'orders', Key: { id: 'doc' } }))).Item).toEqual({
      id: 'doc',
      status: 'open',
      card: `${MARKER}-new`,
      total: 13.5,
      views: 1,
    })
  })

  it('loses no update of many at once, nor an atomic counter beside them', async () => {
    await base.send(new PutItemCommand({ TableName: 'orders', Item: { id: { S: 'race' }, total: { N: '0' }, views: { N: '0' } } }))
    const client = withEncryption(plain, { keyring, tables, updates: 'rewrite', maxAttempts: 100 })
    const signed = Array.from({ length: 10 }, () =>
      client.send(
        new UpdateItemCommand({
          TableName: 'orders',
          Key: { id: { S: 'race' } },
          UpdateExpression: 'ADD total :one',
          ExpressionAttributeValues: { ':one': { N: '1' } },
        }),
      ),
    )
    const ignored = Array.from({ length: 10 }, () =>
      client.send(
        new UpdateItemCommand({
          TableName: 'orders',
          Key: { id: { S: 'race' } },
          UpdateExpression: 'ADD #v :one',
          ExpressionAttributeNames: { '#v': 'views' },
          ExpressionAttributeValues: { ':one': { N: '1' } },
        }),
      ),
    )
    const helper = Array.from({ length: 5 }, () =>
      updateItem(client, {
        TableName: 'orders',
        Key: { id: { S: 'race' } },
        change: (item) => ({ ...item, total: { N: String(Number(item['total']?.N) + 10) } }),
      }),
    )
    await Promise.all([...signed, ...ignored, ...helper])
    const { Item } = await client.send(new GetItemCommand({ TableName: 'orders', Key: { id: { S: 'race' } } }))
    expect(Item).toEqual({ id: { S: 'race' }, total: { N: '60' }, views: { N: '10' } })
  })

  it('creates an item by an update where there is none', async () => {
    await documents.send(
      new UpdateCommand({
        TableName: 'orders',
        Key: { id: 'born' },
        UpdateExpression: 'SET card = :c',
        ExpressionAttributeValues: { ':c': MARKER },
      }),
    )
    expect((await documents.send(new GetCommand({ TableName: 'orders', Key: { id: 'born' } }))).Item).toEqual({ id: 'born', card: MARKER })
  })

  it('rewrites updates within a transaction, under one lock each', async () => {
    await base.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          { Put: { TableName: 'orders', Item: { id: { S: 'in-tx' }, card: { S: MARKER } } } },
          {
            Update: {
              TableName: 'orders',
              Key: { id: { S: 'born' } },
              UpdateExpression: 'SET card = :c',
              ConditionExpression: 'attribute_exists(id)',
              ExpressionAttributeValues: { ':c': { S: 'in a transaction' } },
            },
          },
        ],
      }),
    )
    expect((await documents.send(new GetCommand({ TableName: 'orders', Key: { id: 'born' } }))).Item).toEqual({
      id: 'born',
      card: 'in a transaction',
    })
    expect((await documents.send(new GetCommand({ TableName: 'orders', Key: { id: 'in-tx' } }))).Item).toEqual({
      id: 'in-tx',
      card: MARKER,
    })
  })

  it('writes batches', async () => {
    const Items = ['b1', 'b2'].map((id) => ({ id, card: MARKER }))
    await documents.send(new BatchWriteCommand({ RequestItems: { orders: Items.map((Item) => ({ PutRequest: { Item } })) } }))
    expect(JSON.stringify(await stored('b1'))).not.toContain(MARKER)
    expect((await documents.send(new GetCommand({ TableName: 'orders', Key: { id: 'b2' } }))).Item).toEqual(Items[1])
  })

  it.each([
    [
      'an update of a signed attribute',
      'UPDATE_FORBIDDEN',
      () => new UpdateItemCommand({ TableName: 'orders', Key: { id: { S: 'low' } }, UpdateExpression: 'REMOVE card' }),
    ],
    [
      'a filter on an encrypted attribute',
      'ATTRIBUTE_ENCRYPTED',
      () =>
        new QueryCommand({
          TableName: 'orders',
          KeyConditionExpression: 'id = :a',
          FilterExpression: 'card = :a',
          ExpressionAttributeValues: { ':a': { S: MARKER } },
        }),
    ],
    ['another table', 'TABLE_NOT_CONFIGURED', () => new PutItemCommand({ TableName: 'others', Item: { id: { S: MARKER } } })],
    [
      'an attribute without action',
      'ATTRIBUTE_NOT_CONFIGURED',
      () => new PutItemCommand({ TableName: 'orders', Item: { id: { S: 'x' }, unknown: { S: MARKER } } }),
    ],
  ])('refuses %s, and says nothing of values', async (_what, code, make) => {
    const client = withEncryption(plain, { keyring, tables })
    const error = await client.send(make() as PutItemCommand).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ code })
    expect((error as Error).message).not.toContain(MARKER)
  })

  it('refuses to send what went around it', async () => {
    const clone = withEncryption(plain, { keyring, tables })
    ;(clone as { middlewareStack: unknown }).middlewareStack = clone.middlewareStack.clone()
    await expect(clone.send(new PutItemCommand({ TableName: 'orders', Item: { id: { S: MARKER } } }))).rejects.toMatchObject({
      code: 'PLAINTEXT_REFUSED',
    })
    expect(() => withEncryption(base, { keyring, tables })).toThrow(expect.objectContaining({ code: 'ALREADY_APPLIED' }))
  })
})
