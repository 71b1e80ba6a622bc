import { DynamoDBClient, PutItemCommand, paginateScan } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import {
  type EmbeddedDynamoDB,
  type EmbeddedKms,
  startEmbeddedDynamoDB,
  startEmbeddedKms,
  type TestClock,
  testClock,
} from '@strongroom/testing'
import { createKeyStore, type KeyStore, type KeyStoreOptions } from '../src/branch-keys/key-store.ts'

/** Embedded DynamoDB and KMS, and a key store on them. */
export interface StoreLab extends AsyncDisposable {
  readonly dynamodb: EmbeddedDynamoDB
  readonly kms: EmbeddedKms
  readonly table: DynamoDBClient
  readonly kmsClient: KMSClient
  readonly clock: TestClock
  readonly keyId: string
  /** Milliseconds that key stores waited for. */
  readonly waits: number[]
  /** Another key store on the same table, with options of its own. */
  store(options?: Partial<KeyStoreOptions>): KeyStore
  /** The items of the table. */
  items(): Promise<Record<string, Record<string, unknown>>[]>
  /** Changes an item as somebody who may write to the table can. */
  put(item: object): Promise<void>
}

/** Starts one, with a table. Clients make one attempt a call. */
export async function startStoreLab(): Promise<StoreLab> {
  const clock = testClock()
  const dynamodb = await startEmbeddedDynamoDB({ clock })
  const kms = await startEmbeddedKms({ clock })
  const table = new DynamoDBClient({ ...dynamodb.clientConfig, maxAttempts: 1 })
  const kmsClient = new KMSClient({ ...kms.clientConfig, maxAttempts: 1 })
  const keyId = kms.createKey()
  const waits: number[] = []
  const store = (options: Partial<KeyStoreOptions> = {}): KeyStore =>
    createKeyStore({
      client: table,
      tableName: 'keys',
      kms: { keyId, client: kmsClient },
      now: clock,
      sleep: async (milliseconds) => {
        waits.push(milliseconds)
        clock.advance(milliseconds)
      },
      ...options,
    })
  await store().createTable()
  return {
    dynamodb,
    kms,
    table,
    kmsClient,
    clock,
    keyId,
    waits,
    store,
    items: async () => {
      const items: Record<string, Record<string, unknown>>[] = []
      for await (const { Items } of paginateScan({ client: table }, { TableName: 'keys' })) items.push(...((Items ?? []) as never[]))
      return items
    },
    put: async (item) => void (await table.send(new PutItemCommand({ TableName: 'keys', Item: item as never }))),
    async [Symbol.asyncDispose]() {
      table.destroy()
      kmsClient.destroy()
      await dynamodb.close()
      await kms.close()
    },
  }
}
