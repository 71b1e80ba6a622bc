import { CreateTableCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { type EmbeddedDynamoDB, startEmbeddedDynamoDB } from '@strongroom/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DriverProcess, strongroomDriver } from './driver-process.ts'
import type { Fields } from './protocol.ts'

const keyring = { type: 'raw-aes', namespace: 'ns', name: 'k', key: Buffer.alloc(32, 1).toString('base64') }
const config = { logicalTableName: 'lab', partitionKey: 'id', actions: { id: 'sign', secret: 'encrypt', photo: 'encrypt' }, keyring }
const Item = { id: { S: 'x' }, secret: { L: [{ S: 'marker' }, { BS: ['AQ==', 'Ag=='] }] }, photo: { B: 'AQID' } }
const Key = { id: Item.id }

describe('the operation ddb.call', () => {
  const driver = new DriverProcess(strongroomDriver)
  let dynamodb: EmbeddedDynamoDB
  let plain: DynamoDBClient

  beforeAll(async () => {
    dynamodb = await startEmbeddedDynamoDB()
    plain = new DynamoDBClient({ ...dynamodb.clientConfig, region: 'us-east-1' })
    for (const TableName of ['items', 'free']) {
      await plain.send(
        new CreateTableCommand({
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        }),
      )
    }
  })
  afterAll(async () => {
    driver.close()
    plain.destroy()
    await dynamodb.close()
  })

  const call = (command: string, input: object, more: object = {}): Promise<Fields> =>
    driver.ask({ op: 'ddb.call', endpoint: dynamodb.endpoint, tables: { items: config }, command, input, ...more })

  it('encrypts what it puts, and decrypts what it gets', async () => {
    expect(await call('PutItem', { TableName: 'items', Item })).toEqual({ ok: true, output: {} })
    const stored = await plain.send(new GetItemCommand({ TableName: 'items', Key }))
    expect(stored.Item?.['secret']?.B).toBeInstanceOf(Uint8Array)
    expect(dynamodb.requests.some(({ body }) => Buffer.from(body).includes('marker'))).toBe(false)
    expect(await call('GetItem', { TableName: 'items', Key, ConsistentRead: true })).toEqual({ ok: true, output: { Item } })
  })

  it('lets other tables pass', async () => {
    expect(await call('PutItem', { TableName: 'free', Item })).toEqual({ ok: true, output: {} })
    const stored = await plain.send(new GetItemCommand({ TableName: 'free', Key }))
    expect(stored.Item?.['secret']?.L?.[0]).toEqual({ S: 'marker' })
    expect(await call('GetItem', { TableName: 'free', Key }, { tables: {} })).toEqual({ ok: true, output: { Item } })
  })

  it.each([
    [/^INPUT_INVALID: .*PutNothing/, 'PutNothing', {}, {}],
    [/^INPUT_INVALID: .*toString/, 'toString', {}, {}],
    [/^OPTION_INVALID: .*"more"/, 'GetItem', { TableName: 'items', Key }, { more: 1 }],
    [/^ATTRIBUTE_NOT_CONFIGURED: .*"other"/, 'PutItem', { TableName: 'items', Item: { ...Item, other: { S: 'x' } } }, {}],
    [/^ResourceNotFoundException: /, 'GetItem', { TableName: 'nowhere', Key }, {}],
  ])('answers %s', async (error, command, input, more) => {
    expect(await call(command, input, more)).toMatchObject({ ok: false, error: expect.stringMatching(error) })
  })
})
