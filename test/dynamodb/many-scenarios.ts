import { expect } from 'vitest'
import type { Bench } from './bench.ts'
import type { Plain } from './dialects.ts'
import { eventOf, orderOf } from './item-scenarios.ts'
import { SECRET } from './tables.ts'

/** Operations on several items. */
export const manyScenarios: readonly (readonly [name: string, run: (bench: Bench) => Promise<void>])[] = [
  [
    'Query answers pages of decrypted items, filtered and projected',
    async ({ send, id, tables: { events } }) => {
      const pk = id('query')
      for (const sk of ['1', '2', '3', '4']) await send('PutItem', { TableName: events, Item: eventOf(pk, sk) })
      const query = { TableName: events, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': pk } }
      expect(await send('Query', query)).toMatchObject({
        Count: 4,
        ScannedCount: 4,
        Items: ['1', '2', '3', '4'].map((sk) => eventOf(pk, sk)),
      })
      const pages: Plain[] = []
      let ExclusiveStartKey: unknown
      do {
        const page = await send('Query', {
          ...query,
          Limit: 3,
          ScanIndexForward: false,
          ...(pages.length > 0 ? { ExclusiveStartKey } : {}),
        })
        pages.push(...page['Items'])
        ExclusiveStartKey = page['LastEvaluatedKey']
      } while (ExclusiveStartKey !== undefined)
      expect(pages).toEqual(['4', '3', '2', '1'].map((sk) => eventOf(pk, sk)))
      const some = await send('Query', {
        ...query,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :a AND :b',
        FilterExpression: '#k = :k AND attribute_exists(#n)',
        ProjectionExpression: 'sk, #n',
        Select: 'SPECIFIC_ATTRIBUTES',
        ExpressionAttributeNames: { '#k': 'kind', '#n': 'note' },
        ExpressionAttributeValues: { ':pk': pk, ':a': '2', ':b': '3', ':k': 'login' },
      })
      expect(some['Items']).toEqual(['2', '3'].map((sk) => ({ sk, note: `${SECRET} ${sk}` })))
      expect(await send('Query', { ...query, Select: 'COUNT' })).toMatchObject({ Count: 4 })
    },
  ],
  [
    'Query of an index that projects all attributes answers decrypted items',
    async ({ send, id, tables: { orders } }) => {
      const item = orderOf(id('indexed'))
      await send('PutItem', { TableName: orders, Item: item })
      const { Items } = await send('Query', {
        TableName: orders,
        IndexName: 'by-status',
        KeyConditionExpression: '#s = :s',
        ExpressionAttributeNames: { '#s': 'status' },
        ExpressionAttributeValues: { ':s': item['status'] },
      })
      expect(Items).toEqual([item])
    },
  ],
  [
    'Scan answers decrypted items, in segments and projected',
    async ({ send, id, tables: { events } }) => {
      const pk = id('scan')
      for (const sk of ['1', '2']) await send('PutItem', { TableName: events, Item: eventOf(pk, sk) })
      const scan = { TableName: events, FilterExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': pk } }
      const segments = await Promise.all([0, 1].map((Segment) => send('Scan', { ...scan, Segment, TotalSegments: 2 })))
      const items = segments.flatMap(({ Items }) => Items as Plain[]).sort((a, b) => (a['sk'] < b['sk'] ? -1 : 1))
      expect(items).toEqual(['1', '2'].map((sk) => eventOf(pk, sk)))
      const { Items } = await send('Scan', { ...scan, ProjectionExpression: 'note' })
      expect(Items.map(({ note }: Plain) => note).sort()).toEqual([`${SECRET} 1`, `${SECRET} 2`])
    },
  ],
  [
    'one bad item of many is told with the good ones beside it, or skipped where that is the choice',
    async ({ send, raw, fails, id, tables: { events } }) => {
      const pk = id('bad')
      await send('PutItem', { TableName: events, Item: eventOf(pk, '1') })
      await raw('PutItem', { TableName: events, Item: { pk, sk: '2', note: 'never encrypted' } })
      await send('PutItem', { TableName: events, Item: eventOf(pk, '3') })
      const query = { TableName: events, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': pk } }
      const error = await fails('Query', query)
      expect(error).toMatchObject({ code: 'ITEMS_UNDECRYPTABLE', table: events, blocked: false })
      expect(error['failures']).toMatchObject([{ table: events, class: 'not-encrypted', key: { pk: { S: pk }, sk: { S: '2' } } }])
      expect(JSON.stringify(error['output'])).toContain(`${SECRET} 3`)
      expect(await send('Query', query, { onRejected: 'skip' })).toMatchObject({
        Count: 2,
        ScannedCount: 3,
        Items: ['1', '3'].map((sk) => eventOf(pk, sk)),
      })
      const batch = { RequestItems: { [events]: { Keys: ['1', '2'].map((sk) => ({ pk, sk })) } } }
      expect(await fails('BatchGetItem', batch)).toMatchObject({ code: 'ITEMS_UNDECRYPTABLE' })
      expect((await send('BatchGetItem', batch, { onRejected: 'skip' })).Responses[events]).toEqual([eventOf(pk, '1')])
      const gets = { TransactItems: ['1', '2'].map((sk) => ({ Get: { TableName: events, Key: { pk, sk } } })) }
      expect(await fails('TransactGetItems', gets)).toMatchObject({ code: 'ITEMS_UNDECRYPTABLE' })
      expect((await send('TransactGetItems', gets, { onRejected: 'skip' })).Responses).toEqual([{ Item: eventOf(pk, '1') }, {}])
      expect(await fails('GetItem', { TableName: events, Key: { pk, sk: '2' } })).toMatchObject({
        code: 'ITEM_NOT_ENCRYPTED',
        table: events,
      })
      await raw('DeleteItem', { TableName: events, Key: { pk, sk: '2' } })
    },
  ],
  [
    'BatchWriteItem and BatchGetItem serve encrypted and other tables together',
    async ({ send, raw, id, tables: { orders, events, other } }) => {
      const order = orderOf(id('batch'))
      const event = eventOf(id('batch'), '1')
      const plain = { id: id('batch'), memo: 'text' }
      const gone = id('gone')
      await send('PutItem', { TableName: orders, Item: orderOf(gone) })
      await send('BatchWriteItem', {
        RequestItems: {
          [orders]: [{ PutRequest: { Item: order } }, { DeleteRequest: { Key: { id: gone } } }],
          [events]: [{ PutRequest: { Item: event } }],
          [other]: [{ PutRequest: { Item: plain } }],
        },
      })
      expect((await raw('GetItem', { TableName: orders, Key: { id: order['id'] } })).Item['card']).toBeInstanceOf(Uint8Array)
      const { Responses } = await send('BatchGetItem', {
        RequestItems: {
          [orders]: { Keys: [{ id: order['id'] }, { id: gone }] },
          [events]: { Keys: [{ pk: event['pk'], sk: '1' }], ProjectionExpression: '#n', ExpressionAttributeNames: { '#n': 'note' } },
          [other]: { Keys: [{ id: plain.id }], ProjectionExpression: 'memo' },
        },
      })
      expect(Responses).toEqual({ [orders]: [order], [events]: [{ note: event['note'] }], [other]: [{ memo: 'text' }] })
    },
  ],
  [
    'TransactWriteItems and TransactGetItems encrypt and decrypt each of their items',
    async ({ send, raw, id, tables: { orders, events, other } }) => {
      const order = orderOf(id('transacted'))
      const [counted, checked, deleted] = ['counted', 'checked', 'deleted'].map((name) => orderOf(id(`t-${name}`)))
      for (const Item of [counted, checked, deleted]) await send('PutItem', { TableName: orders, Item })
      await send('TransactWriteItems', {
        TransactItems: [
          { Put: { TableName: orders, Item: order, ConditionExpression: 'attribute_not_exists(id)' } },
          {
            Update: {
              TableName: orders,
              Key: { id: counted?.['id'] },
              UpdateExpression: 'ADD #v :one',
              ExpressionAttributeNames: { '#v': 'views' },
              ExpressionAttributeValues: { ':one': 1 },
            },
          },
          { ConditionCheck: { TableName: orders, Key: { id: checked?.['id'] }, ConditionExpression: 'attribute_exists(card)' } },
          { Delete: { TableName: orders, Key: { id: deleted?.['id'] } } },
          { Put: { TableName: events, Item: eventOf(id('transacted'), '1') } },
          { Put: { TableName: other, Item: { id: id('transacted') } } },
        ],
      })
      expect((await raw('GetItem', { TableName: orders, Key: { id: order['id'] } })).Item['card']).toBeInstanceOf(Uint8Array)
      const { Responses } = await send('TransactGetItems', {
        TransactItems: [
          { Get: { TableName: orders, Key: { id: order['id'] } } },
          { Get: { TableName: orders, Key: { id: deleted?.['id'] } } },
          {
            Get: {
              TableName: orders,
              Key: { id: counted?.['id'] },
              ProjectionExpression: '#v, card',
              ExpressionAttributeNames: { '#v': 'views' },
            },
          },
          { Get: { TableName: other, Key: { id: id('transacted') } } },
        ],
      })
      const items = (Responses as Plain[]).map(({ Item }) => Item)
      expect(items).toEqual([order, undefined, { views: 2, card: SECRET }, { id: id('transacted') }])
    },
  ],
  [
    'items in the reasons of a cancelled transaction are decrypted',
    async ({ send, fails, id, tables: { orders, other } }) => {
      const order = orderOf(id('cancelled'))
      await send('PutItem', { TableName: orders, Item: order })
      await send('PutItem', { TableName: other, Item: { id: id('cancelled') } })
      const error = await fails('TransactWriteItems', {
        TransactItems: [
          { Put: { TableName: other, Item: { id: id('cancelled-2') } } },
          {
            Put: {
              TableName: orders,
              Item: order,
              ConditionExpression: 'attribute_not_exists(id)',
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            },
          },
          {
            Delete: {
              TableName: other,
              Key: { id: id('cancelled') },
              ConditionExpression: 'attribute_not_exists(id)',
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            },
          },
        ],
      })
      expect(error.name).toBe('TransactionCanceledException')
      const reasons = error['CancellationReasons'] as Plain[]
      expect(reasons.map(({ Code }) => Code)).toEqual(['None', 'ConditionalCheckFailed', 'ConditionalCheckFailed'])
      expect(reasons[1]?.['Item']).toMatchObject({ card: { S: SECRET } })
      expect(reasons[2]?.['Item']).toMatchObject({ id: { S: id('cancelled') } })
      expect(Object.keys(reasons[1]?.['Item']).sort()).toEqual(Object.keys(order).sort())
      delete reasons[1]?.['Item']
    },
  ],
  [
    'a transaction updates signed attributes where items may be rewritten',
    async ({ send, fails, id, tables: { orders } }) => {
      const order = orderOf(id('t-rewritten'))
      await send('PutItem', { TableName: orders, Item: order })
      const transaction = {
        TransactItems: [
          {
            Update: {
              TableName: orders,
              Key: { id: order['id'] },
              UpdateExpression: 'SET card = :c, attempts = attempts + :one',
              ExpressionAttributeValues: { ':c': `${SECRET} 2`, ':one': 1 },
            },
          },
          { Put: { TableName: orders, Item: orderOf(id('t-rewritten-2')) } },
        ],
      }
      expect(await fails('TransactWriteItems', transaction)).toMatchObject({ code: 'UPDATE_FORBIDDEN', table: orders })
      await send('TransactWriteItems', transaction, { updates: 'rewrite' })
      const { Item } = await send('GetItem', { TableName: orders, Key: { id: order['id'] } })
      expect(Item).toEqual({ ...order, card: `${SECRET} 2`, attempts: 4 })
    },
  ],
]
