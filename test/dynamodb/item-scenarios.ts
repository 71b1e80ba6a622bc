import { expect } from 'vitest'
import type { Bench } from './bench.ts'
import { MARKER, SECRET } from './tables.ts'

/** An item with all ten types, most of it encrypted. */
export function orderOf(id: string): Record<string, unknown> {
  return {
    id,
    status: `open-${id}`,
    total: 12.5,
    card: SECRET,
    details: { name: SECRET, lines: [1, SECRET, { deep: [SECRET] }] },
    attempts: 3,
    tags: new Set([SECRET, 'b']),
    photo: new Uint8Array(MARKER),
    none: null,
    paid: true,
    views: 1,
    ':note': 'free',
  }
}

export const eventOf = (pk: string, sk: string): Record<string, unknown> => ({
  pk,
  sk,
  tenant: 't1',
  kind: 'login',
  note: `${SECRET} ${sk}`,
})

/** Operations on one item. */
export const itemScenarios: readonly (readonly [name: string, run: (bench: Bench) => Promise<void>])[] = [
  [
    'PutItem stores ciphertext, and GetItem answers the item',
    async ({ send, raw, id, tables: { orders } }) => {
      const item = orderOf(id('put'))
      await send('PutItem', { TableName: orders, Item: item })
      const { Item: stored } = await raw('GetItem', { TableName: orders, Key: { id: item['id'] } })
      expect(Object.keys(stored)).toEqual(expect.arrayContaining([...Object.keys(item), 'aws_dbe_head', 'aws_dbe_foot']))
      for (const name of ['card', 'details', 'attempts', 'tags', 'photo', 'none', 'paid']) expect(stored[name]).toBeInstanceOf(Uint8Array)
      for (const name of ['status', 'total', 'views', ':note']) expect(stored[name]).toEqual(item[name])
      expect((await send('GetItem', { TableName: orders, Key: { id: item['id'] }, ConsistentRead: true })).Item).toEqual(item)
      expect((await send('GetItem', { TableName: orders, Key: { id: id('none') } })).Item).toBeUndefined()
    },
  ],
  [
    'PutItem and DeleteItem answer the old item, decrypted',
    async ({ send, id, tables: { orders } }) => {
      const item = orderOf(id('old'))
      const put = { TableName: orders, Item: item, ReturnValues: 'ALL_OLD' }
      expect((await send('PutItem', put)).Attributes).toBeUndefined()
      expect((await send('PutItem', put)).Attributes).toEqual(item)
      const deletion = {
        TableName: orders,
        Key: { id: item['id'] },
        ReturnValues: 'ALL_OLD',
        ConditionExpression: '#s = :s AND attribute_exists(card)',
        ExpressionAttributeNames: { '#s': 'status' },
        ExpressionAttributeValues: { ':s': item['status'] },
      }
      expect((await send('DeleteItem', deletion)).Attributes).toEqual(item)
      expect((await send('GetItem', { TableName: orders, Key: { id: item['id'] } })).Item).toBeUndefined()
    },
  ],
  [
    'a projection is answered as DynamoDB would, out of the whole item',
    async ({ send, id, tables: { orders } }) => {
      const item = orderOf(id('projected'))
      await send('PutItem', { TableName: orders, Item: item })
      const { Item } = await send('GetItem', {
        TableName: orders,
        Key: { id: item['id'] },
        ProjectionExpression: '#d.#n, details.lines[2].deep, total, missing',
        ExpressionAttributeNames: { '#d': 'details', '#n': 'name' },
      })
      expect(Item).toEqual({ total: 12.5, details: { name: SECRET, lines: [{ deep: [SECRET] }] } })
    },
  ],
  [
    'an item in the error of a condition that failed is decrypted',
    async ({ send, fails, id, tables: { orders } }) => {
      const item = orderOf(id('condition'))
      await send('PutItem', { TableName: orders, Item: item })
      const key = { TableName: orders, Key: { id: item['id'] } }
      const asked = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD', ConditionExpression: 'attribute_not_exists(id)' }
      for (const error of [
        await fails('PutItem', { TableName: orders, Item: item, ...asked }),
        await fails('DeleteItem', { ...key, ...asked }),
        await fails('UpdateItem', {
          ...key,
          ...asked,
          UpdateExpression: 'SET #v = :v',
          ExpressionAttributeNames: { '#v': 'views' },
          ExpressionAttributeValues: { ':v': 9 },
        }),
      ]) {
        expect(error.name).toBe('ConditionalCheckFailedException')
        // The SDK leaves items in errors as attribute values, in lib-dynamodb too.
        const inError = error['Item'] as Record<string, unknown>
        expect(Object.keys(inError).sort()).toEqual(Object.keys(item).sort())
        expect(inError['card']).toMatchObject({ S: SECRET })
        // What the caller asked for holds the marker: not a leak, so taken out before errors are searched.
        delete (error as { Item?: unknown }).Item
      }
    },
  ],
  [
    'UpdateItem changes attributes that are not signed, and answers whole items decrypted',
    async ({ send, id, tables: { orders } }) => {
      const item = orderOf(id('counter'))
      await send('PutItem', { TableName: orders, Item: item })
      const update = {
        TableName: orders,
        Key: { id: item['id'] },
        UpdateExpression: 'ADD #v :one',
        ExpressionAttributeNames: { '#v': 'views' },
        ExpressionAttributeValues: { ':one': 1 },
      }
      expect((await send('UpdateItem', update)).Attributes).toBeUndefined()
      expect((await send('UpdateItem', { ...update, ReturnValues: 'ALL_NEW' })).Attributes).toEqual({ ...item, views: 3 })
      expect((await send('UpdateItem', { ...update, ReturnValues: 'ALL_OLD' })).Attributes).toEqual({ ...item, views: 3 })
      expect((await send('UpdateItem', { ...update, ReturnValues: 'UPDATED_NEW' })).Attributes).toEqual({ views: 5 })
      expect((await send('UpdateItem', { ...update, ReturnValues: 'UPDATED_OLD' })).Attributes).toEqual({ views: 5 })
      expect((await send('GetItem', { TableName: orders, Key: { id: item['id'] } })).Item).toEqual({ ...item, views: 6 })
    },
  ],
  [
    'UpdateItem is refused for signed attributes, or rewrites the item where it may',
    async ({ send, fails, raw, id, tables: { orders } }) => {
      const item = orderOf(id('rewritten'))
      const key = { TableName: orders, Key: { id: item['id'] } }
      await send('PutItem', { TableName: orders, Item: item })
      const update = {
        ...key,
        UpdateExpression:
          'SET card = :c, details.lines[0] = details.lines[0] + :one, #s = if_not_exists(#s, :c) REMOVE paid ADD views :one',
        ExpressionAttributeNames: { '#s': 'status' },
        ExpressionAttributeValues: { ':c': `${SECRET} new`, ':one': 1 },
      }
      const refused = await fails('UpdateItem', update)
      expect(refused).toMatchObject({ code: 'UPDATE_FORBIDDEN', table: orders, attribute: 'card' })
      expect(refused.message).toContain('updateItem')
      expect((await send('GetItem', key)).Item).toEqual(item)
      const rewrite = { updates: 'rewrite' } as const
      const details = { name: SECRET, lines: [2, SECRET, { deep: [SECRET] }] }
      const { paid: _, ...rest } = item
      const after = { ...rest, card: `${SECRET} new`, details, views: 2 }
      expect((await send('UpdateItem', { ...update, ReturnValues: 'ALL_NEW' }, rewrite)).Attributes).toEqual(after)
      const { Item: stored } = await raw('GetItem', key)
      expect(stored['card']).toBeInstanceOf(Uint8Array)
      const small = { ...key, UpdateExpression: 'SET card = :c', ExpressionAttributeValues: { ':c': 'third' } }
      expect((await send('UpdateItem', { ...small, ReturnValues: 'UPDATED_OLD' }, rewrite)).Attributes).toEqual({ card: `${SECRET} new` })
      expect((await send('UpdateItem', { ...small, ReturnValues: 'UPDATED_NEW' }, rewrite)).Attributes).toEqual({ card: 'third' })
      expect((await send('UpdateItem', { ...small, ReturnValues: 'ALL_OLD' }, rewrite)).Attributes).toEqual({ ...after, card: 'third' })
      expect((await send('UpdateItem', small, rewrite)).Attributes).toBeUndefined()
      const failing = {
        ...small,
        ConditionExpression: '#s = :no',
        ExpressionAttributeNames: { '#s': 'status' },
        ExpressionAttributeValues: { ':c': SECRET, ':no': 'no' },
      }
      expect((await fails('UpdateItem', failing, rewrite)).name).toBe('ConditionalCheckFailedException')
    },
  ],
  [
    'UpdateItem of an item that is not there makes it, encrypted',
    async ({ send, raw, id, tables: { orders } }) => {
      const key = { TableName: orders, Key: { id: id('made') } }
      const update = { ...key, UpdateExpression: 'SET card = :c', ExpressionAttributeValues: { ':c': SECRET }, ReturnValues: 'ALL_NEW' }
      expect((await send('UpdateItem', update, { updates: 'rewrite' })).Attributes).toEqual({ id: id('made'), card: SECRET })
      expect((await raw('GetItem', key)).Item['card']).toBeInstanceOf(Uint8Array)
      expect((await send('GetItem', key)).Item).toEqual({ id: id('made'), card: SECRET })
    },
  ],
  [
    'requests that would compare ciphertext, go around the encryption or break an item are refused, saying what to do',
    async ({ fails, id, tables: { orders, events } }) => {
      const key = { TableName: orders, Key: { id: id('refused') } }
      const item = { id: id('refused'), card: SECRET }
      const values = { ExpressionAttributeValues: { ':v': SECRET } }
      const named = { ...values, ExpressionAttributeNames: { '#c': 'card' } }
      const encrypted = { code: 'ATTRIBUTE_ENCRYPTED', table: orders, attribute: 'card' }
      const condition = { ConditionExpression: 'card = :v', ...values }
      expect(await fails('PutItem', { TableName: orders, Item: item, ...condition })).toMatchObject(encrypted)
      expect(await fails('DeleteItem', { ...key, ConditionExpression: 'begins_with(#c, :v)', ...named })).toMatchObject(encrypted)
      expect(await fails('UpdateItem', { ...key, UpdateExpression: 'SET views = :v', ...condition })).toMatchObject(encrypted)
      expect(await fails('Scan', { TableName: orders, FilterExpression: 'contains(card, :v)', ...values })).toMatchObject(encrypted)
      const query = { TableName: orders, KeyConditionExpression: 'id = :v', FilterExpression: 'NOT #c IN (:v)', ...named }
      expect(await fails('Query', query)).toMatchObject(encrypted)
      const check = { TransactItems: [{ ConditionCheck: { ...key, ConditionExpression: 'card <> :v', ...values } }] }
      expect(await fails('TransactWriteItems', check)).toMatchObject(encrypted)

      const unconfigured = await fails('PutItem', { TableName: orders, Item: { ...item, surprise: SECRET } })
      expect(unconfigured).toMatchObject({ code: 'ATTRIBUTE_NOT_CONFIGURED', table: orders, attribute: 'surprise' })
      const reserved = await fails('PutItem', { TableName: orders, Item: { ...item, aws_dbe_head: SECRET } })
      expect(reserved).toMatchObject({ code: 'ATTRIBUTE_RESERVED', table: orders, attribute: 'aws_dbe_head' })
      const missing = await fails('PutItem', { TableName: events, Item: { pk: 'a', sk: 'b', note: SECRET } })
      expect(missing).toMatchObject({ code: 'ATTRIBUTE_MISSING', table: events, attribute: 'tenant' })
      const unsupported = { code: 'PARAMETER_UNSUPPORTED', table: orders }
      expect(await fails('GetItem', { ...key, AttributesToGet: ['card'] })).toMatchObject(unsupported)
      for (const parameter of ['ConditionalOperator', 'Expected']) {
        expect(await fails('PutItem', { TableName: orders, Item: item, [parameter]: {} })).toMatchObject(unsupported)
        expect(await fails('DeleteItem', { ...key, [parameter]: {} })).toMatchObject(unsupported)
      }
      expect(await fails('UpdateItem', { ...key, AttributeUpdates: {} })).toMatchObject(unsupported)
      for (const parameter of ['KeyConditions', 'QueryFilter', 'ConditionalOperator', 'AttributesToGet'])
        expect(await fails('Query', { TableName: orders, [parameter]: {} })).toMatchObject(unsupported)
      expect(await fails('Scan', { TableName: orders, ScanFilter: {} })).toMatchObject(unsupported)
      const unclear = { TableName: orders, Item: item, ConditionExpression: 'status ==', ...values }
      expect(await fails('PutItem', unclear)).toMatchObject({ code: 'EXPRESSION_INVALID' })
    },
  ],
  [
    'PartiQL is refused for encrypted tables, and where no table can be told',
    async ({ fails, tables: { orders } }) => {
      const statement = `SELECT * FROM "${orders}"."by-status" WHERE status = '${SECRET}'`
      const refused = { code: 'OPERATION_UNSUPPORTED', table: orders }
      expect(await fails('ExecuteStatement', { Statement: statement })).toMatchObject(refused)
      expect(await fails('BatchExecuteStatement', { Statements: [{ Statement: statement }] })).toMatchObject(refused)
      const insert = `INSERT INTO "${orders}" VALUE {'id': '1', 'card': '${SECRET}'}`
      expect(await fails('ExecuteTransaction', { TransactStatements: [{ Statement: insert }] })).toMatchObject(refused)
      expect(await fails('ExecuteStatement', { Statement: 'SELECT' })).toMatchObject({ code: 'OPERATION_UNSUPPORTED' })
    },
  ],
  [
    'tables that are not configured pass where they may, and are refused by default',
    async ({ send, fails, raw, id, tables: { other } }) => {
      const Item = { id: id('other'), anything: 'plain' }
      await send('PutItem', { TableName: other, Item })
      expect((await raw('GetItem', { TableName: other, Key: { id: Item.id } })).Item).toEqual(Item)
      expect((await send('GetItem', { TableName: other, Key: { id: Item.id }, ProjectionExpression: 'anything' })).Item).toEqual({
        anything: 'plain',
      })
      const refusal = await fails('PutItem', { TableName: other, Item: { ...Item, anything: SECRET } }, { otherTables: 'refuse' })
      expect(refusal).toMatchObject({ code: 'TABLE_NOT_CONFIGURED', table: other })
      expect(await fails('GetItem', { TableName: other, Key: { id: 'x' } }, { otherTables: 'refuse' })).toMatchObject({
        code: 'TABLE_NOT_CONFIGURED',
      })
    },
  ],
  [
    'a TableName that is an ARN is its table',
    async ({ send, raw, id, tables: { orders } }) => {
      const item = orderOf(id('arn'))
      const { Table } = await raw('DescribeTable', { TableName: orders })
      const TableName: string = Table.TableArn
      await send('PutItem', { TableName, Item: item })
      const { Item: stored } = await raw('GetItem', { TableName: orders, Key: { id: item['id'] } })
      expect(stored['card']).toBeInstanceOf(Uint8Array)
      expect((await send('GetItem', { TableName, Key: { id: item['id'] } })).Item).toEqual(item)
      const { Responses } = await send('BatchGetItem', { RequestItems: { [TableName]: { Keys: [{ id: item['id'] }] } } })
      expect(Object.values(Responses)).toEqual([[item]])
      const { UnprocessedItems } = await send('BatchWriteItem', { RequestItems: { [TableName]: [{ PutRequest: { Item: item } }] } })
      expect(UnprocessedItems ?? {}).toEqual({})
    },
  ],
]
