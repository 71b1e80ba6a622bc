/**
 * What is known of the operations of DynamoDB. An operation that is not here, of a version of the SDK that this package does not know, is refused.
 *
 * - `items`: carries items, which are encrypted and decrypted.
 * - `statements`: carries PartiQL, which passes for other tables only.
 * - `unsupported`: carries items of what DynamoDB computes of them, which passes for other tables only.
 * - `passes`: carries no items.
 */
export type OperationKind = 'items' | 'statements' | 'unsupported' | 'passes'

const items = [
  'BatchGetItem',
  'BatchWriteItem',
  'DeleteItem',
  'GetItem',
  'PutItem',
  'Query',
  'Scan',
  'TransactGetItems',
  'TransactWriteItems',
  'UpdateItem',
]

const statements = ['BatchExecuteStatement', 'ExecuteStatement', 'ExecuteTransaction']

const unsupported = ['SearchVectors']

const passes = [
  'CreateBackup',
  'CreateGlobalTable',
  'CreateTable',
  'DeleteBackup',
  'DeleteResourcePolicy',
  'DeleteTable',
  'DescribeBackup',
  'DescribeContinuousBackups',
  'DescribeContributorInsights',
  'DescribeEndpoints',
  'DescribeExport',
  'DescribeGlobalTable',
  'DescribeGlobalTableSettings',
  'DescribeImport',
  'DescribeKinesisStreamingDestination',
  'DescribeLimits',
  'DescribeTable',
  'DescribeTableReplicaAutoScaling',
  'DescribeTimeToLive',
  'DisableKinesisStreamingDestination',
  'EnableKinesisStreamingDestination',
  'ExportTableToPointInTime',
  'GetResourcePolicy',
  'ImportTable',
  'ListBackups',
  'ListContributorInsights',
  'ListExports',
  'ListGlobalTables',
  'ListImports',
  'ListTables',
  'ListTagsOfResource',
  'PutResourcePolicy',
  'RestoreTableFromBackup',
  'RestoreTableToPointInTime',
  'TagResource',
  'UntagResource',
  'UpdateContinuousBackups',
  'UpdateContributorInsights',
  'UpdateGlobalTable',
  'UpdateGlobalTableSettings',
  'UpdateKinesisStreamingDestination',
  'UpdateTable',
  'UpdateTableReplicaAutoScaling',
  'UpdateTimeToLive',
]

const kinds: ReadonlyMap<string, OperationKind> = new Map([
  ...items.map((name) => [name, 'items'] as const),
  ...statements.map((name) => [name, 'statements'] as const),
  ...unsupported.map((name) => [name, 'unsupported'] as const),
  ...passes.map((name) => [name, 'passes'] as const),
])

/** What is known of an operation; undefined where nothing is. */
export function operationKind(operation: string): OperationKind | undefined {
  return kinds.get(operation)
}

/** The operation of a command class: lib-dynamodb has shorter names for some. */
export function operationOf(commandName: string): string {
  const name = commandName.replace(/Command$/, '')
  return documentNames.get(name) ?? name
}

const documentNames: ReadonlyMap<string, string> = new Map([
  ['BatchGet', 'BatchGetItem'],
  ['BatchWrite', 'BatchWriteItem'],
  ['Delete', 'DeleteItem'],
  ['Get', 'GetItem'],
  ['Put', 'PutItem'],
  ['TransactGet', 'TransactGetItems'],
  ['TransactWrite', 'TransactWriteItems'],
  ['Update', 'UpdateItem'],
])
