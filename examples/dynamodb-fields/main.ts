/**
 * A table whose items are encrypted field by field, from its plaintext days to the rotation of its branch key:
 * `node --conditions=@strongroom/source examples/dynamodb-fields/main.ts`. Exits with 1 where anything is not as claimed.
 */
import { CreateTableCommand, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { isStrongroomError } from '@strongroom/core'
import {
  backfill,
  createItemEncryptor,
  describeItem,
  rotateTable,
  type TableConfig,
  updateItem,
  withEncryption,
} from '@strongroom/dynamodb'
import { hierarchicalKeyring } from '@strongroom/kms'
import { createKeyStore } from '@strongroom/kms/branch-keys'
import { Report } from '../demo/report.ts'
import { embeddedBackend } from '../tenants/backend.ts'

const TableName = 'orders'
const branchKeyId = 'orders'
/** `id` and `at` are the keys, which are signed. `views` is a counter that anybody may raise. */
const table: TableConfig = {
  logicalTableName: 'orders',
  partitionKey: 'id',
  sortKey: 'at',
  actions: { status: 'sign', card: 'encrypt', address: 'encrypt', views: 'ignore' },
  suite: '6700',
}

const report = new Report()
await using backend = await embeddedBackend()
const { dynamodb, kms, serviceKey } = backend
await dynamodb.send(
  new CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [
      { AttributeName: 'id', KeyType: 'HASH' },
      { AttributeName: 'at', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'id', AttributeType: 'S' },
      { AttributeName: 'at', AttributeType: 'N' },
    ],
  }),
)
const keyStore = createKeyStore({ client: dynamodb, tableName: 'branch-keys', kms: { keyId: serviceKey, client: kms } })
await keyStore.createTable()
await keyStore.createKey({ branchKeyId, encryptionContext: { purpose: 'orders' } })
const newKeyring = () => hierarchicalKeyring({ keyStore, branchKeyId, cache: { ttlMs: 300_000 } })
const orders = Array.from({ length: 40 }, (_, at) => ({
  id: 'customer-1',
  at,
  status: 'open',
  card: `4111-${at}`,
  address: { city: 'Köln' },
  views: 0,
}))

report.step('The table has plaintext items from before')
const plain = DynamoDBDocumentClient.from(dynamodb)
for (const Item of orders.slice(0, 20)) await plain.send(new PutCommand({ TableName, Item }))
const migrating = { ...table, plaintextOverride: 'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ' } as const
const encryptor = createItemEncryptor({ keyring: newKeyring(), table: migrating, tableName: TableName })
const progress: number[] = []
const filled = await backfill({
  client: dynamodb,
  tableName: TableName,
  encryptor,
  pageSize: 5,
  onProgress: ({ written }) => void progress.push(written),
})
report.claim(
  `a backfill encrypts them: ${filled.written} of ${filled.scanned}, ${filled.failed} failed`,
  filled.written === 20 && filled.failed === 0,
)
report.claim('it tells its progress, with a checkpoint to go on from', progress.length > 3)

report.step('The program writes and reads, and knows nothing of it')
backend.calls()
const documents = DynamoDBDocumentClient.from(
  withEncryption(dynamodb, { keyring: newKeyring(), tables: { [TableName]: table }, updates: 'rewrite' }),
)
for (const Item of orders.slice(20)) await documents.send(new PutCommand({ TableName, Item }))
const { Items = [] } = await documents.send(
  new QueryCommand({
    TableName,
    KeyConditionExpression: 'id = :id',
    FilterExpression: '#s = :open',
    ExpressionAttributeNames: { '#s': 'status' },
    ExpressionAttributeValues: { ':id': 'customer-1', ':open': 'open' },
  }),
)
report.claim('a query answers all 40 as they were written', JSON.stringify(Items.map(sorted)) === JSON.stringify(orders.map(sorted)))
report.say(`calls for 20 puts and a query of 40: ${backend.calls()}`)
const Key = { id: 'customer-1', at: 7 }
const { Item: raw = {} } = await dynamodb.send(new GetItemCommand({ TableName, Key: { id: { S: 'customer-1' }, at: { N: '7' } } }))
report.claim('DynamoDB holds ciphertext where a card was', raw['card']?.B instanceof Uint8Array && raw['status']?.S === 'open')

report.step('Updates by an expression and by a function; a filter on ciphertext is refused')
const { Attributes } = await documents.send(
  new UpdateCommand({
    TableName,
    Key,
    UpdateExpression: 'SET card = :card ADD #v :one',
    ExpressionAttributeNames: { '#v': 'views' },
    ExpressionAttributeValues: { ':card': '4242', ':one': 1 },
    ReturnValues: 'UPDATED_NEW',
  }),
)
report.claim('an expression changes an encrypted attribute and a counter', Attributes?.['card'] === '4242' && Attributes['views'] === 1)
const { item } = await updateItem(documents, {
  TableName,
  Key: { id: { S: 'customer-1' }, at: { N: '7' } },
  change: (order) => ({ ...order, status: { S: 'paid' } }),
})
report.claim('a function changes what is signed', item['status']?.S === 'paid' && item['card']?.S === '4242')
const filter = { FilterExpression: 'card = :c', ExpressionAttributeValues: { ':id': 'customer-1', ':c': '4242' } }
const refusal = await documents
  .send(new QueryCommand({ TableName, KeyConditionExpression: 'id = :id', ...filter }))
  .catch((error: unknown) => (isStrongroomError(error) ? error.code : String(error)))
report.claim(`a filter on an encrypted attribute is refused: ${refusal}`, refusal === 'ATTRIBUTE_ENCRYPTED')

report.step('The branch key is rotated, and the table with it')
const versionOf = async () => {
  const { Item: stored = {} } = await dynamodb.send(new GetItemCommand({ TableName, Key: { id: { S: 'customer-1' }, at: { N: '30' } } }))
  return describeItem(stored).encryptedDataKeys[0]?.branchKeyVersion
}
const before = await versionOf()
await keyStore.versionKey(branchKeyId)
const rotated = await rotateTable({
  client: dynamodb,
  tableName: TableName,
  encryptor: createItemEncryptor({ keyring: newKeyring(), table, tableName: TableName }),
})
report.claim(
  `${rotated.written} items are under the new version`,
  rotated.written === 40 && rotated.failed === 0 && (await versionOf()) !== before,
)
const { Item: after } = await documents.send(new GetCommand({ TableName, Key }))
report.claim('their encrypted attributes still open', after?.['card'] === '4242')

console.log(report.failures === 0 ? '\nEverything was as claimed.' : `\n${report.failures} claims do not hold.`)
process.exitCode = report.failures === 0 ? 0 : 1

function sorted(value: Record<string, unknown>): unknown {
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
