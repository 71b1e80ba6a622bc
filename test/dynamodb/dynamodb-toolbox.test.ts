import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { generateAesKey, rawAesKeyring } from '@strongroom/core'
import { withEncryption } from '@strongroom/dynamodb'
import { type EmbeddedDynamoDB, startEmbeddedDynamoDB } from '@strongroom/testing'
import { Entity } from 'dynamodb-toolbox/entity'
import { DeleteItemCommand } from 'dynamodb-toolbox/entity/actions/delete'
import { GetItemCommand } from 'dynamodb-toolbox/entity/actions/get'
import { PutItemCommand } from 'dynamodb-toolbox/entity/actions/put'
import { PutTransaction } from 'dynamodb-toolbox/entity/actions/transactPut'
import { UpdateTransaction } from 'dynamodb-toolbox/entity/actions/transactUpdate'
import { execute } from 'dynamodb-toolbox/entity/actions/transactWrite'
import { $add, $remove, UpdateItemCommand } from 'dynamodb-toolbox/entity/actions/update'
import { item } from 'dynamodb-toolbox/schema/item'
import { number } from 'dynamodb-toolbox/schema/number'
import { string } from 'dynamodb-toolbox/schema/string'
import { Table } from 'dynamodb-toolbox/table'
import { QueryCommand } from 'dynamodb-toolbox/table/actions/query'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSingleTable, MARKER, sentPlaintext } from './single-table.ts'

let dynamodb: EmbeddedDynamoDB
let plain: DynamoDBClient

beforeAll(async () => {
  dynamodb = await startEmbeddedDynamoDB()
  plain = new DynamoDBClient({ ...dynamodb.clientConfig })
  await createSingleTable(plain)
})

afterAll(async () => {
  plain.destroy()
  await dynamodb.close()
})

const keyring = rawAesKeyring({ namespace: 'test', name: 'kek', key: generateAesKey() })
const tables = {
  app: {
    logicalTableName: 'app',
    partitionKey: 'pk',
    sortKey: 'sk',
    actions: { _et: 'sign', _ct: 'sign', _md: 'sign', status: 'sign', card: 'encrypt', total: 'encrypt', note: 'encrypt' },
  },
} as const

/** The program: nothing in it knows of encryption. */
function programOf(documentClient: DynamoDBDocumentClient) {
  const table = new Table({
    documentClient,
    name: 'app',
    partitionKey: { name: 'pk', type: 'string' },
    sortKey: { name: 'sk', type: 'string' },
  })
  const order = new Entity({
    name: 'order',
    table,
    schema: item({
      customer: string().key().savedAs('pk'),
      order: string().key().savedAs('sk'),
      status: string().default('open'),
      card: string().optional(),
      total: number().optional(),
      note: string().optional(),
    }),
  })
  return { table, order }
}

it('runs a program of dynamodb-toolbox unchanged: create, get, query, update, delete, transactions', async () => {
  const client = withEncryption(plain, { keyring, tables, updates: 'rewrite' })
  const { table, order } = programOf(DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } }))
  const key = { customer: 'c1', order: 'o1' }

  await order
    .build(PutItemCommand)
    .item({ ...key, card: MARKER, total: 10, note: MARKER })
    .send()
  expect((await order.build(GetItemCommand).key(key).send()).Item).toMatchObject({ card: MARKER, total: 10, status: 'open' })

  await order
    .build(UpdateItemCommand)
    .item({ ...key, status: 'paid', total: $add(5), note: $remove() })
    .send()
  const { Item } = await order.build(GetItemCommand).key(key).options({ consistent: true }).send()
  expect(Item).toMatchObject({ card: MARKER, total: 15, status: 'paid' })
  expect(Item?.note).toBeUndefined()
  const { Attributes } = await order
    .build(UpdateItemCommand)
    .item({ ...key, card: `${MARKER}-2` })
    .options({ condition: { attr: 'status', eq: 'paid' }, returnValues: 'ALL_NEW' })
    .send()
  expect(Attributes).toMatchObject({ card: `${MARKER}-2`, total: 15 })
  await expect(
    order
      .build(UpdateItemCommand)
      .item({ ...key, total: 1 })
      .options({ condition: { attr: 'status', eq: 'open' } })
      .send(),
  ).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })

  await execute(
    order.build(PutTransaction).item({ customer: 'c1', order: 'o2', card: MARKER }),
    order.build(UpdateTransaction).item({ ...key, total: 20 }),
  )
  const { Items } = await table.build(QueryCommand).query({ partition: 'c1' }).entities(order).send()
  expect(Items?.map(({ order: id, total, card }) => [id, total, card])).toEqual([
    ['o1', 20, `${MARKER}-2`],
    ['o2', undefined, MARKER],
  ])

  await order.build(DeleteItemCommand).key(key).send()
  expect((await order.build(GetItemCommand).key(key).send()).Item).toBeUndefined()
  expect(sentPlaintext(dynamodb)).toEqual([])
})
