import { GetItemCommand, PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb'
import { testClock } from '@strongroom/testing'
import { describe, expect, it } from 'vitest'
import { MARKER, pluginLab } from '../../test/plugin-lab.ts'

const lab = pluginLab()
const TableName = 'orders'

describe('a transaction that is sent again with its token', () => {
  const setUp = async (id: string, clock = testClock()) => {
    const client = lab.client({ updates: 'rewrite', now: clock }, {}, { maxAttempts: 1 })
    await client.send(new PutItemCommand({ TableName, Item: { id: { S: id }, total: { N: '1' } } }))
    const transaction = (by: string) =>
      new TransactWriteItemsCommand({
        ClientRequestToken: id,
        TransactItems: [
          { Put: { TableName, Item: { id: { S: `${id} beside` }, card: { S: MARKER } } } },
          {
            Update: {
              TableName,
              Key: { id: { S: id } },
              UpdateExpression: 'ADD total :by',
              ExpressionAttributeValues: { ':by': { N: by } },
            },
          },
        ],
      })
    const total = async () => (await client.send(new GetItemCommand({ TableName, Key: { id: { S: id } } }))).Item?.['total']?.N
    return { client, clock, transaction, total }
  }

  it('is carried out once, where its answer was lost', async () => {
    const { client, transaction, total } = await setUp('lost')
    using fault = lab.dynamodb.faults.outage('lost-answer', { operations: ['TransactWriteItems'], times: 1 })
    await expect(client.send(transaction('1'))).rejects.toThrow()
    await client.send(transaction('1'))
    await client.send(transaction('1'))
    expect([await total(), fault.hits]).toEqual(['2', 1])
  })

  it('is carried out once, where it did not arrive and others changed the item since', async () => {
    const { client, transaction, total } = await setUp('changed')
    using _fault = lab.dynamodb.faults.outage('reset', { operations: ['TransactWriteItems'], times: 1 })
    await expect(client.send(transaction('1'))).rejects.toThrow()
    await client.send(new PutItemCommand({ TableName, Item: { id: { S: 'changed' }, total: { N: '10' } } }))
    await client.send(transaction('1'))
    expect(await total()).toBe('11')
  })

  it('is refused where it is another one, or another client sends it', async () => {
    const { client, clock, transaction, total } = await setUp('other')
    await client.send(transaction('1'))
    const mismatch = { name: 'IdempotentParameterMismatchException' }
    await expect(client.send(transaction('2'))).rejects.toMatchObject(mismatch)
    await client.send(transaction('1'))
    await expect(lab.client({ updates: 'rewrite' }).send(transaction('1'))).rejects.toMatchObject(mismatch)
    clock.advance(600_000)
    await expect(client.send(transaction('1'))).rejects.toMatchObject(mismatch)
    expect(await total()).toBe('2')
  })
})
