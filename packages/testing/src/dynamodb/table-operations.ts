import { Input, isObject, type JsonObject } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import type { Database, DatabaseOperation } from './database.ts'
import { invalid } from './dynamodb-errors.ts'
import { objectOf } from './item-operations.ts'
import type { Table } from './table.ts'

/** Operations on tables. The engine changes them within a turn of the event loop; an answer waits for that, so a table is active at once. */
export const tableOperations: ReadonlyMap<string, DatabaseOperation> = new Map([
  ['CreateTable', createTable],
  ['DescribeTable', describeTable],
  ['UpdateTable', updateTable],
  ['DeleteTable', deleteTable],
  ['ListTables', (database: Database, members: JsonObject) => database.engine.call('ListTables', members)],
])

function createTable(database: Database, members: JsonObject): Promise<JsonObject> {
  return database.lock.exclusive(async () => {
    const settings = readSettings(members)
    const { TableDescription } = await database.engine.call('CreateTable', members)
    const name = String(members.TableName)
    await settled(database, name)
    const table = database.add(name, members.KeySchema)
    apply(table, settings)
    for (const tag of settings.tags) table.tags.set(tag.string('Key'), tag.string('Value'))
    return { TableDescription: describe(table, TableDescription) }
  })
}

function describeTable(database: Database, members: JsonObject): Promise<JsonObject> {
  return database.lock.shared(async () => {
    const named = database.named(members)
    const { Table: description } = await database.engine.call('DescribeTable', named)
    return { Table: describe(database.table(named.TableName), description) }
  })
}

function updateTable(database: Database, members: JsonObject): Promise<JsonObject> {
  return database.lock.exclusive(async () => {
    const named = database.named(members)
    const settings = readSettings(named)
    const table = database.find(String(named.TableName))
    const engineHasPart = ['BillingMode', 'ProvisionedThroughput', 'GlobalSecondaryIndexUpdates'].some((name) => Object.hasOwn(named, name))
    if (engineHasPart || !settings.any || table === undefined) {
      const { TableDescription } = await database.engine.call('UpdateTable', named)
      await settled(database, String(named.TableName))
      const updated = database.table(named.TableName)
      apply(updated, settings)
      return { TableDescription: describe(updated, TableDescription) }
    }
    apply(table, settings)
    const { Table: description } = await database.engine.call('DescribeTable', { TableName: table.name })
    return { TableDescription: describe(table, description) }
  })
}

function deleteTable(database: Database, members: JsonObject): Promise<JsonObject> {
  return database.lock.exclusive(async () => {
    const named = database.named(members)
    const table = database.find(String(named.TableName))
    if (table?.deletionProtection === true) {
      throw invalid('Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.')
    }
    const { TableDescription } = await database.engine.call('DeleteTable', named)
    await settled(database, String(named.TableName))
    if (table === undefined) return { TableDescription }
    database.remove(table)
    return { TableDescription: describe(table, TableDescription) }
  })
}

async function settled(database: Database, name: string): Promise<void> {
  for (;;) {
    const status = await statusOf(database, name)
    if (status === undefined || status === 'ACTIVE') return
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function statusOf(database: Database, name: string): Promise<string | undefined> {
  try {
    const { Table: description } = await database.engine.call('DescribeTable', { TableName: name })
    return String(objectOf(description).TableStatus)
  } catch (error) {
    if (error instanceof ServiceError && error.name === 'ResourceNotFoundException') return undefined
    throw error
  }
}

/** What the engine does not know of CreateTable and UpdateTable. */
interface Settings {
  readonly deletionProtection: boolean | undefined
  readonly tableClass: string | undefined
  readonly encryption: Input | undefined
  readonly tags: readonly Input[]
  readonly any: boolean
}

function readSettings(members: JsonObject): Settings {
  const input = new Input(members)
  if (input.optionalObject('StreamSpecification')?.optionalBoolean('StreamEnabled') === true) {
    throw invalid('The embedded endpoint has no DynamoDB Streams')
  }
  if (input.has('ReplicaUpdates')) throw invalid('The embedded endpoint has no replicas')
  const indexUpdates = input.has('GlobalSecondaryIndexUpdates') ? input.objectList('GlobalSecondaryIndexUpdates') : []
  if (indexUpdates.some((update) => update.has('Create') || update.has('Delete'))) {
    throw invalid('The embedded endpoint makes indexes with their table only')
  }
  const deletionProtection = input.optionalBoolean('DeletionProtectionEnabled')
  const tableClass = input.optionalOneOf('TableClass', ['STANDARD', 'STANDARD_INFREQUENT_ACCESS'])
  const encryption = input.optionalObject('SSESpecification')
  const any = deletionProtection !== undefined || tableClass !== undefined || encryption !== undefined
  return { deletionProtection, tableClass, encryption, tags: input.has('Tags') ? input.objectList('Tags') : [], any }
}

function apply(table: Table, { deletionProtection, tableClass, encryption }: Settings): void {
  table.deletionProtection = deletionProtection ?? table.deletionProtection
  table.tableClass = tableClass ?? table.tableClass
  if (encryption === undefined) return
  const enabled = encryption.optionalBoolean('Enabled') ?? true
  const key = encryption.optionalString('KMSMasterKeyId')
  table.encryption = enabled ? { Status: 'ENABLED', SSEType: 'KMS', ...(key === undefined ? {} : { KMSMasterKeyArn: key }) } : undefined
}

function describe(table: Table, description: unknown): JsonObject {
  const described = objectOf(description)
  const createdAt = table.createdAt / 1000
  const indexes = ['LocalSecondaryIndexes', 'GlobalSecondaryIndexes'].flatMap((member) => {
    const list = described[member]
    if (!Array.isArray(list)) return []
    return [[member, list.filter(isObject).map((index) => ({ ...index, IndexArn: `${table.arn}/index/${String(index.IndexName)}` }))]]
  })
  const billing = isObject(described.BillingModeSummary)
    ? { BillingModeSummary: { ...described.BillingModeSummary, LastUpdateToPayPerRequestDateTime: createdAt } }
    : {}
  return {
    ...described,
    ...Object.fromEntries(indexes),
    ...billing,
    TableArn: table.arn,
    TableId: table.id,
    CreationDateTime: createdAt,
    DeletionProtectionEnabled: table.deletionProtection,
    ...(table.tableClass === undefined ? {} : { TableClassSummary: { TableClass: table.tableClass } }),
    ...(table.encryption === undefined ? {} : { SSEDescription: table.encryption }),
  }
}
