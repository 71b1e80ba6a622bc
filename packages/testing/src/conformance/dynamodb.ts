import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { ConformanceCheck } from './check.ts'
import { dynamoDBBatchChecks } from './dynamodb-batches.ts'
import { dynamoDBConditionChecks } from './dynamodb-conditions.ts'
import { dynamoDBItemChecks } from './dynamodb-items.ts'
import { dynamoDBQueryChecks } from './dynamodb-queries.ts'
import { dynamoDBTableChecks } from './dynamodb-tables.ts'
import { dynamoDBTransactionChecks } from './dynamodb-transactions.ts'

/**
 * What Amazon DynamoDB documents, as far as key stores and encrypting adapters lean on it.
 *
 * @example
 * ```ts
 * for (const { name, run } of dynamoDBConformance) it(name, () => run(new DynamoDBClient(dynamodb.clientConfig)))
 * ```
 */
export const dynamoDBConformance: readonly ConformanceCheck<DynamoDBClient>[] = [
  ...dynamoDBTableChecks,
  ...dynamoDBItemChecks,
  ...dynamoDBConditionChecks,
  ...dynamoDBQueryChecks,
  ...dynamoDBBatchChecks,
  ...dynamoDBTransactionChecks,
]
