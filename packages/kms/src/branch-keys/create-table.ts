import {
  CreateTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  type TableDescription,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import type { CallOptions } from '@strongroom/core'
import { isSignal } from '@strongroom/core/keyring-tools'
import { isBoolean, isInteger, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { KeyStoreError } from './errors.ts'
import { ID, TYPE } from './key-item.ts'
import type { KeyTable } from './key-table.ts'

/** Options of `createTable`. */
export interface CreateTableOptions {
  /** Turn deletion protection on, of a table that exists, too. It is never turned off. Default false. */
  readonly deletionProtection?: boolean
  /**
   * Turn point-in-time recovery on, of a table that exists, too. It is never turned off. A shredded key then stays in the backups for up to 35 days,
   * encrypted under its KMS key. Default false.
   */
  readonly pointInTimeRecovery?: boolean
  /** Longest wait until the table is there, milliseconds. Default 120,000. */
  readonly maxWaitMs?: number
  /** Aborts the call; the table may be made all the same. */
  readonly signal?: AbortSignal
}

/** The table of a key store. */
export interface KeyStoreTable {
  /** Its name. */
  readonly tableName: string
  /** Its ARN. */
  readonly tableArn: string
  /** Whether this call made it; false for one that was there. */
  readonly created: boolean
  /** Whether it is protected from deletion. */
  readonly deletionProtection: boolean
  /** Whether point-in-time recovery is on; absent where this call did not look. */
  readonly pointInTimeRecovery?: boolean
}

const checks: { readonly [K in keyof Required<CreateTableOptions>]: OptionCheck } = {
  deletionProtection: isBoolean,
  pointInTimeRecovery: isBoolean,
  maxWaitMs: isInteger(0, 3_600_000),
  signal: isSignal,
}

/** Milliseconds between looks at a table that is being made. */
const POLL_MS = 1000

/** Makes the table of a key store where there is none, and waits until it can be used. */
export async function createTable(table: KeyTable, now: () => number, options: CreateTableOptions): Promise<KeyStoreTable> {
  validateOptions('createTable', options, checks)
  const { deletionProtection = false, pointInTimeRecovery = false, maxWaitMs = 120_000, signal } = options
  const call: CallOptions = { signal }
  const until = now() + maxWaitMs

  /** Looks again and again until there is an answer. */
  async function poll<T>(waitingFor: string, look: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const found = await look()
      if (found !== undefined) return found
      if (now() >= until) throw late(table.name, waitingFor)
      await table.sleep(POLL_MS, signal)
    }
  }
  const active = () => poll('active', async () => ready(await describe(table, call)))

  const found = await describe(table, call)
  if (found !== undefined) requireKeys(table.name, found)
  const created = found === undefined && (await create(table, deletionProtection, call))
  let description = await active()
  requireKeys(table.name, description)
  if (deletionProtection) description = await poll('protected from deletion', () => protect(table, call))
  if (pointInTimeRecovery) await poll('ready for point-in-time recovery', () => turnOnRecovery(table, call))
  return {
    tableName: table.name,
    tableArn: description.TableArn ?? '',
    created,
    deletionProtection: description.DeletionProtectionEnabled === true,
    ...(pointInTimeRecovery ? { pointInTimeRecovery } : {}),
  }
}

/** The table, if it can be used. */
function ready(description: TableDescription | undefined): TableDescription | undefined {
  return description?.TableStatus === 'ACTIVE' ? description : undefined
}

/** The table, or undefined where there is none. */
async function describe(table: KeyTable, options: CallOptions): Promise<TableDescription | undefined> {
  const command = new DescribeTableCommand({ TableName: table.name })
  try {
    return (await table.call('DescribeTable', options, (client, sendOptions) => client.send(command, sendOptions))).Table
  } catch (error) {
    if (isNamed(error, 'ResourceNotFoundException')) return undefined
    throw error
  }
}

/** Answers whether it was this call that made it. */
async function create(table: KeyTable, DeletionProtectionEnabled: boolean, options: CallOptions): Promise<boolean> {
  const command = new CreateTableCommand({
    TableName: table.name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: ID, AttributeType: 'S' },
      { AttributeName: TYPE, AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: ID, KeyType: 'HASH' },
      { AttributeName: TYPE, KeyType: 'RANGE' },
    ],
    DeletionProtectionEnabled,
  })
  try {
    await table.call('CreateTable', options, (client, sendOptions) => client.send(command, sendOptions))
    return true
  } catch (error) {
    if (isNamed(error, 'ResourceInUseException')) return false
    throw error
  }
}

/** Answers nothing while somebody else changes the table. */
async function protect(table: KeyTable, options: CallOptions): Promise<TableDescription | undefined> {
  const found = await describe(table, options)
  if (found?.TableStatus !== 'ACTIVE' || found.DeletionProtectionEnabled === true) return ready(found)
  const update = new UpdateTableCommand({ TableName: table.name, DeletionProtectionEnabled: true })
  try {
    await table.call('UpdateTable', options, (client, sendOptions) => client.send(update, sendOptions))
  } catch (error) {
    if (isNamed(error, 'ResourceInUseException')) return undefined
    throw error
  }
  const changed = await describe(table, options)
  return changed?.DeletionProtectionEnabled === true ? ready(changed) : undefined
}

/** Answers nothing while a new table is not ready for it. */
async function turnOnRecovery(table: KeyTable, options: CallOptions): Promise<true | undefined> {
  const look = new DescribeContinuousBackupsCommand({ TableName: table.name })
  const { ContinuousBackupsDescription: backups } = await table.call('DescribeContinuousBackups', options, (client, sendOptions) =>
    client.send(look, sendOptions),
  )
  if (backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus === 'ENABLED') return true
  const command = new UpdateContinuousBackupsCommand({
    TableName: table.name,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  })
  try {
    await table.call('UpdateContinuousBackups', options, (client, sendOptions) => client.send(command, sendOptions))
    return true
  } catch (error) {
    if (isNamed(error, 'ContinuousBackupsUnavailableException')) return undefined
    throw error
  }
}

function requireKeys(tableName: string, { KeySchema = [], AttributeDefinitions = [] }: TableDescription): void {
  const typeOf = (name: string): string | undefined =>
    AttributeDefinitions.find(({ AttributeName }) => AttributeName === name)?.AttributeType
  const keys = KeySchema.map(({ AttributeName = '', KeyType }) => `${KeyType} ${AttributeName} ${typeOf(AttributeName)}`)
  if (keys.length === 2 && keys.includes(`HASH ${ID} S`) && keys.includes(`RANGE ${TYPE} S`)) return
  throw new KeyStoreError(
    'KEY_STORE_TABLE_INVALID',
    `There is a table ${tableName}, and it is none of a key store: its keys are ${keys.join(', ')} where ${ID} and ${TYPE}, both texts, are needed. Choose another name.`,
    { tableName },
  )
}

function late(tableName: string, waitingFor: string): KeyStoreError {
  const message = `The table ${tableName} is not yet ${waitingFor}. Call createTable again, or give a longer maxWaitMs.`
  return new KeyStoreError('KEY_TRANSIENT', message, { tableName })
}

function isNamed(error: unknown, serviceCode: string): boolean {
  return error instanceof KeyStoreError && error.serviceCode === serviceCode
}
