/**
 * What encryption adds to a put and a get of the client: the same calls on an encrypted and on the plain client, interleaved, against the embedded
 * endpoint (`npm run bench -- --only=client`). A network's round trip, which both have, is not in it.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { withEncryption } from '@strongroom/dynamodb'
import { hierarchicalKeyring, staticKeyStore } from '@strongroom/kms'
import { startEmbeddedDynamoDB } from '@strongroom/testing'
import type { Timing } from './hierarchy.ts'

const TableName = 'orders'
const fields = ['name', 'email', 'address', 'lines', 'note'] as const
const content = Object.fromEntries(fields.map((field) => [field, { S: randomBytes(135).toString('base64') }]))
const Key = { id: { S: 'order-1' } }
const Item = { ...Key, state: { S: 'open' }, ...content }

/** Puts and gets of a 1 KB item with five encrypted attributes, at the median. */
export async function dynamodbClient({ only, rounds, batchOf, median, middle }: Timing): Promise<void> {
  const rows = ['client put 1 KB', 'client get 1 KB'].filter((row) => row.includes(only))
  if (rows.length === 0) return
  await using endpoint = await startEmbeddedDynamoDB({ recordRequests: false })
  const plain = new DynamoDBClient({ ...endpoint.clientConfig })
  await plain.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    }),
  )
  const branchKey = { branchKeyId: 'tenant', version: randomUUID(), branchKey: randomBytes(32) }
  const keyring = hierarchicalKeyring({ keyStore: staticKeyStore([branchKey]), branchKeyId: 'tenant' })
  for (const suite of ['6700', '6701'] as const) {
    const actions = { state: 'sign', ...Object.fromEntries(fields.map((field) => [field, 'encrypt' as const])) } as const
    const client = withEncryption(plain, {
      keyring,
      tables: { orders: { logicalTableName: 'orders', partitionKey: 'id', actions, suite } },
    })
    for (const row of rows) {
      const work = (sender: DynamoDBClient) => () =>
        sender.send(row.includes('put') ? new PutItemCommand({ TableName, Item }) : (new GetItemCommand({ TableName, Key }) as never))
      await client.send(new PutItemCommand({ TableName, Item }))
      const batch = await batchOf(work(plain))
      const added: number[] = []
      const ratios: number[] = []
      for (let round = 0; round < rounds; round += 1) {
        const [without, withIt] = [await median(work(plain), batch), await median(work(client), batch)]
        added.push(withIt - without)
        ratios.push(without / withIt)
      }
      const name = `${row} ${suite}`
      console.log(
        `${name.padEnd(34)} ${(middle(added) / 1000).toFixed(0).padStart(8)} us more  ${middle(ratios).toFixed(2)} of the plain client's rate`,
      )
    }
  }
  plain.destroy()
}
