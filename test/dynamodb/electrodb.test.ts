import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { generateAesKey, rawAesKeyring } from '@strongroom/core'
import { withEncryption } from '@strongroom/dynamodb'
import { type EmbeddedDynamoDB, startEmbeddedDynamoDB } from '@strongroom/testing'
import { Entity, Service } from 'electrodb'
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
    actions: {
      gsi1pk: 'sign',
      gsi1sk: 'sign',
      __edb_e__: 'sign',
      __edb_v__: 'sign',
      orderId: 'sign',
      customerId: 'sign',
      status: 'sign',
      card: 'encrypt',
      total: 'encrypt',
      tags: 'encrypt',
      name: 'encrypt',
    },
  },
} as const

/** The program: nothing in it knows of encryption. */
function programOf(client: DynamoDBDocumentClient) {
  const order = new Entity(
    {
      model: { entity: 'order', version: '1', service: 'shop' },
      attributes: {
        orderId: { type: 'string', required: true },
        customerId: { type: 'string', required: true },
        status: { type: ['open', 'paid'] as const, required: true, default: 'open' },
        card: { type: 'string' },
        total: { type: 'number' },
        tags: { type: 'set', items: 'string' },
      },
      indexes: {
        order: { pk: { field: 'pk', composite: ['orderId'] }, sk: { field: 'sk', composite: [] } },
        customer: {
          collection: 'customer',
          index: 'gsi1',
          pk: { field: 'gsi1pk', composite: ['customerId'] },
          sk: { field: 'gsi1sk', composite: ['orderId'] },
        },
      },
    },
    { client, table: 'app' },
  )
  const customer = new Entity(
    {
      model: { entity: 'customer', version: '1', service: 'shop' },
      attributes: { customerId: { type: 'string', required: true }, name: { type: 'string' } },
      indexes: {
        customer: {
          collection: 'customer',
          index: 'gsi1',
          pk: { field: 'gsi1pk', composite: ['customerId'] },
          sk: { field: 'gsi1sk', composite: [] },
        },
        byId: { pk: { field: 'pk', composite: ['customerId'] }, sk: { field: 'sk', composite: [] } },
      },
    },
    { client, table: 'app' },
  )
  return { order, customer, shop: new Service({ order, customer }, { client, table: 'app' }) }
}

it('runs a program of ElectroDB unchanged: create, get, query, update, delete, transactions', async () => {
  const client = withEncryption(plain, { keyring, tables, updates: 'rewrite' })
  const { order, customer, shop } = programOf(DynamoDBDocumentClient.from(client))

  await customer.create({ customerId: 'c1', name: `${MARKER} Ada` }).go()
  await order.create({ orderId: 'o1', customerId: 'c1', card: MARKER, total: 10, tags: ['a', 'b'] }).go()
  await expect(order.create({ orderId: 'o1', customerId: 'c1' }).go()).rejects.toThrow()
  expect((await order.get({ orderId: 'o1' }).go()).data).toMatchObject({ card: MARKER, total: 10, status: 'open', tags: ['a', 'b'] })
  expect((await order.get({ orderId: 'o1' }).go({ attributes: ['card'] })).data).toEqual({ card: MARKER })

  await order
    .update({ orderId: 'o1' })
    .set({ status: 'paid', card: `${MARKER}-2` })
    .add({ total: 5 })
    .go()
  await order
    .patch({ orderId: 'o1' })
    .remove(['tags'])
    .where(({ status }, { eq }) => eq(status, 'paid'))
    .go()
  expect((await order.get({ orderId: 'o1' }).go()).data).toEqual({
    orderId: 'o1',
    customerId: 'c1',
    status: 'paid',
    card: `${MARKER}-2`,
    total: 15,
  })
  await expect(order.patch({ orderId: 'none' }).set({ total: 1 }).go()).rejects.toThrow()

  await order.put({ orderId: 'o2', customerId: 'c1', status: 'open', total: 1 }).go()
  const { data } = await shop.collections.customer({ customerId: 'c1' }).go()
  expect(data.customer).toEqual([{ customerId: 'c1', name: `${MARKER} Ada` }])
  expect(data.order.map(({ orderId, total }) => [orderId, total])).toEqual([
    ['o1', 15],
    ['o2', 1],
  ])
  const open = await order.query
    .customer({ customerId: 'c1' })
    .where(({ status }, { eq }) => eq(status, 'open'))
    .go()
  expect(open.data.map(({ orderId }) => orderId)).toEqual(['o2'])

  await shop.transaction
    .write(({ order: orders, customer: customers }) => [
      orders.put({ orderId: 'o3', customerId: 'c1', status: 'open', card: MARKER }).commit(),
      orders.patch({ orderId: 'o2' }).set({ total: 7 }).commit(),
      customers
        .patch({ customerId: 'c1' })
        .set({ name: `${MARKER} Lovelace` })
        .commit(),
    ])
    .go()
  expect((await order.get([{ orderId: 'o2' }, { orderId: 'o3' }]).go()).data).toHaveLength(2)
  expect((await order.get({ orderId: 'o2' }).go()).data?.total).toBe(7)
  expect((await customer.get({ customerId: 'c1' }).go()).data?.name).toBe(`${MARKER} Lovelace`)

  const removed = await order.delete({ orderId: 'o1' }).go({ response: 'all_old' })
  expect(removed.data?.card).toBe(`${MARKER}-2`)
  expect((await order.get({ orderId: 'o1' }).go()).data).toBeNull()
  expect((await order.scan.go()).data).toHaveLength(2)
  expect(sentPlaintext(dynamodb)).toEqual([])
})
