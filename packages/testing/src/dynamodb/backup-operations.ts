import { uuid } from '../endpoint/endpoint.ts'
import { Input, type JsonObject } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import type { Database, DatabaseOperation } from './database.ts'
import type { Table } from './table.ts'

const DAY_MS = 86_400_000
/** The latest point to restore to lies five minutes back. */
const BEHIND_MS = 300_000

/** Backups: that they were made, and the window of point-in-time recovery. Nothing can be restored. */
export const backupOperations: ReadonlyMap<string, DatabaseOperation> = new Map([
  [
    'DescribeContinuousBackups',
    async (database: Database, members: JsonObject) => describe(tableOf(database, new Input(members)), database.environment.clock()),
  ],
  [
    'UpdateContinuousBackups',
    async (database: Database, members: JsonObject) => {
      const input = new Input(members)
      const table = tableOf(database, input)
      const specification = input.optionalObject('PointInTimeRecoverySpecification') ?? new Input({})
      const enabled = specification.optionalBoolean('PointInTimeRecoveryEnabled') ?? missing()
      const recoveryPeriodInDays = specification.optionalInteger('RecoveryPeriodInDays', { min: 1, max: 35 }) ?? 35
      const since = table.pointInTimeRecovery?.since ?? database.environment.clock()
      table.pointInTimeRecovery = enabled ? { since, recoveryPeriodInDays } : undefined
      return describe(table, database.environment.clock())
    },
  ],
  [
    'CreateBackup',
    async (database: Database, members: JsonObject) => {
      const input = new Input(members)
      const table = tableOf(database, input)
      const { clock, randomBytes } = database.environment
      const backup = {
        BackupArn: `${table.arn}/backup/${String(clock()).padStart(17, '0')}-${uuid(randomBytes).slice(0, 8)}`,
        BackupName: input.string('BackupName', { min: 3, max: 255 }),
        BackupStatus: 'AVAILABLE',
        BackupType: 'USER',
        BackupCreationDateTime: clock() / 1000,
        BackupSizeBytes: 0,
      }
      table.backups.push(backup)
      return { BackupDetails: backup }
    },
  ],
  [
    'DeleteBackup',
    async (database: Database, members: JsonObject) => {
      const arn = new Input(members).string('BackupArn')
      const table = database.findByArn(arn.replace(/\/backup\/.*$/, ''))
      const index = table?.backups.findIndex(({ BackupArn }) => BackupArn === arn) ?? -1
      if (table === undefined || index < 0) throw new ServiceError('BackupNotFoundException', `Backup not found: ${arn}`)
      const [BackupDetails] = table.backups.splice(index, 1)
      return { BackupDescription: { BackupDetails } }
    },
  ],
  [
    'ListBackups',
    async (database: Database, members: JsonObject) => {
      const input = new Input(members)
      const tables = input.has('TableName') ? [tableOf(database, input)] : database.all()
      const BackupSummaries = tables.flatMap(({ name, arn, id, backups }) =>
        backups.map((backup) => ({ ...backup, TableName: name, TableArn: arn, TableId: id })),
      )
      return { BackupSummaries }
    },
  ],
  [
    'ListExports',
    async (database: Database, members: JsonObject) => {
      const arn = new Input(members).optionalString('TableArn')
      if (arn !== undefined && database.findByArn(arn) === undefined) {
        throw new ServiceError('TableNotFoundException', `Table not found: ${arn}`)
      }
      // Nothing is ever exported from here.
      return { ExportSummaries: [] }
    },
  ],
])

function missing(): never {
  throw new ServiceError(
    'ValidationException',
    "1 validation error detected: Value at 'pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled' failed to satisfy constraint: Member must not be null",
  )
}

// These operations have a name of their own for a table that is not there.
function tableOf(database: Database, input: Input): Table {
  const named = database.named({ TableName: input.string('TableName') })
  const table = database.find(String(named.TableName))
  if (table === undefined) throw new ServiceError('TableNotFoundException', `Table not found: ${String(named.TableName)}`)
  return table
}

function describe({ pointInTimeRecovery }: Table, now: number): JsonObject {
  return {
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: 'ENABLED',
      PointInTimeRecoveryDescription:
        pointInTimeRecovery === undefined
          ? { PointInTimeRecoveryStatus: 'DISABLED' }
          : {
              PointInTimeRecoveryStatus: 'ENABLED',
              RecoveryPeriodInDays: pointInTimeRecovery.recoveryPeriodInDays,
              EarliestRestorableDateTime:
                Math.max(pointInTimeRecovery.since, now - pointInTimeRecovery.recoveryPeriodInDays * DAY_MS) / 1000,
              LatestRestorableDateTime: Math.max(pointInTimeRecovery.since, now - BEHIND_MS) / 1000,
            },
    },
  }
}
