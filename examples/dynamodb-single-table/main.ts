/**
 * Two kinds of items in one table, defined once for the encryption and for the compiler, with an index, a transaction and a stream:
 * `node --conditions=@strongroom/source examples/dynamodb-single-table/main.ts`. Exits with 1 where anything is not as claimed.
 */
import { CreateTableCommand, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, QueryCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb'
import { decryptStreamRecord, defineTable, type ItemOf, typed, withEncryption } from '@strongroom/dynamodb'
import { hierarchicalKeyring } from '@strongroom/kms'
import { createKeyStore } from '@strongroom/kms/branch-keys'
import { Report } from '../demo/report.ts'
import { embeddedBackend } from '../tenants/backend.ts'

const TableName = 'shop'
const keys = { pk: { type: 'S' }, sk: { type: 'S' } } as const
const shop = defineTable({
  logicalTableName: 'shop',
  partitionKey: 'pk',
  sortKey: 'sk',
  suite: '6700',
  entities: {
    customer: { ...keys, email: { type: 'S', action: 'encrypt' }, name: { type: 'S', action: 'encrypt' } },
    order: {
      ...keys,
      // Keys of an index are signed and stay in the clear; what an index projects is the whole item.
      byStatus: { type: 'S', action: 'sign' },
      status: { type: typed<'open' | 'paid'>('S'), action: 'sign' },
      card: { type: 'S', action: 'encrypt' },
      total: { type: 'N', action: 'encrypt' },
    },
  },
})
type Customer = ItemOf<typeof shop, 'customer'>
type Order = ItemOf<typeof shop, 'order'>

const report = new Report()
await using backend = await embeddedBackend()
const { dynamodb, kms, serviceKey } = backend
await dynamodb.send(
  new CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: ['pk', 'sk', 'byStatus'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    GlobalSecondaryIndexes: [
      { IndexName: 'by-status', KeySchema: [{ AttributeName: 'byStatus', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
    ],
  }),
)
const keyStore = createKeyStore({ client: dynamodb, tableName: 'branch-keys', kms: { keyId: serviceKey, client: kms } })
await keyStore.createTable()
await keyStore.createKey({ branchKeyId: 'shop', encryptionContext: { purpose: 'shop' } })
const keyring = hierarchicalKeyring({ keyStore, branchKeyId: 'shop', cache: { ttlMs: 300_000 } })
const encrypted = withEncryption(dynamodb, { keyring, tables: { [TableName]: shop } })
const documents = DynamoDBDocumentClient.from(encrypted)

report.step('A customer and two orders in one transaction')
const customer: Customer = { pk: 'customer#1', sk: 'profile', email: 'ada@example.com', name: 'Ada' }
const orders: readonly Order[] = [1, 2].map((number) => ({
  pk: 'customer#1',
  sk: `order#${number}`,
  byStatus: number === 1 ? 'open' : 'paid',
  status: number === 1 ? 'open' : 'paid',
  card: `4111-${number}`,
  total: number * 10,
}))
await documents.send(new TransactWriteCommand({ TransactItems: [customer, ...orders].map((Item) => ({ Put: { TableName, Item } })) }))
const collection = await documents.send(
  new QueryCommand({ TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': 'customer#1' } }),
)
report.claim(
  'one query answers all of them',
  collection.Items?.length === 3 && collection.Items.some(({ email }) => email === customer.email),
)

report.step('The index')
const open = await documents.send(
  new QueryCommand({
    TableName,
    IndexName: 'by-status',
    KeyConditionExpression: 'byStatus = :open',
    ExpressionAttributeValues: { ':open': 'open' },
  }),
)
report.claim('a query of the index answers the open order, decrypted', open.Items?.length === 1 && open.Items[0]?.['card'] === '4111-1')

report.step('What belongs to no kind of item is not written')
const strange = { ...customer, sk: 'note', phone: '0221' }
const refused = await documents
  .send(new TransactWriteCommand({ TransactItems: [{ Put: { TableName, Item: strange } }] }))
  .catch((error: Error & { readonly code?: string; readonly attribute?: string }) => `${error.code}, ${error.attribute}`)
report.claim(`an attribute that no kind has: ${String(refused)}`, refused === 'ATTRIBUTE_NOT_CONFIGURED, phone')

report.step('A function on the stream of the table')
const { Item: image = {} } = await dynamodb.send(new GetItemCommand({ TableName, Key: { pk: { S: 'customer#1' }, sk: { S: 'order#2' } } }))
const event = {
  eventName: 'INSERT',
  eventSourceARN: 'arn:aws:dynamodb:us-east-1:111122223333:table/shop/stream/2026-11-25T00:00:00.000',
  // As AWS Lambda gives it: bytes in base64.
  dynamodb: JSON.parse(
    JSON.stringify({ Keys: { pk: image['pk'], sk: image['sk'] }, NewImage: image }, (_, value: unknown) => base64(value)),
  ) as object,
}
const { newImage } = await decryptStreamRecord(event, encrypted, { unmarshalled: true })
report.claim('it sees what was ordered', newImage?.['total'] === 20 && newImage['card'] === '4111-2')

console.log(report.failures === 0 ? '\nEverything was as claimed.' : `\n${report.failures} claims do not hold.`)
process.exitCode = report.failures === 0 ? 0 : 1

function base64(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}
