import { randomUUID } from 'node:crypto'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Fields } from '../../protocol.ts'
import type { Exchange } from './exchange.ts'
import { items } from './items.ts'

const TableName = 'interop'

/** Items that a client puts into a table, and another gets. */
export async function makeTables(endpoint: string): Promise<Exchange> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials })
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    }),
  )
  client.destroy()

  return {
    async write({ plaintext, write }, ask) {
      const id = { S: randomUUID() }
      const Item = { ...(JSON.parse(plaintext.toString()) as Fields), id }
      const answer = await ask({
        op: 'ddb.call',
        endpoint,
        tables: { [TableName]: write['config'] },
        command: 'PutItem',
        input: { TableName, Item },
      })
      return { ...answer, id }
    },

    async read({ request }, written, ask) {
      const Key = { id: written['id'] }
      const input = { TableName, Key, ConsistentRead: true }
      const answer = await ask({ op: 'ddb.call', endpoint, tables: { [TableName]: request['config'] }, command: 'GetItem', input })
      const { Item } = (answer['output'] ?? {}) as { readonly Item?: Fields }
      return Item === undefined ? answer : { ...answer, item: { ...Item, id: { S: 'order-1' } } }
    },

    problem: (answer, subject, read) => items.problem(answer, subject, read),
  }
}
