import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import type { SerializeMiddleware } from '@smithy/types'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { leaks } from '../../packages/kinesis/test/leaks.ts'
import { rejection } from './bench.ts'
import { dialects, type Plain } from './dialects.ts'
import { type EmbeddedBench, embeddedBench } from './embedded.ts'
import { eventOf, orderOf } from './item-scenarios.ts'
import { MARKER, SECRET } from './tables.ts'

describe.each(dialects)('a request, by $name,', (dialect) => {
  let bench: EmbeddedBench
  beforeAll(async () => {
    bench = await embeddedBench(dialect)
  })
  afterAll(() => bench[Symbol.asyncDispose]())
  beforeEach(() => {
    bench.dynamodb.faults.clear()
    bench.dynamodb.requests.length = 0
  })

  const put = (id: string): Plain => ({ TableName: bench.tables.orders, Item: orderOf(id) })
  const get = (id: string): Plain => ({ TableName: bench.tables.orders, Key: { id } })

  it('is encrypted once, and every retry sends the same bytes', async () => {
    const { dynamodb, tables, bodies } = bench
    const client = bench.encrypted({}, bench.connect({ maxAttempts: 5 }))
    const writes = [
      ['PutItem', put('retried')],
      ['BatchWriteItem', { RequestItems: { [tables.orders]: [{ PutRequest: { Item: orderOf('retried-batch') } }] } }],
      ['TransactWriteItems', { TransactItems: [{ Put: put('retried-transaction') }] }],
    ] as const
    for (const [operation, input] of writes) {
      dynamodb.faults.outage('internal-error', { operations: [operation], times: 2 })
      dynamodb.faults.outage('lost-answer', { operations: [operation], times: 1 })
      await dialect.send(client, operation, input)
      expect(bodies(operation).length).toBeGreaterThanOrEqual(3)
      expect(new Set(bodies(operation)).size).toBe(1)
    }
    for (const id of ['retried', 'retried-batch', 'retried-transaction'])
      expect((await bench.send('GetItem', get(id))).Item).toEqual(orderOf(id))
  })

  it('that reads is decrypted after its retries', async () => {
    await bench.send('PutItem', put('read-again'))
    bench.dynamodb.faults.outage('internal-error', { operations: ['GetItem'], times: 2 })
    expect((await bench.send('GetItem', get('read-again'))).Item).toEqual(orderOf('read-again'))
    expect(bench.bodies('GetItem')).toHaveLength(3)
  })

  it('of which items are left unprocessed answers them as they were given, to be sent again', async () => {
    const { dynamodb, tables } = bench
    const requests = [
      { PutRequest: { Item: orderOf('left') } },
      { PutRequest: { Item: orderOf('written') } },
      { DeleteRequest: { Key: { id: 'left-deleted' } } },
    ]
    const events = [{ PutRequest: { Item: eventOf('left', '1') } }]
    const other = [{ PutRequest: { Item: { id: 'left', remark: 'plain' } } }]
    dynamodb.faults.leaveUnprocessed({ when: ({ operation, index }) => operation === 'BatchWriteItem' && index !== 1 })
    const input = { RequestItems: { [tables.orders]: requests, [tables.events]: events, [tables.other]: other } }
    const { UnprocessedItems } = await bench.send('BatchWriteItem', input)
    expect(UnprocessedItems).toEqual({ [tables.orders]: [requests[0], requests[2]], [tables.events]: events, [tables.other]: other })
    dynamodb.faults.clear()
    expect((await bench.send('BatchWriteItem', { RequestItems: UnprocessedItems })).UnprocessedItems ?? {}).toEqual({})
    for (const id of ['left', 'written']) expect((await bench.send('GetItem', get(id))).Item).toEqual(orderOf(id))
    for (const body of bench.bodies('BatchWriteItem')) expect(leaks(Buffer.from(body), MARKER)).toEqual([])

    dynamodb.faults.leaveUnprocessed({ when: ({ operation, index }) => operation === 'BatchGetItem' && index === 0 })
    const keys = { Keys: [{ id: 'left' }, { id: 'written' }], ProjectionExpression: '#c', ExpressionAttributeNames: { '#c': 'card' } }
    const answer = await bench.send('BatchGetItem', { RequestItems: { [tables.orders]: keys } })
    expect(answer['Responses']).toEqual({ [tables.orders]: [{ card: SECRET }] })
    expect(answer['UnprocessedKeys']).toEqual({ [tables.orders]: { ...keys, Keys: [{ id: 'left' }] } })
  })

  it('is of the input at the time of the call, whatever becomes of it after', async () => {
    const item = orderOf('mutated')
    const photo = item['photo'] as Uint8Array
    const sending = bench.send('PutItem', { TableName: bench.tables.orders, Item: item })
    photo.fill(0)
    ;(item['details'] as Plain)['name'] = 'changed'
    item['card'] = 'changed'
    await sending
    expect((await bench.send('GetItem', get('mutated'))).Item).toEqual(orderOf('mutated'))
  })

  it('stays one of many at the same time', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `many-${index}`)
    await Promise.all(ids.map((id) => bench.send('PutItem', put(id))))
    const answers = await Promise.all(ids.map((id) => bench.send('GetItem', get(id))))
    expect(answers.map(({ Item }) => Item)).toEqual(ids.map(orderOf))
  })

  it('that is aborted before it is sent sends nothing', async () => {
    const controller = new AbortController()
    controller.abort()
    const client = bench.encrypted()
    const error = await rejection(dialect.send(client, 'PutItem', put('aborted'), { abortSignal: controller.signal }))
    expect((error as Error).name).toBe('AbortError')
    expect(bench.bodies('PutItem')).toEqual([])
  })

  it('of the input that a program keeps leaves it as it was', async () => {
    const input = {
      RequestItems: { [bench.tables.orders]: [{ PutRequest: { Item: orderOf('kept') } }] },
    }
    const before = structuredClone(input)
    await bench.send('BatchWriteItem', input)
    await bench.send('BatchWriteItem', input)
    expect(input).toEqual(before)
    const transaction = { TransactItems: [{ Put: put('kept-2') }] }
    const kept = structuredClone(transaction)
    await bench.send('TransactWriteItems', transaction)
    expect(transaction).toEqual(kept)
  })
})

describe('a client', () => {
  let bench: EmbeddedBench
  const [base] = dialects
  beforeAll(async () => {
    bench = await embeddedBench(base as (typeof dialects)[number])
  })
  afterAll(() => bench[Symbol.asyncDispose]())
  beforeEach(() => {
    bench.dynamodb.requests.length = 0
  })
  const marked = (): PutItemCommand =>
    new PutItemCommand({ TableName: bench.tables.orders, Item: { id: { S: 'guard' }, card: { S: SECRET } } })
  const refusal = async (client: DynamoDBClient): Promise<unknown> => {
    const error = await rejection(client.send(marked()))
    expect(bench.bodies('PutItem')).toEqual([])
    expect(leaks(error, MARKER)).toEqual([])
    return error
  }

  it('that keeps its handlers encrypts, also where the plain one was used before', async () => {
    const caching = bench.connect({ cacheMiddleware: true })
    await caching.send(new PutItemCommand({ TableName: bench.tables.other, Item: { id: { S: 'x' } } }))
    bench.dynamodb.requests.length = 0
    const client = bench.encrypted({}, caching)
    for (let round = 0; round < 2; round += 1) await client.send(marked())
    expect(bench.bodies('PutItem')).toHaveLength(2)
    for (const body of bench.bodies('PutItem')) expect(leaks(Buffer.from(body), MARKER)).toEqual([])
    await caching.send(new PutItemCommand({ TableName: bench.tables.other, Item: { id: { S: 'plain' } } }))
    expect(bench.bodies('PutItem').at(-1)).toContain('plain')
  })

  it('that encrypts already is not made to twice', () => {
    const client = bench.encrypted()
    expect(() => bench.encrypted({}, client)).toThrow(expect.objectContaining({ code: 'ALREADY_APPLIED' }))
  })

  it('with a send of its own is refused', () => {
    const client = bench.connect()
    Object.defineProperty(client, 'send', { value: client.send.bind(client), configurable: true })
    expect(() => bench.encrypted({}, client)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', option: 'client' }))
  })

  it('whose stack was copied sends nothing', async () => {
    const client = bench.encrypted()
    Object.defineProperty(client, 'middlewareStack', { value: client.middlewareStack.clone() })
    expect(await refusal(client)).toMatchObject({ code: 'PLAINTEXT_REFUSED' })
  })

  it.each(['serialize', 'build', 'finalizeRequest', 'deserialize'] as const)(
    'with middleware that changes the body in the step %s sends nothing',
    async (step) => {
      const client = bench.encrypted()
      const meddler: SerializeMiddleware<never, never> = (next) => async (args) => {
        const { request } = args as { readonly request?: { body?: unknown } }
        if (request !== undefined) request.body = JSON.stringify({ TableName: bench.tables.orders, Item: { id: { S: SECRET } } })
        return next(args)
      }
      client.middlewareStack.add(meddler as never, { step: step as 'serialize', priority: 'normal', name: 'meddler' })
      expect(await refusal(client)).toMatchObject({ code: 'PLAINTEXT_REFUSED' })
    },
  )

  it('does not send a command that nobody knows', async () => {
    const client = bench.encrypted()
    client.middlewareStack.add(
      (next, context) => async (args) => {
        context.commandName = 'FutureItemCommand'
        return next(args)
      },
      { step: 'initialize', name: 'future' },
    )
    expect(await refusal(client)).toMatchObject({ code: 'OPERATION_UNSUPPORTED' })
  })
})
