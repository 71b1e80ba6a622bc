import {
  BatchGetItemCommand,
  CreateTableCommand,
  GetItemCommand,
  paginateScan,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { DynamoDBDocument, DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb'
import { beforeAll, describe, expect, it } from 'vitest'
import { aesKeyring } from '../../test/items.ts'
import { MARKER, orders, pluginLab } from '../../test/plugin-lab.ts'
import { updateItem } from '../update-item.ts'
import { withEncryption } from '../with-encryption.ts'

const lab = pluginLab()
const table = { ...orders, logicalTableName: 'lines', sortKey: 'at', actions: { ...orders.actions, paid: 'sign' } } as const
const settings = { keyring: aesKeyring('lab'), tables: { orders, lines: table } } as const

beforeAll(async () => {
  const index = (IndexName: string, Projection: object) => ({
    IndexName,
    Projection,
    KeySchema: [
      { AttributeName: 'id', KeyType: 'HASH' as const },
      { AttributeName: 'paid', KeyType: 'RANGE' as const },
    ],
  })
  await lab.plain.send(
    new CreateTableCommand({
      TableName: 'lines',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'id', KeyType: 'HASH' },
        { AttributeName: 'at', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: ['id', 'at', 'paid'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
      LocalSecondaryIndexes: [index('local', { ProjectionType: 'INCLUDE', NonKeyAttributes: ['card'] })],
      GlobalSecondaryIndexes: [
        index('part', { ProjectionType: 'INCLUDE', NonKeyAttributes: ['card'] }),
        index('whole', { ProjectionType: 'ALL' }),
      ],
    }),
  )
  const document = DynamoDBDocument.from(withEncryption(lab.plain, settings))
  for (const at of ['1', '2', '3']) await document.put({ TableName: 'lines', Item: { id: 'a', at, paid: at, card: MARKER, total: 1 } })
})

describe('a query of an index', () => {
  const query = { TableName: 'lines', KeyConditionExpression: 'id = :a', ExpressionAttributeValues: { ':a': { S: 'a' } } }
  const whole = (at: string) => ({ id: { S: 'a' }, at: { S: at }, paid: { S: at }, card: { S: MARKER }, total: { N: '1' } })

  it.each([
    [{ IndexName: 'local' }, ['1', '2', '3'].map(whole)],
    [{ IndexName: 'whole' }, ['1', '2', '3'].map(whole)],
    [{ IndexName: 'local', Select: 'ALL_PROJECTED_ATTRIBUTES' }, ['1', '2', '3'].map(whole)],
    [{ IndexName: 'local', ProjectionExpression: 'card' }, ['1', '2', '3'].map(() => ({ card: { S: MARKER } }))],
  ] as const)('decrypts the whole items: %j', async (rest, items) => {
    const { Items } = await withEncryption(lab.plain, settings).send(new QueryCommand({ ...query, ...rest }))
    expect(Items).toEqual(items)
  })

  it('counts', async () => {
    const { Count, Items } = await withEncryption(lab.plain, settings).send(
      new QueryCommand({ ...query, IndexName: 'part', Select: 'COUNT' }),
    )
    expect([Count, Items]).toEqual([3, undefined])
  })

  it('that has parts of items never takes ciphertext for a plaintext item', async () => {
    const client = withEncryption(lab.plain, {
      ...settings,
      tables: { lines: { ...table, plaintextOverride: 'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ' } },
    })
    await expect(client.send(new QueryCommand({ ...query, IndexName: 'part' }))).rejects.toMatchObject({ name: 'ValidationException' })
    await expect(client.send(new ScanCommand({ TableName: 'lines', IndexName: 'part' }))).rejects.toMatchObject({
      name: 'ValidationException',
    })
  })
})

describe('a client that was made with encryption', () => {
  it.each([
    ['of a document client', () => withEncryption(DynamoDBDocumentClient.from(lab.plain), settings)],
    ['of a document client of one with encryption', () => DynamoDBDocumentClient.from(withEncryption(lab.plain, settings))],
  ])('pages and updates as it would without: %s', async (_what, make) => {
    const client = make()
    const cards: unknown[] = []
    const query = { TableName: 'lines', KeyConditionExpression: 'id = :a', ExpressionAttributeValues: { ':a': 'a' } }
    for await (const { Items = [] } of paginateQuery({ client, pageSize: 2 }, query)) cards.push(...Items.map(({ card }) => card))
    expect(cards).toEqual([MARKER, MARKER, MARKER])
    const { item } = await updateItem(client, {
      TableName: 'lines',
      Key: { id: { S: 'a' }, at: { S: '1' } },
      change: (line) => ({ ...line, total: { N: '2' } }),
    })
    expect(item).toMatchObject({ total: { N: '2' }, card: { S: MARKER } })
  })

  it('takes null for what is not given, as the SDK does', async () => {
    const client = withEncryption(lab.plain, settings)
    const Key = { id: { S: 'a' }, at: { S: '2' } }
    const none = { ProjectionExpression: null as never, AttributesToGet: null as never, ExpressionAttributeNames: null as never }
    const { Item } = await client.send(new GetItemCommand({ TableName: 'lines', Key, ...none }))
    expect(Item).toMatchObject({ card: { S: MARKER } })
    const { Responses } = await client.send(new BatchGetItemCommand({ RequestItems: { lines: { Keys: [Key], ...none } } }))
    expect(Responses?.['lines']).toEqual([Item])
    const transaction = new TransactGetItemsCommand({ TransactItems: [{ Get: { TableName: 'lines', Key, ...none } }] })
    expect((await client.send(transaction)).Responses).toEqual([{ Item }])
  })

  it('pages scans', async () => {
    const client = withEncryption(lab.plain, settings)
    const cards: unknown[] = []
    const input = { TableName: 'lines', ConsistentRead: true }
    for await (const { Items = [] } of paginateScan({ client, pageSize: 1 }, input)) cards.push(...Items.map((item) => item['card']?.S))
    expect(cards).toEqual([MARKER, MARKER, MARKER])
  })
})
