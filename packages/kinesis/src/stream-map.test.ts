import { describe, expect, it } from 'vitest'
import { StreamMap } from './stream-map.ts'

const arn = 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders'

function entryOf(map: StreamMap, identifiers: Parameters<StreamMap['resolve']>[0]): string | undefined {
  const target = map.resolve(identifiers)
  return target?.kind === 'configured' ? target.stream.entry : target?.kind
}

describe('streams of a configuration', () => {
  it('are found by name, by ARN, by the ARN of a consumer, and by id', () => {
    const map = new StreamMap({ orders: { streamId: 'id-1' } })
    expect(entryOf(map, { StreamName: 'orders' })).toBe('orders')
    expect(entryOf(map, { StreamARN: arn })).toBe('orders')
    expect(entryOf(map, { StreamARN: `${arn}/consumer/app:1700000000` })).toBe('orders')
    expect(entryOf(map, { ConsumerARN: `${arn}/consumer/app:1700000000` })).toBe('orders')
    expect(entryOf(map, { StreamId: 'id-1' })).toBe('orders')
    expect(entryOf(map, { StreamName: 'orders', StreamARN: arn, StreamId: 'id-1' })).toBe('orders')
    expect(entryOf(map, { StreamName: 'orders', StreamId: 'an id that nobody declared' })).toBe('orders')
  })

  it('may be a Map, and have a name of their own in Kinesis', () => {
    const map = new StreamMap(
      new Map([
        ['orders', { streamName: 'orders-replica' }],
        ['audit', { streamArn: arn.replace('/orders', '/audit-2') }],
      ]),
    )
    expect(entryOf(map, { StreamName: 'orders-replica' })).toBe('orders')
    expect(entryOf(map, { StreamName: 'orders' })).toBe('other')
    expect(entryOf(map, { StreamName: 'audit-2' })).toBe('audit')
  })

  it('leave other streams alone', () => {
    const map = new StreamMap({ orders: {} })
    expect(map.resolve({ StreamName: 'payments' })).toEqual({ kind: 'other', streamName: 'payments' })
    expect(entryOf(map, { StreamARN: arn.replace('/orders', '/orders2') })).toBe('other')
    expect(entryOf(map, { StreamName: '__proto__' })).toBe('other')
    expect(map.resolve({})).toBeUndefined()
  })

  it.each([
    ['two streams at once', { StreamName: 'payments', StreamARN: arn }],
    ['an ARN in StreamName', { StreamName: arn }],
    ['something else in StreamARN', { StreamARN: 'orders' }],
    ['the ARN of another service', { StreamARN: 'arn:aws:sqs:eu-west-1:123456789012:orders' }],
    ['an id that nobody declared, which may be that of an encrypted stream', { StreamId: 'id-2' }],
    ['an undeclared id beside another stream', { StreamId: 'id-2', StreamName: 'payments' }],
    ['a number', { StreamName: 5 }],
    ['an empty name', { StreamName: '' }],
  ])('are ambiguous where a call gives %s', (_what, identifiers) => {
    const map = new StreamMap({ orders: { streamId: 'id-1' } })
    expect(() => map.resolve(identifiers)).toThrow(expect.objectContaining({ code: 'STREAM_AMBIGUOUS' }))
  })

  it('are not confused with a stream of the same name elsewhere, where the ARN is configured', () => {
    const map = new StreamMap({ orders: { streamArn: arn } })
    expect(entryOf(map, { StreamARN: arn })).toBe('orders')
    expect(() => map.resolve({ StreamARN: arn.replace('123456789012', '999999999999') })).toThrow(
      expect.objectContaining({ code: 'STREAM_AMBIGUOUS' }),
    )
  })

  it.each([
    ['none', {}],
    ['a key that is no stream name and says no other', { 'my orders': {} }],
    ['two entries of one stream', { orders: {}, again: { streamName: 'orders' } }],
    ['two entries of one id', { orders: { streamId: 'x' }, again: { streamId: 'x' } }],
    ['a name and an ARN that differ', { orders: { streamName: 'payments', streamArn: arn } }],
    ["a consumer's ARN", { orders: { streamArn: `${arn}/consumer/app:1` } }],
    ['an unknown option', { orders: { streamname: 'x' } }],
    ['a limit below 1 KiB', { orders: { maxRecordBytes: 100 } }],
    ['a limit above 10 MiB', { orders: { maxRecordBytes: 10_485_761 } }],
    ['null', { orders: null }],
  ])('are refused where there is %s', (_what, streams) => {
    expect(() => new StreamMap(streams as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})
