import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { EmbeddedDynamoDB } from '@strongroom/testing'

/** Stands in what is encrypted, and must not be seen in a request. */
export const MARKER = 'marker-4111-1111'

/** A table as libraries for single-table designs want it: two keys, and an index of all attributes. */
export async function createSingleTable(client: DynamoDBClient): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: 'app',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: ['pk', 'sk', 'gsi1pk', 'gsi1sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      GlobalSecondaryIndexes: [
        {
          IndexName: 'gsi1',
          KeySchema: [
            { AttributeName: 'gsi1pk', KeyType: 'HASH' },
            { AttributeName: 'gsi1sk', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  )
}

/** The operations of requests in which the marker was seen. */
export function sentPlaintext(dynamodb: EmbeddedDynamoDB): readonly string[] {
  return dynamodb.requests.filter(({ body }) => Buffer.from(body).includes(MARKER)).map(({ operation }) => operation)
}
