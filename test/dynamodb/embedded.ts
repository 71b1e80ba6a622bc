import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { type EmbeddedDynamoDB, startEmbeddedDynamoDB } from '@strongroom/testing'
import { type Bench, benchOf } from './bench.ts'
import type { Dialect } from './dialects.ts'
import { createTables, type Tables, tablesNamed } from './tables.ts'

/** The scenarios' tables on an embedded endpoint. */
export interface EmbeddedBench extends Bench, AsyncDisposable {
  readonly dynamodb: EmbeddedDynamoDB
  /** A client without encryption. */
  connect(config?: Partial<DynamoDBClientConfig>): DynamoDBClient
  /** The bodies that were received of an operation, as they arrived. */
  bodies(operation: string): readonly string[]
}

export async function embeddedBench(dialect: Dialect): Promise<EmbeddedBench> {
  const dynamodb = await startEmbeddedDynamoDB()
  const tables: Tables = tablesNamed('test-')
  const clients: DynamoDBClient[] = []
  const connect: EmbeddedBench['connect'] = (config = {}) => {
    const client = new DynamoDBClient({ ...dynamodb.clientConfig, ...config })
    clients.push(client)
    return client
  }
  const plain = connect()
  await createTables(plain, tables)
  return {
    ...benchOf(plain, tables, dialect),
    dynamodb,
    connect,
    bodies: (operation) =>
      dynamodb.requests.filter((request) => request.operation === operation).map(({ body }) => Buffer.from(body).toString('utf8')),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy()
      await dynamodb.close()
    },
  }
}
