import { BatchGetItemCommand, BatchWriteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { aesKeyring } from '../../test/items.ts'
import { MARKER, orders, pluginLab } from '../../test/plugin-lab.ts'
import { withEncryption } from '../with-encryption.ts'

const lab = pluginLab()
const ARN = 'arn:aws:dynamodb:us-east-1:000000000000:table/orders'

/** A client of a service that leaves undone what it is sent, as `answer` says. */
function undoing(answer: (body: { RequestItems: Record<string, unknown> }) => object): DynamoDBClient {
  return new DynamoDBClient({
    ...lab.dynamodb.clientConfig,
    requestHandler: {
      async handle(request: { body: string | Uint8Array }) {
        const text = typeof request.body === 'string' ? request.body : Buffer.from(request.body).toString()
        const body = Buffer.from(JSON.stringify(answer(JSON.parse(text))))
        return { response: { statusCode: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body } }
      },
    } as never,
  })
}

describe('what a batch leaves undone', () => {
  const numbered = { orders: { ...orders, actions: { ...orders.actions, id: 'sign' } } } as const

  it('comes back as it was given, even where DynamoDB writes its key or the name of its table in another way', async () => {
    const plain = undoing(({ RequestItems }) => {
      const entry = (RequestItems[ARN] as { PutRequest: { Item: Record<string, unknown> } }[])[0]
      return { UnprocessedItems: { orders: [{ PutRequest: { Item: { ...entry?.PutRequest.Item, id: { N: '1' } } } }] } }
    })
    const client = withEncryption(plain, { keyring: aesKeyring('lab'), tables: numbered })
    const given = { PutRequest: { Item: { id: { N: '1.0' }, card: { S: MARKER } } } }
    const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems: { [ARN]: [given] } }))
    expect(UnprocessedItems).toEqual({ orders: [given] })
    plain.destroy()
  })

  it('comes back decrypted where it cannot be told which of the given ones it was', async () => {
    const client = withEncryption(
      undoing(({ RequestItems }) => ({ UnprocessedItems: { orders: [kept, ...(RequestItems['orders'] as object[])] } })),
      { keyring: aesKeyring('lab'), tables: numbered },
    )
    const other = lab.client()
    await other.send(new PutItemCommand({ TableName: 'orders', Item: { id: { S: 'x' }, card: { S: MARKER } } }))
    const stored = await lab.stored('x')
    const kept = {
      PutRequest: { Item: JSON.parse(JSON.stringify(stored, (_, value) => (value?.type === 'Buffer' ? value : binary(value)))) },
    }
    const given = { PutRequest: { Item: { id: { S: 'y' }, card: { S: MARKER } } } }
    const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems: { orders: [given] } }))
    expect(UnprocessedItems).toEqual({ orders: [{ PutRequest: { Item: { id: { S: 'x' }, card: { S: MARKER } } } }, given] })
    client.destroy()
  })

  it('comes back with its projection, even where DynamoDB names the table in another way', async () => {
    const plain = undoing(({ RequestItems }) => ({ Responses: {}, UnprocessedKeys: { orders: RequestItems[ARN] } }))
    const client = withEncryption(plain, { keyring: aesKeyring('lab'), tables: { orders } })
    const given = { Keys: [{ id: { S: 'a' } }], ProjectionExpression: '#c', ExpressionAttributeNames: { '#c': 'card' } }
    const { UnprocessedKeys } = await client.send(new BatchGetItemCommand({ RequestItems: { [ARN]: given } }))
    expect(UnprocessedKeys).toEqual({ orders: given })
    plain.destroy()
  })
})

function binary(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}

describe('a batch', () => {
  it('leaves what is for other tables to DynamoDB, in whatever form it is', async () => {
    const client = lab.client({ otherTables: 'pass' })
    const RequestItems = { others: [{ PutRequest: { Item: { id: null as never, bad: { L: [null as never] } } } }] }
    const error = await client.send(new BatchWriteItemCommand({ RequestItems })).catch((thrown: unknown) => thrown)
    expect(error).not.toBeInstanceOf(TypeError)
  })
})
