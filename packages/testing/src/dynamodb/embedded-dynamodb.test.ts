import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateBackupCommand,
  CreateTableCommand,
  DeleteBackupCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  GetItemCommand,
  ListBackupsCommand,
  ListExportsCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { testClock } from '../test-clock.ts'
import { type EmbeddedDynamoDB, type EmbeddedDynamoDBOptions, startEmbeddedDynamoDB } from './embedded-dynamodb.ts'

const clock = testClock()
let dynamodb: EmbeddedDynamoDB
let client: DynamoDBClient

async function start(options: EmbeddedDynamoDBOptions = {}): Promise<void> {
  dynamodb = await startEmbeddedDynamoDB({ clock, ...options })
  client = new DynamoDBClient({ ...dynamodb.clientConfig, maxAttempts: 1 })
  await createTable(client)
}

async function createTable(of: DynamoDBClient, TableName = 'orders'): Promise<void> {
  await of.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    }),
  )
}

beforeEach(() => start())
afterEach(async () => {
  client.destroy()
  await dynamodb.close()
})

const key = (pk: string): Record<string, AttributeValue> => ({ pk: { S: pk } })
const put = (pk: string, more: Record<string, AttributeValue> = {}): Promise<unknown> =>
  client.send(new PutItemCommand({ TableName: 'orders', Item: { ...key(pk), ...more } }))
const get = async (pk: string): Promise<unknown> =>
  (await client.send(new GetItemCommand({ TableName: 'orders', Key: key(pk), ConsistentRead: true }))).Item
const transact = (token: string, ...pks: readonly string[]): Promise<unknown> =>
  client.send(
    new TransactWriteItemsCommand({
      ClientRequestToken: token,
      TransactItems: pks.map((pk) => ({
        Update: { TableName: 'orders', Key: key(pk), UpdateExpression: 'ADD n :one', ExpressionAttributeValues: { ':one': { N: '1' } } },
      })),
    }),
  )

it('a table is active as soon as it was made, and dated by the clock', async () => {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: 'orders' }))
  expect(Table).toMatchObject({
    TableStatus: 'ACTIVE',
    TableArn: 'arn:aws:dynamodb:us-east-1:111122223333:table/orders',
    CreationDateTime: new Date(clock()),
  })
})

it('calls are logged with the tables they name, whatever the form of the name, and with the error', async () => {
  await createTable(client, 'parts')
  dynamodb.calls.reset()
  await client.send(new QueryCommand({ TableName: 'arn:aws:dynamodb:us-east-1:111122223333:table/orders', ...queryOf('a') }))
  await client.send(new BatchWriteItemCommand({ RequestItems: { orders: putsOf('a'), parts: putsOf('b') } }))
  await transact('token', 'a', 'b')
  await expect(client.send(new GetItemCommand({ TableName: 'absent', Key: key('a') }))).rejects.toThrow()
  expect(dynamodb.calls.all).toEqual([
    { operation: 'Query', tableNames: ['orders'] },
    { operation: 'BatchWriteItem', tableNames: ['orders', 'parts'] },
    { operation: 'TransactWriteItems', tableNames: ['orders'] },
    { operation: 'GetItem', tableNames: ['absent'], error: 'ResourceNotFoundException' },
  ])
})

const queryOf = (pk: string) => ({ KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: pk } } })
const putsOf = (...pks: readonly string[]) => pks.map((pk) => ({ PutRequest: { Item: key(pk) } }))

it('a batch on an ARN is answered under the ARN', async () => {
  const arn = 'arn:aws:dynamodb:us-east-1:111122223333:table/orders'
  await client.send(new BatchWriteItemCommand({ RequestItems: { [arn]: putsOf('a') } }))
  const { Responses } = await client.send(new BatchGetItemCommand({ RequestItems: { [arn]: { Keys: [key('a')] } } }))
  expect(Responses).toEqual({ [arn]: [key('a')] })
})

it('an ARN of another account or Region names no table', async () => {
  for (const where of ['us-east-1:999999999999', 'eu-west-1:111122223333']) {
    const TableName = `arn:aws:dynamodb:${where}:table/orders`
    await expect(client.send(new GetItemCommand({ TableName, Key: key('a') }))).rejects.toThrow(
      expect.objectContaining({ name: 'ResourceNotFoundException' }),
    )
  }
})

it('request bodies are kept as they arrived, unless they shall not be', async () => {
  await put('a', { secret: { S: 'marker' } })
  const last = dynamodb.requests.at(-1)
  expect(last?.operation).toBe('PutItem')
  expect(Buffer.from(last?.body ?? []).toString()).toContain('marker')
  await dynamodb.close()
  await start({ recordRequests: false })
  await put('a')
  expect(dynamodb.requests).toEqual([])
})

it('each Region has tables of its own', async () => {
  const other = new DynamoDBClient({ ...dynamodb.clientConfig, region: 'eu-west-1' })
  try {
    await expect(other.send(new GetItemCommand({ TableName: 'orders', Key: key('a') }))).rejects.toThrow('not found')
    await createTable(other)
    await put('a')
    const { Item } = await other.send(new GetItemCommand({ TableName: 'orders', Key: key('a') }))
    expect(Item).toBeUndefined()
    const { Table } = await other.send(new DescribeTableCommand({ TableName: 'orders' }))
    expect(Table?.TableArn).toBe('arn:aws:dynamodb:eu-west-1:111122223333:table/orders')
  } finally {
    other.destroy()
  }
})

it('a transaction token is forgotten after ten minutes', async () => {
  await transact('token', 'a')
  clock.advance(599_999)
  await transact('token', 'a')
  expect(await get('a')).toEqual({ ...key('a'), n: { N: '1' } })
  clock.advance(1)
  await transact('token', 'b')
  expect(await get('b')).toEqual({ ...key('b'), n: { N: '1' } })
})

it('a transaction that was carried out but not answered is not carried out again by the retry', async () => {
  const retrying = new DynamoDBClient({ ...dynamodb.clientConfig, maxAttempts: 2 })
  using lost = dynamodb.faults.outage('lost-answer', { operations: ['TransactWriteItems'], times: 1 })
  try {
    await retrying.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          {
            Update: {
              TableName: 'orders',
              Key: key('a'),
              UpdateExpression: 'ADD n :one',
              ExpressionAttributeValues: { ':one': { N: '1' } },
            },
          },
        ],
      }),
    )
  } finally {
    retrying.destroy()
  }
  expect(lost.hits).toBe(1)
  expect(dynamodb.calls.count('TransactWriteItems')).toBe(2)
  expect(await get('a')).toEqual({ ...key('a'), n: { N: '1' } })
})

it('transactions count twice the units of plain writes', async () => {
  const { ConsumedCapacity } = await client.send(
    new TransactWriteItemsCommand({
      ReturnConsumedCapacity: 'TOTAL',
      TransactItems: [
        { Put: { TableName: 'orders', Item: { ...key('a'), data: { B: new Uint8Array(1500) } } } },
        { Delete: { TableName: 'orders', Key: key('b') } },
      ],
    }),
  )
  expect(ConsumedCapacity).toEqual([{ TableName: 'orders', CapacityUnits: 6, WriteCapacityUnits: 6 }])
})

it('throttling and errors are injected by operation and by table', async () => {
  using throttled = dynamodb.faults.throttle({ when: ({ tableNames }) => tableNames.includes('orders'), times: 1 })
  await expect(put('a')).rejects.toThrow(expect.objectContaining({ name: 'ProvisionedThroughputExceededException' }))
  await put('a')
  expect(throttled.hits).toBe(1)
  using _failing = dynamodb.faults.fail({ name: 'TransactionConflictException' }, { operations: ['PutItem'] })
  await expect(put('a')).rejects.toThrow(expect.objectContaining({ name: 'TransactionConflictException' }))
})

it('entries of a batch are left unprocessed, and the call is throttled when all are', async () => {
  using left = dynamodb.faults.leaveUnprocessed({ when: ({ index, operation }) => operation === 'BatchWriteItem' && index === 1 })
  const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems: { orders: putsOf('a', 'b', 'c') } }))
  expect(UnprocessedItems).toEqual({ orders: putsOf('b') })
  expect(await get('a')).toEqual(key('a'))
  expect(await get('b')).toBeUndefined()
  expect(left.hits).toBe(1)
  left.release()
  using _keys = dynamodb.faults.leaveUnprocessed({ times: 1 })
  const { Responses, UnprocessedKeys } = await client.send(
    new BatchGetItemCommand({ RequestItems: { orders: { Keys: [key('a'), key('c')], ConsistentRead: true } } }),
  )
  expect(Responses).toEqual({ orders: [key('c')] })
  expect(UnprocessedKeys).toEqual({ orders: { Keys: [key('a')], ConsistentRead: true } })
  using _all = dynamodb.faults.leaveUnprocessed()
  await expect(client.send(new BatchWriteItemCommand({ RequestItems: { orders: putsOf('a') } }))).rejects.toThrow(
    expect.objectContaining({ name: 'ProvisionedThroughputExceededException' }),
  )
})

it('transactions are cancelled at the actions that a fault names', async () => {
  using fault = dynamodb.faults.cancelTransactions({ when: ({ index }) => index === 1, times: 1 })
  const cancelled = await transact('one', 'a', 'b').catch((error: unknown) => error)
  expect(cancelled).toBeInstanceOf(TransactionCanceledException)
  expect(cancelled).toMatchObject({ CancellationReasons: [{ Code: 'None' }, { Code: 'TransactionConflict' }] })
  expect(await get('a')).toBeUndefined()
  await transact('one', 'a', 'b')
  expect(fault.hits).toBe(1)
})

it('clear releases the faults of entries too', async () => {
  dynamodb.faults.leaveUnprocessed()
  dynamodb.faults.cancelTransactions()
  dynamodb.faults.throttle()
  dynamodb.faults.clear()
  await client.send(new BatchWriteItemCommand({ RequestItems: { orders: putsOf('a') } }))
  await transact('one', 'a')
})

it('what is denied is refused before it is done', async () => {
  await dynamodb.close()
  await start({ deny: ({ operation }) => operation === 'PutItem' })
  await expect(put('a')).rejects.toThrow(expect.objectContaining({ name: 'AccessDeniedException' }))
  expect(await get('a')).toBeUndefined()
})

it('the window of point-in-time recovery moves with the clock', async () => {
  const since = clock()
  await client.send(
    new UpdateContinuousBackupsCommand({
      TableName: 'orders',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 1 },
    }),
  )
  const recovery = async () => {
    const { ContinuousBackupsDescription } = await client.send(new DescribeContinuousBackupsCommand({ TableName: 'orders' }))
    return ContinuousBackupsDescription?.PointInTimeRecoveryDescription
  }
  expect(await recovery()).toMatchObject({ EarliestRestorableDateTime: new Date(since), LatestRestorableDateTime: new Date(since) })
  clock.advance(3 * 86_400_000)
  expect(await recovery()).toMatchObject({
    EarliestRestorableDateTime: new Date(clock() - 86_400_000),
    LatestRestorableDateTime: new Date(clock() - 300_000),
  })
})

it('backups on demand are listed until they are deleted, and nothing was ever exported', async () => {
  const { BackupDetails } = await client.send(new CreateBackupCommand({ TableName: 'orders', BackupName: 'before' }))
  const listed = async () => (await client.send(new ListBackupsCommand({ TableName: 'orders' }))).BackupSummaries
  expect(await listed()).toMatchObject([{ BackupName: 'before', BackupArn: BackupDetails?.BackupArn, TableName: 'orders' }])
  const remove = () => client.send(new DeleteBackupCommand({ BackupArn: BackupDetails?.BackupArn }))
  await remove()
  await expect(remove()).rejects.toThrow(expect.objectContaining({ name: 'BackupNotFoundException' }))
  expect(await listed()).toEqual([])
  const TableArn = 'arn:aws:dynamodb:us-east-1:111122223333:table/orders'
  expect((await client.send(new ListExportsCommand({ TableArn }))).ExportSummaries).toEqual([])
})

it('what is not served is refused with a sentence that says so', async () => {
  await expect(client.send(new ExecuteStatementCommand({ Statement: 'SELECT * FROM orders' }))).rejects.toThrow(/PartiQL/)
  await expect(
    client.send(new UpdateTableCommand({ TableName: 'orders', StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' } })),
  ).rejects.toThrow(/Streams/)
})

it('an option nobody knows is an error', async () => {
  await expect(startEmbeddedDynamoDB({ denied: () => true } as EmbeddedDynamoDBOptions)).rejects.toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID' }),
  )
})
