import {
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { describe, expect, it } from 'vitest'
import { MARKER, pluginLab } from '../../test/plugin-lab.ts'
import type { Item } from '../item-encryptor.ts'
import { updateItem } from '../update-item.ts'

const lab = pluginLab()
const rewriting = { updates: 'rewrite' } as const
const one = { ':one': { N: '1' } }

type Rest = Omit<UpdateItemCommandInput, 'TableName' | 'Key'>

const update = (client: DynamoDBClient, id: string, rest: Rest) =>
  client.send(new UpdateItemCommand({ TableName: 'orders', Key: { id: { S: id } }, ...rest }))
const put = (client: DynamoDBClient, id: string, rest: object = {}) =>
  client.send(new PutItemCommand({ TableName: 'orders', Item: { id: { S: id }, ...rest } }))
const get = async (client: DynamoDBClient, id: string) =>
  (await client.send(new GetItemCommand({ TableName: 'orders', Key: { id: { S: id } } }))).Item
/** Runs `work` before the first call of an operation is sent. */
function before(client: DynamoDBClient, operation: string, work: () => Promise<unknown>): void {
  let done = false
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (!done && context.commandName === `${operation}Command`) {
        done = true
        await work()
      }
      return next(args)
    },
    { step: 'finalizeRequest', priority: 'low' },
  )
}

describe('the helper', () => {
  it('takes a key however its number is written', async () => {
    const client = lab.numbered()
    await client.send(new PutItemCommand({ TableName: 'numbered', Item: { id: { N: '1' }, total: { N: '1' } } }))
    const change = (item: Item) => ({ ...item, total: { N: '2' } })
    expect((await updateItem(client, { TableName: 'numbered', Key: { id: { N: '1.0' } }, change })).item).toMatchObject({
      total: { N: '2' },
    })
    const other = updateItem(client, { TableName: 'numbered', Key: { id: { N: '1' } }, change: (item) => ({ ...item, id: { N: '2' } }) })
    await expect(other).rejects.toMatchObject({ code: 'ATTRIBUTE_INVALID', attribute: 'id' })
  })
})

describe('an update of attributes that are not signed', () => {
  const count = { UpdateExpression: 'ADD #v :one', ExpressionAttributeNames: { '#v': 'views' }, ExpressionAttributeValues: one }

  it.each([
    ['with an expression', count],
    ['without one', {}],
  ])('makes no item that nobody can read: %s', async (what, rest) => {
    const error = await update(lab.client(), `absent ${what}`, rest).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'UPDATE_FORBIDDEN', table: 'orders' })
    expect(await lab.stored(`absent ${what}`)).toBeUndefined()
  })

  it('makes the item, encrypted, where updates are rewritten', async () => {
    const client = lab.client(rewriting)
    const { Attributes } = await update(client, 'counted', { ...count, ReturnValues: 'UPDATED_NEW' })
    expect(Attributes).toEqual({ views: { N: '1' } })
    expect(await get(client, 'counted')).toEqual({ id: { S: 'counted' }, views: { N: '1' } })
    await update(client, 'counted', count)
    expect(await get(lab.client(), 'counted')).toEqual({ id: { S: 'counted' }, views: { N: '2' } })
  })

  it('fails by its own condition as it would without encryption', async () => {
    const conditional = { ...count, ConditionExpression: 'attribute_exists(id)' }
    for (const client of [lab.client(), lab.client(rewriting)]) {
      await expect(update(client, 'never', conditional)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
      expect(await lab.stored('never')).toBeUndefined()
    }
  })

  it('makes a plaintext item while such are written', async () => {
    const client = lab.client({}, { plaintextOverride: 'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ' })
    await update(client, 'plain', count)
    expect(await get(client, 'plain')).toEqual({ id: { S: 'plain' }, views: { N: '1' } })
  })

  it('makes none in a transaction either, or an encrypted one where updates are rewritten', async () => {
    const transaction = (id: string) =>
      new TransactWriteItemsCommand({
        TransactItems: [
          { Put: { TableName: 'orders', Item: { id: { S: `${id} beside` }, card: { S: MARKER } } } },
          { Update: { TableName: 'orders', Key: { id: { S: id } }, ...count } },
        ],
      })
    await expect(lab.client().send(transaction('refused'))).rejects.toMatchObject({ name: 'TransactionCanceledException' })
    expect(await lab.stored('refused')).toBeUndefined()
    const client = lab.client(rewriting)
    await client.send(transaction('made'))
    expect(await get(client, 'made')).toEqual({ id: { S: 'made' }, views: { N: '1' } })
    expect(await get(client, 'made beside')).toEqual({ id: { S: 'made beside' }, card: { S: MARKER } })
  })

  it.each([
    ['refuse', {}],
    ['rewrite', rewriting],
  ])('copies no encrypted attribute, neither as ciphertext nor in the clear: %s', async (what, settings) => {
    const client = lab.client(settings)
    await put(client, `copied ${what}`, { card: { S: MARKER } })
    for (const UpdateExpression of ['SET #c = card', 'SET #c = if_not_exists(#c, card)']) {
      const error = await update(client, `copied ${what}`, { UpdateExpression, ExpressionAttributeNames: { '#c': 'copy' } }).catch(
        (thrown: unknown) => thrown,
      )
      expect(error).toMatchObject({ code: 'ATTRIBUTE_ENCRYPTED', attribute: 'card' })
    }
    expect(await get(client, `copied ${what}`)).toEqual({ id: { S: `copied ${what}` }, card: { S: MARKER } })
  })
})

describe('an update', () => {
  const transaction = (id: string, rest: Rest) =>
    new TransactWriteItemsCommand({
      TransactItems: [{ Update: { TableName: 'orders', Key: { id: { S: id } }, UpdateExpression: undefined, ...rest } }],
    })

  it.each([
    ['refuse', {}],
    ['rewrite', rewriting],
  ])('changes neither header nor footer: %s', async (what, settings) => {
    const client = lab.client(settings)
    await put(client, `whole ${what}`, { card: { S: MARKER } })
    for (const UpdateExpression of [
      'REMOVE aws_dbe_head, aws_dbe_foot',
      'SET aws_dbe_b_card = :one',
      'ADD #v :one SET aws_dbe_foot = #v',
    ]) {
      const rest = {
        UpdateExpression,
        ...(UpdateExpression.includes('#v') ? { ExpressionAttributeNames: { '#v': 'views' } } : {}),
        ...(UpdateExpression.includes(':one') ? { ExpressionAttributeValues: one } : {}),
      }
      const reserved = { code: 'ATTRIBUTE_RESERVED', table: 'orders' }
      await expect(update(client, `whole ${what}`, rest)).rejects.toMatchObject(reserved)
      await expect(client.send(transaction(`whole ${what}`, rest))).rejects.toMatchObject(reserved)
    }
    expect(await get(client, `whole ${what}`)).toEqual({ id: { S: `whole ${what}` }, card: { S: MARKER } })
  })

  it('that is rewritten does not change the key that the item is bound to', async () => {
    const client = lab.client(rewriting)
    await put(client, 'key', { card: { S: MARKER } })
    for (const rest of [
      { UpdateExpression: 'SET id = :id', ExpressionAttributeValues: { ':id': { S: 'other' } } },
      { UpdateExpression: 'REMOVE id' },
    ]) {
      const refused = { code: 'ATTRIBUTE_INVALID', attribute: 'id' }
      await expect(update(client, 'key', rest)).rejects.toMatchObject(refused)
      await expect(client.send(transaction('key', rest))).rejects.toMatchObject(refused)
    }
    expect(await get(client, 'key')).toEqual({ id: { S: 'key' }, card: { S: MARKER } })
  })

  it('fails by its own condition where the plugin has no client to read with', async () => {
    const client = lab.plugged(rewriting)
    const counting = {
      UpdateExpression: 'ADD #v :one',
      ConditionExpression: 'attribute_exists(id)',
      ExpressionAttributeNames: { '#v': 'views' },
      ExpressionAttributeValues: one,
    }
    await expect(update(client, 'unread', counting)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
    await expect(client.send(transaction('unread', counting))).rejects.toMatchObject({ name: 'TransactionCanceledException' })
    await expect(update(client, 'unread', { ...add, ExpressionAttributeValues: one })).rejects.toMatchObject({
      code: 'OPERATION_UNSUPPORTED',
    })
  })
})

const add: Rest = { UpdateExpression: 'ADD total :one', ExpressionAttributeValues: one }

describe('a rewritten update', () => {
  it.each(['NONE', 'UPDATED_NEW', 'ALL_OLD'] as const)('is made once where the answer was lost, and answers %s', async (ReturnValues) => {
    const client = lab.client(rewriting)
    const id = `lost ${ReturnValues}`
    await put(client, id, { total: { N: '1' } })
    using _fault = lab.dynamodb.faults.outage('lost-answer', { operations: ['UpdateItem'], times: 1 })
    const { Attributes } = await update(client, id, { ...add, ReturnValues })
    const attributes = { NONE: undefined, UPDATED_NEW: { total: { N: '2' } }, ALL_OLD: { id: { S: id }, total: { N: '1' } } }
    expect(Attributes).toEqual(attributes[ReturnValues])
    expect(await get(client, id)).toEqual({ id: { S: id }, total: { N: '2' } })
  })

  it('does so for the document client', async () => {
    const client = lab.client(rewriting)
    await put(client, 'lost document', { total: { N: '1' } })
    using _fault = lab.dynamodb.faults.outage('lost-answer', { operations: ['UpdateItem'], times: 1 })
    const { Attributes } = await DynamoDBDocumentClient.from(client).send(
      new UpdateCommand({
        TableName: 'orders',
        Key: { id: 'lost document' },
        UpdateExpression: 'ADD total :one',
        ExpressionAttributeValues: { ':one': 1 },
        ReturnValues: 'ALL_NEW',
      }),
    )
    expect(Attributes).toEqual({ id: 'lost document', total: 2 })
  })

  it('is made once by the helper, too', async () => {
    const client = lab.client(rewriting)
    await put(client, 'lost helper', { total: { N: '1' } })
    using _fault = lab.dynamodb.faults.outage('lost-answer', { operations: ['UpdateItem'], times: 1 })
    const { item } = await updateItem(client, {
      TableName: 'orders',
      Key: { id: { S: 'lost helper' } },
      change: (order) => ({ ...order, total: { N: String(Number(order['total']?.N) + 1) } }),
    })
    expect(item).toEqual({ id: { S: 'lost helper' }, total: { N: '2' } })
  })

  it('computes nothing from an attribute that is not signed and changed in the meantime', async () => {
    const client = lab.client(rewriting)
    await put(client, 'read', { total: { N: '0' }, views: { N: '1' } })
    before(client, 'UpdateItem', () =>
      update(lab.client(), 'read', {
        UpdateExpression: 'SET #v = :v',
        ExpressionAttributeNames: { '#v': 'views' },
        ExpressionAttributeValues: { ':v': { N: '7' } },
      }),
    )
    await update(client, 'read', { UpdateExpression: 'SET total = #v', ExpressionAttributeNames: { '#v': 'views' } })
    expect(await get(client, 'read')).toEqual({ id: { S: 'read' }, total: { N: '7' }, views: { N: '7' } })
  })

  it('of a plaintext item loses nothing that others add to it in the meantime', async () => {
    const client = lab.client(rewriting, { plaintextOverride: 'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ' })
    await lab.store({ id: { S: 'old' }, total: { N: '1' } })
    before(client, 'UpdateItem', () => lab.store({ id: { S: 'old' }, total: { N: '1' }, status: { S: 'open' } }))
    await update(client, 'old', add)
    expect(await get(lab.client(), 'old')).toEqual({ id: { S: 'old' }, total: { N: '2' }, status: { S: 'open' } })
  })

  it('of a plaintext item is tried again where it was changed', async () => {
    const client = lab.client(rewriting, { plaintextOverride: 'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ' })
    await lab.store({ id: { S: 'older' }, total: { N: '1' } })
    before(client, 'UpdateItem', () => lab.store({ id: { S: 'older' }, total: { N: '5' } }))
    await update(client, 'older', add)
    expect(await get(lab.client(), 'older')).toEqual({ id: { S: 'older' }, total: { N: '6' } })
  })

  it("keeps the caller's placeholders apart from its own", async () => {
    const client = lab.client(rewriting)
    await put(client, 'names', { status: { S: 'open' }, card: { S: MARKER }, total: { N: '1' } })
    const failing = update(client, 'names', {
      ...add,
      ConditionExpression: '#sr0 = :sr0',
      ExpressionAttributeNames: { '#sr0': 'status' },
      ExpressionAttributeValues: { ...one, ':sr0': { S: 'closed' } },
    })
    await expect(failing).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
    await update(client, 'names', {
      ...add,
      ConditionExpression: '#sr0 = :sr0',
      ExpressionAttributeNames: { '#sr0': 'status' },
      ExpressionAttributeValues: { ...one, ':sr0': { S: 'open' } },
    })
    expect(await get(client, 'names')).toMatchObject({ total: { N: '2' } })
  })

  it('is the one that was asked for, whatever becomes of the input in the meantime', async () => {
    const client = lab.client(rewriting)
    await put(client, 'held', { status: { S: 'open' }, total: { N: '1' } })
    const names: Record<string, string> = { '#s': 'status' }
    const values = { ':s': { S: 'open' }, ':one': { N: '1' } }
    const change = (): boolean => {
      names['#s'] = 'total'
      values[':one'].N = '100'
      values[':s'].S = MARKER
      return false
    }
    using fault = lab.dynamodb.faults.latency(0, { operations: ['GetItem'], when: change })
    await update(client, 'held', {
      ...add,
      ConditionExpression: '#s = :s',
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    })
    expect([names, fault.hits]).toEqual([{ '#s': 'total' }, 0])
    expect(await get(client, 'held')).toMatchObject({ total: { N: '2' } })
  })
})
