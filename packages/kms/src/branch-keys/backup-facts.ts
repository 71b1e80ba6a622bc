import { DescribeContinuousBackupsCommand, DescribeTableCommand, ListBackupsCommand, ListExportsCommand } from '@aws-sdk/client-dynamodb'
import type { CallOptions } from '@strongroom/core'
import { KeyStoreError } from './errors.ts'
import type { KeyTable } from './key-table.ts'

/** Something that could not be found out: take it for there. */
export interface UnknownFact {
  /** What the others are not. */
  readonly status: 'unknown'
  /** Name of the error that DynamoDB or the SDK gave. */
  readonly reason: string
}

/** Point-in-time recovery that is on. */
export interface RecoveryOn {
  /** What the others are not. */
  readonly status: 'enabled'
  /** Earliest moment that the table can be restored to, ISO 8601. */
  readonly earliest?: string
  /** For how many days a moment can be restored to: so long after shredding a restored table may hold the key. */
  readonly periodInDays: number
}

/** Point-in-time recovery that is off. */
export interface RecoveryOff {
  /** What the others are not. */
  readonly status: 'disabled'
}

/** Names of copies. */
export interface KnownCopies {
  /** What the others are not. */
  readonly status: 'known'
  /** Their ARNs, or names of Regions; at most 100. */
  readonly names: readonly string[]
  /** Whether there are more. */
  readonly more: boolean
}

/** A stream of changes. */
export interface StreamFacts {
  /** What the others are not. */
  readonly status: 'known'
  /** Whether deleted items stand in a stream, for 24 hours and wherever its readers put them. */
  readonly keepsDeleted: boolean
}

/**
 * Where a shredded branch key may still stand, encrypted under its KMS key: whoever restores it opens it only with `kms:Decrypt` on that key. Copies
 * that AWS Backup, or anybody's reading the table, made elsewhere are not known to DynamoDB.
 */
export interface BackupFacts {
  /** Continuous backups of the table. */
  readonly pointInTimeRecovery: RecoveryOn | RecoveryOff | UnknownFact
  /** On-demand backups of the table, those of AWS Backup that DynamoDB lists included. */
  readonly onDemandBackups: KnownCopies | UnknownFact
  /** Exports of the table to S3 in the last 90 days; DynamoDB forgets older ones, S3 does not. */
  readonly exports: KnownCopies | UnknownFact
  /** Regions that have a replica of the table. Deletions reach them a little later, and each has backups of its own. */
  readonly replicas: KnownCopies | UnknownFact
  /** The table's stream. */
  readonly stream: StreamFacts | UnknownFact
}

const MOST_NAMES = 100
/** What AWS keeps where nothing else is said. */
const RECOVERY_DAYS = 35

/** Finds out what can be found out: a caller who may shred need not be allowed to look. */
export async function backupFacts(table: KeyTable, options: CallOptions): Promise<BackupFacts> {
  const description = await attempt(async () => {
    const command = new DescribeTableCommand({ TableName: table.name })
    return (await table.call('DescribeTable', options, (client, sendOptions) => client.send(command, sendOptions))).Table ?? {}
  }, options)
  const [pointInTimeRecovery, onDemandBackups, exports] = await Promise.all([
    attempt(() => recovery(table, options), options),
    attempt(() => onDemand(table, options), options),
    isUnknown(description) ? description : attempt(() => exported(table, description.TableArn ?? table.name, options), options),
  ])
  if (isUnknown(description)) return { pointInTimeRecovery, onDemandBackups, exports, replicas: description, stream: description }
  const { Replicas = [], StreamSpecification: stream } = description
  return {
    pointInTimeRecovery,
    onDemandBackups,
    exports,
    replicas: known(
      Replicas.map(({ RegionName }) => RegionName),
      false,
    ),
    stream: { status: 'known', keepsDeleted: stream?.StreamEnabled === true && /OLD/.test(stream.StreamViewType ?? '') },
  }
}

async function recovery(table: KeyTable, options: CallOptions): Promise<RecoveryOn | RecoveryOff> {
  const command = new DescribeContinuousBackupsCommand({ TableName: table.name })
  const answer = await table.call('DescribeContinuousBackups', options, (client, sendOptions) => client.send(command, sendOptions))
  const recovery = answer.ContinuousBackupsDescription?.PointInTimeRecoveryDescription
  if (recovery?.PointInTimeRecoveryStatus !== 'ENABLED') return { status: 'disabled' }
  const { EarliestRestorableDateTime: earliest, RecoveryPeriodInDays: periodInDays = RECOVERY_DAYS } = recovery
  return { status: 'enabled', ...(earliest === undefined ? {} : { earliest: earliest.toISOString() }), periodInDays }
}

async function onDemand(table: KeyTable, options: CallOptions): Promise<KnownCopies> {
  const command = new ListBackupsCommand({ TableName: table.name, BackupType: 'ALL', Limit: MOST_NAMES })
  const { BackupSummaries = [], LastEvaluatedBackupArn: more } = await table.call('ListBackups', options, (client, sendOptions) =>
    client.send(command, sendOptions),
  )
  return known(
    BackupSummaries.map(({ BackupArn }) => BackupArn),
    more !== undefined,
  )
}

async function exported(table: KeyTable, TableArn: string, options: CallOptions): Promise<KnownCopies> {
  const command = new ListExportsCommand({ TableArn, MaxResults: 25 })
  const { ExportSummaries = [], NextToken: more } = await table.call('ListExports', options, (client, sendOptions) =>
    client.send(command, sendOptions),
  )
  return known(
    ExportSummaries.map(({ ExportArn }) => ExportArn),
    more !== undefined,
  )
}

function known(names: readonly (string | undefined)[], more: boolean): KnownCopies {
  const given = names.filter((name) => name !== undefined)
  return { status: 'known', names: given.slice(0, MOST_NAMES), more: more || given.length > MOST_NAMES }
}

async function attempt<T>(look: () => Promise<T>, { signal }: CallOptions): Promise<T | UnknownFact> {
  try {
    return await look()
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof KeyStoreError)) throw error
    return { status: 'unknown', reason: error.serviceCode ?? 'unknown error' }
  }
}

function isUnknown(fact: object): fact is UnknownFact {
  return (fact as { status?: unknown }).status === 'unknown'
}
