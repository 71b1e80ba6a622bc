import { isBoolean, isFunction } from '@strongroom/core/options'
import { type AwsJsonService, type Operation, type RecordedRequest, startService } from '../endpoint/aws-json-service.ts'
import type { Call } from '../endpoint/call-log.ts'
import { type Endpoint, type EndpointOptions, environmentOf } from '../endpoint/endpoint.ts'
import type { Fault, Faults } from '../endpoint/faults.ts'
import { isObject, type JsonObject } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import { backupOperations } from './backup-operations.ts'
import { batchOperations } from './batch-operations.ts'
import { Database, type DatabaseOperation } from './database.ts'
import { invalid, throughputExceeded } from './dynamodb-errors.ts'
import { type Cancellation, ItemFaults, type UnprocessedFilter } from './item-faults.ts'
import { itemOperations } from './item-operations.ts'
import { metadataOperations } from './metadata-operations.ts'
import { tableOperations } from './table-operations.ts'
import { transactGet } from './transact-get.ts'
import { transactWrite } from './transact-write.ts'

/** A call the embedded DynamoDB received. */
export interface DynamoDBCall extends Call {
  /** The tables that the call names, each once, by name even where the request has an ARN. */
  readonly tableNames: readonly string[]
}

/** How to start an embedded DynamoDB. */
export interface EmbeddedDynamoDBOptions extends EndpointOptions {
  /** Calls to refuse with AccessDeniedException. To deny for a while, use `faults.fail` instead. */
  readonly deny?: (call: DynamoDBCall) => boolean
  /** Whether request bodies are kept in {@link EmbeddedDynamoDB.requests}. Default true. */
  readonly recordRequests?: boolean
}

/** The faults of an embedded DynamoDB: those of every endpoint, single entries of batches, and actions of transactions. */
export interface DynamoDBFaults extends Faults<DynamoDBCall> {
  /**
   * Leaves entries of BatchWriteItem and BatchGetItem undone: HTTP 200 with UnprocessedItems or UnprocessedKeys. A call of which nothing is
   * left is refused with ProvisionedThroughputExceededException, as AWS does.
   */
  leaveUnprocessed(filter?: UnprocessedFilter): Fault
  /** Cancels transactions at actions of TransactWriteItems: TransactionCanceledException with that reason in the action's place. */
  cancelTransactions(cancellation?: Cancellation): Fault
}

/** A running embedded DynamoDB. */
export interface EmbeddedDynamoDB extends Endpoint<DynamoDBCall> {
  readonly faults: DynamoDBFaults
  /** Every request received, with its body as it arrived: search it for plaintext. Empty it with `requests.length = 0`. */
  readonly requests: RecordedRequest[]
}

/**
 * Starts a DynamoDB on 127.0.0.1: tables with indexes, conditional writes, queries and scans, batches, transactions, deletion protection and
 * the state of point-in-time recovery. Tables live in memory, are active at once, and die with it. One port serves every Region, each with
 * tables of its own, by the Region a request was signed for.
 *
 * The engine is the `dynalite` package, called in the process; transactions, items in condition failures and what else it lacks are added.
 * Streams, PartiQL, replicas and restoring are not served; signatures are not checked and no throughput is enforced: `deny` and
 * its `faults` stand in for them.
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * await using dynamodb = await startEmbeddedDynamoDB()
 * const client = new DynamoDBClient(dynamodb.clientConfig)
 * await client.send(
 *   new CreateTableCommand({
 *     TableName: 'orders',
 *     BillingMode: 'PAY_PER_REQUEST',
 *     AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
 *     KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
 *   }),
 * )
 * await client.send(new PutItemCommand({ TableName: 'orders', Item: { id: { S: 'order-1' } } }))
 * dynamodb.calls.count('PutItem') // 1
 * ```
 */
export async function startEmbeddedDynamoDB(options: EmbeddedDynamoDBOptions = {}): Promise<EmbeddedDynamoDB> {
  const environment = environmentOf('startEmbeddedDynamoDB', options, { deny: isFunction, recordRequests: isBoolean })
  const { deny, recordRequests = true } = options
  const itemFaults = new ItemFaults()
  const requests: RecordedRequest[] = []
  const databases = new Map<string, Promise<Database>>()
  const databaseOf = (region: string): Promise<Database> => {
    const database = databases.get(region) ?? Database.start(environment, region)
    databases.set(region, database)
    return database
  }
  const operations: readonly (readonly [string, DatabaseOperation])[] = [
    ...tableOperations,
    ...metadataOperations,
    ...backupOperations,
    ...itemOperations,
    ...batchOperations(itemFaults),
    ['TransactWriteItems', (database, members) => transactWrite(database, members, itemFaults)],
    ['TransactGetItems', transactGet],
    ...PARTIQL.map((name) => [name, refusePartiql] as const),
  ]
  const service: AwsJsonService<DynamoDBCall> = {
    targetPrefix: 'DynamoDB_20120810',
    jsonVersion: '1.0',
    operations: new Map(
      operations.map(([name, run]): [string, Operation] => [name, async ({ members }, region) => run(await databaseOf(region), members)]),
    ),
    describe: (operation, { members }) => ({ operation, tableNames: [...new Set(tableNamesOf(members))] }),
    throttled: ({ operation }) =>
      itemOperations.has(operation) || /^(Batch|Transact)/.test(operation)
        ? throughputExceeded()
        : new ServiceError('ThrottlingException', 'Rate of requests exceeds the allowed throughput.'),
    refused: (call) => (deny?.(call) === true ? accessDenied(call, environment.accountId) : undefined),
    ...(recordRequests ? { onRequest: (request) => requests.push(request) } : {}),
  }
  // The first request need not wait for the engine to load.
  await databaseOf(environment.region)
  const endpoint = await startService(service, environment)
  const { faults } = endpoint
  return {
    ...endpoint,
    faults: {
      latency: (delay, filter) => faults.latency(delay, filter),
      throttle: (filter) => faults.throttle(filter),
      fail: (error, filter) => faults.fail(error, filter),
      outage: (kind, filter) => faults.outage(kind, filter),
      leaveUnprocessed: (filter = {}) => itemFaults.addUnprocessed(filter),
      cancelTransactions: (cancellation = {}) => itemFaults.addCancellation(cancellation),
      clear: () => {
        faults.clear()
        itemFaults.clear()
      },
    },
    requests,
  }
}

const PARTIQL = ['ExecuteStatement', 'BatchExecuteStatement', 'ExecuteTransaction'] as const

function refusePartiql(): never {
  throw invalid('The embedded endpoint does not run PartiQL statements')
}

function tableNamesOf(members: JsonObject): readonly string[] {
  const { TableName, ResourceArn, RequestItems, TransactItems } = members
  const names = [
    TableName,
    ResourceArn,
    ...(isObject(RequestItems) ? Object.keys(RequestItems) : []),
    ...(Array.isArray(TransactItems) ? TransactItems.filter(isObject) : [])
      .flatMap((item) => Object.values(item).filter(isObject))
      .map((action) => action.TableName),
  ]
  return names.filter((name) => typeof name === 'string').map((name) => /:table\/([^/]+)/.exec(name)?.[1] ?? name)
}

function accessDenied({ operation, tableNames }: DynamoDBCall, accountId: string): ServiceError {
  const [table] = tableNames
  const resource = table === undefined ? '*' : `table/${table}`
  return new ServiceError(
    'AccessDeniedException',
    `User: arn:aws:iam::${accountId}:user/example is not authorized to perform: dynamodb:${operation} on resource: ${resource}`,
  )
}
