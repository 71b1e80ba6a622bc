import { DeleteItemCommand, PutItemCommand, QueryCommand, TransactWriteItemsCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { MARKER, pluginLab } from '../../test/plugin-lab.ts'

const lab = pluginLab()
const TableName = 'orders'
const Key = { id: { S: 'a' } }
const values = { ExpressionAttributeValues: { ':secret': { S: MARKER }, ':v': { N: '1' } } }
const names = { ExpressionAttributeNames: { '#s': 'status', '#v': 'views' } }

describe('a value that no expression uses', () => {
  it.each([
    ['PutItem', () => new PutItemCommand({ TableName, Item: Key, ConditionExpression: '#s = :v', ...names, ...values })],
    ['DeleteItem', () => new DeleteItemCommand({ TableName, Key, ...values })],
    ['UpdateItem', () => new UpdateItemCommand({ TableName, Key, UpdateExpression: 'SET #v = :v', ...names, ...values })],
    ['Query', () => new QueryCommand({ TableName, KeyConditionExpression: 'id = :v', ...values })],
    [
      'TransactWriteItems',
      () =>
        new TransactWriteItemsCommand({
          TransactItems: [{ ConditionCheck: { TableName, Key, ConditionExpression: '#s = :v', ...names, ...values } }],
        }),
    ],
  ])('is not sent: %s', async (_operation, command) => {
    lab.dynamodb.requests.length = 0
    const failing = lab.client({ updates: 'rewrite' }).send(command() as PutItemCommand)
    await expect(failing).rejects.toMatchObject({ code: 'EXPRESSION_INVALID', message: expect.stringContaining(':secret') })
    expect(lab.dynamodb.requests).toEqual([])
  })
})

describe('a condition', () => {
  it('that is a text as an object is held to the same rules, and sent', async () => {
    const client = lab.client()
    const put = (condition: string) =>
      client.send(new PutItemCommand({ TableName, Item: { id: { S: 'boxed' } }, ConditionExpression: new String(condition) as string }))
    await expect(put('card = id')).rejects.toMatchObject({ code: 'ATTRIBUTE_ENCRYPTED' })
    await put('attribute_not_exists(id)')
    await expect(put('attribute_not_exists(id)')).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
  })

  it('that is null is none, as for the SDK', async () => {
    const put = (id: string, ConditionExpression: string) =>
      lab.client().send(new PutItemCommand({ TableName, Item: { id: { S: id } }, ConditionExpression, ReturnValues: null as never }))
    await put('null', null as never)
    await put('not null', 'attribute_not_exists(id)')
    expect(await lab.stored('null')).toBeDefined()
  })

  it('that is no text is refused', async () => {
    const put = lab.client().send(new PutItemCommand({ TableName, Item: { id: { S: 'odd' } }, ConditionExpression: 5 as never }))
    await expect(put).rejects.toMatchObject({ code: 'EXPRESSION_INVALID' })
  })
})
