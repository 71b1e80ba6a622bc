import { CreateTableCommand, DynamoDBClient, type DynamoDBClientConfig, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { type EmbeddedDynamoDB, startEmbeddedDynamoDB } from '@strongroom/testing'
import { afterAll, beforeAll } from 'vitest'
import type { DynamoDBEncryptionSettings } from '../src/config.ts'
import { dynamodbEncryption } from '../src/dynamodb-encryption.ts'
import type { Item } from '../src/item-encryptor.ts'
import type { TableConfig } from '../src/table-config.ts'
import { withEncryption } from '../src/with-encryption.ts'
import { aesKeyring } from './items.ts'

/** What must not leave. */
export const MARKER = 'marker-4111'

/** The table of these tests. */
export const orders = {
  logicalTableName: 'orders',
  partitionKey: 'id',
  actions: { status: 'sign', card: 'encrypt', total: 'encrypt', views: 'ignore', copy: 'ignore' },
  suite: '6700',
} as const satisfies TableConfig

/** A client with encryption, and what is needed to look behind it. */
export interface PluginLab {
  /** The service. */
  readonly dynamodb: EmbeddedDynamoDB
  /** A client without encryption. */
  readonly plain: DynamoDBClient
  /** A client with encryption; `table` changes the configuration of its table. */
  client(
    settings?: Partial<DynamoDBEncryptionSettings>,
    table?: Partial<TableConfig>,
    config?: Partial<DynamoDBClientConfig>,
  ): DynamoDBClient
  /** A client with the plugin alone, which has no client to read with. */
  plugged(settings?: Partial<DynamoDBEncryptionSettings>): DynamoDBClient
  /** A client with encryption of the table `numbered`, whose key is a number. */
  numbered(): DynamoDBClient
  /** An item as DynamoDB has it. */
  stored(id: string): Promise<Item | undefined>
  /** Writes an item without encryption. */
  store(item: Item): Promise<void>
}

/** Starts a service with a table before the tests of a file. */
export function pluginLab(): PluginLab {
  let dynamodb: EmbeddedDynamoDB | undefined
  const clients: DynamoDBClient[] = []
  const service = (): EmbeddedDynamoDB => dynamodb as EmbeddedDynamoDB
  const connect = (config: Partial<DynamoDBClientConfig> = {}): DynamoDBClient => {
    const client = new DynamoDBClient({ ...service().clientConfig, ...config })
    clients.push(client)
    return client
  }
  let plain: DynamoDBClient | undefined

  beforeAll(async () => {
    dynamodb = await startEmbeddedDynamoDB()
    plain = connect()
    for (const [TableName, AttributeType] of [
      ['orders', 'S'],
      ['numbered', 'N'],
    ] as const) {
      await plain.send(
        new CreateTableCommand({
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType }],
        }),
      )
    }
  })

  afterAll(async () => {
    for (const client of clients) client.destroy()
    await dynamodb?.close()
  })

  return {
    get dynamodb() {
      return service()
    },
    get plain() {
      return plain as DynamoDBClient
    },
    client: (settings = {}, table = {}, config = {}) =>
      withEncryption(connect(config), {
        keyring: aesKeyring('lab'),
        tables: { orders: { ...orders, ...table } as TableConfig },
        ...settings,
      }),
    plugged: (settings = {}) => {
      const client = connect()
      client.middlewareStack.use(dynamodbEncryption({ keyring: aesKeyring('lab'), tables: { orders }, ...settings }))
      return client
    },
    numbered: () =>
      withEncryption(connect(), { keyring: aesKeyring('lab'), tables: { numbered: { ...orders, logicalTableName: 'numbered' } } }),
    stored: async (id) => (await (plain as DynamoDBClient).send(new GetItemCommand({ TableName: 'orders', Key: { id: { S: id } } }))).Item,
    store: async (item) => {
      await (plain as DynamoDBClient).send(new PutItemCommand({ TableName: 'orders', Item: item }))
    },
  }
}
