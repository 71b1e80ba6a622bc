import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AttributeDefinition,
  type AttributeValue,
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  type KeySchemaElement,
  PutItemCommand,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb'

/** An item as the SDK takes it. */
export type Item = Record<string, AttributeValue>

const POLL_MS = 50
const POLLS = 1200

/** Makes a table, waits until it is active, and deletes it afterwards. By default the key is `pk`, a string. */
export async function withTable(
  client: DynamoDBClient,
  use: (name: string) => Promise<void>,
  options: Partial<Omit<CreateTableCommandInput, 'TableName'>> = {},
): Promise<void> {
  const name = `conformance-${randomUUID()}`
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      ...options,
    }),
  )
  try {
    await active(client, name)
    await use(name)
  } finally {
    await client.send(new DeleteTableCommand({ TableName: name }))
  }
}

/** Keys of two parts: `pk`, a string, and `sk`, a number. */
export const sorted: { readonly AttributeDefinitions: AttributeDefinition[]; readonly KeySchema: KeySchemaElement[] } = {
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'N' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
}

/** Waits until a table is active. */
export async function active(client: DynamoDBClient, TableName: string): Promise<void> {
  for (let turn = 0; turn < POLLS; turn += 1) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }))
    if (Table?.TableStatus === 'ACTIVE') return
    await sleep(POLL_MS)
  }
  throw new Error(`table ${TableName} did not become active`)
}

/** Puts items, one after the other. */
export async function put(client: DynamoDBClient, TableName: string, ...items: readonly Item[]): Promise<void> {
  for (const Item of items) await client.send(new PutItemCommand({ TableName, Item }))
}

/** The item of a key, read consistently. */
export async function get(client: DynamoDBClient, TableName: string, pk: string): Promise<Item | undefined> {
  return (await client.send(new GetItemCommand({ TableName, Key: { pk: { S: pk } }, ConsistentRead: true }))).Item
}

/** Awaits a call that must be cancelled; answers the code of each reason with the item in it. */
export async function cancelled(call: Promise<unknown>): Promise<readonly { readonly code: string; readonly item?: Item }[]> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error
    return (error.CancellationReasons ?? []).map(({ Code = '', Item }) =>
      Item === undefined ? { code: Code } : { code: Code, item: Item },
    )
  }
  throw new Error('the transaction was carried out, not cancelled')
}
