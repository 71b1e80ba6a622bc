import { inspect } from 'node:util'
import { type DynamoDBClient, PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { describe, expect, it } from 'vitest'
import { MARKER, pluginLab } from '../../test/plugin-lab.ts'

const lab = pluginLab()

function logged(): { readonly lines: string[]; readonly client: DynamoDBClient } {
  const lines: string[] = []
  const log = (...parts: unknown[]): void => {
    lines.push(inspect(parts, { depth: null, maxStringLength: null, showHidden: true }))
  }
  return { lines, client: lab.client({}, {}, { logger: { trace: log, debug: log, info: log, warn: log, error: log } as never }) }
}

describe("the SDK's logger", () => {
  const Item = { id: { S: 'logged' }, card: { S: MARKER } }

  it('is told of a failed condition, and not of the item in it, which the caller gets', async () => {
    const { lines, client } = logged()
    await client.send(new PutItemCommand({ TableName: 'orders', Item }))
    const again = {
      TableName: 'orders',
      Item,
      ConditionExpression: 'attribute_not_exists(id)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    } as const
    const error = await client.send(new PutItemCommand(again)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'ConditionalCheckFailedException', Item })
    const cancelled = await client
      .send(new TransactWriteItemsCommand({ TransactItems: [{ Put: again }] }))
      .catch((thrown: unknown) => thrown)
    expect(cancelled).toMatchObject({ CancellationReasons: [{ Code: 'ConditionalCheckFailed', Item }] })
    expect(lines.join()).toContain('ConditionalCheckFailedException')
    expect(lines.join()).toContain('TransactionCanceledException')
    expect(lines.join()).not.toContain(MARKER)
  })

  it('is told nothing of items where a document client replaces the filters', async () => {
    const { lines, client } = logged()
    client.middlewareStack.add(
      (next, context) => (args) => {
        context['dynamoDbDocumentClientOptions'] ??= {}
        Object.assign(context['dynamoDbDocumentClientOptions'] as object, {
          overrideInputFilterSensitiveLog: (input: unknown) => input,
          overrideOutputFilterSensitiveLog: (output: unknown) => output,
        })
        return next(args)
      },
      { step: 'initialize', priority: 'low' },
    )
    const documents = DynamoDBDocumentClient.from(client)
    await documents.send(new PutCommand({ TableName: 'orders', Item: { id: 'logged too', card: MARKER } }))
    expect((await documents.send(new GetCommand({ TableName: 'orders', Key: { id: 'logged too' } }))).Item).toMatchObject({ card: MARKER })
    expect(lines.join()).toContain('GetItemCommand')
    expect(lines.join()).not.toContain(MARKER)
  })
})
