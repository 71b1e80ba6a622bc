import { CreateTableCommand, DeleteTableCommand, type DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb'
import { rawAesKeyring } from '@strongroom/core'
import type { TableConfig } from '@strongroom/dynamodb'

/** The physical names of the tables that scenarios use. */
export interface Tables {
  /** Key `id`; index `by-status`. Encrypted. */
  readonly orders: string
  /** Keys `pk`, `sk`. Encrypted, with an attribute in the context. */
  readonly events: string
  /** Key `id`. Not encrypted. */
  readonly other: string
}

export const tablesNamed = (prefix: string): Tables => ({ orders: `${prefix}orders`, events: `${prefix}events`, other: `${prefix}other` })

/** What must never be seen outside of the encrypted client. */
export const MARKER: Buffer = Buffer.from('MARKER-4000-0012-3456-7899')
export const SECRET: string = MARKER.toString('latin1')

export const keyring = rawAesKeyring({ namespace: 'test', name: 'k1', key: new Uint8Array(32).fill(7) })

const ordersConfig: TableConfig = {
  logicalTableName: 'orders',
  partitionKey: 'id',
  actions: {
    status: 'sign',
    total: 'sign',
    card: 'encrypt',
    details: 'encrypt',
    attempts: 'encrypt',
    tags: 'encrypt',
    photo: 'encrypt',
    none: 'encrypt',
    paid: 'encrypt',
    views: 'ignore',
  },
  allowedUnsignedPrefix: ':',
}

const eventsConfig: TableConfig = {
  logicalTableName: 'events',
  partitionKey: 'pk',
  sortKey: 'sk',
  actions: { tenant: 'context', kind: 'sign', note: 'encrypt' },
  suite: '6700',
}

export function configOf(tables: Tables): Readonly<Record<string, TableConfig>> {
  return { [tables.orders]: ordersConfig, [tables.events]: eventsConfig }
}

/** Makes the tables and waits for them. */
export async function createTables(client: DynamoDBClient, tables: Tables): Promise<void> {
  const common = { BillingMode: 'PAY_PER_REQUEST' as const }
  const text = (name: string) => ({ AttributeName: name, AttributeType: 'S' as const })
  await client.send(
    new CreateTableCommand({
      ...common,
      TableName: tables.orders,
      AttributeDefinitions: [text('id'), text('status')],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        { IndexName: 'by-status', KeySchema: [{ AttributeName: 'status', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
      ],
    }),
  )
  await client.send(
    new CreateTableCommand({
      ...common,
      TableName: tables.events,
      AttributeDefinitions: [text('pk'), text('sk')],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  )
  await client.send(
    new CreateTableCommand({
      ...common,
      TableName: tables.other,
      AttributeDefinitions: [text('id')],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  )
  for (const TableName of Object.values(tables)) {
    await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 2 }, { TableName })
  }
}

export async function deleteTables(client: DynamoDBClient, tables: Tables): Promise<void> {
  for (const TableName of Object.values(tables)) await client.send(new DeleteTableCommand({ TableName }))
}
