import {
  DecreaseStreamRetentionPeriodCommand,
  DeleteStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  IncreaseStreamRetentionPeriodCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  SplitShardCommand,
  UpdateMaxRecordSizeCommand,
} from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testClock } from '../test-clock.ts'
import { type EmbeddedKinesis, startEmbeddedKinesis } from './embedded-kinesis.ts'

const MIB = 2 ** 20
const SHARD = 'shardId-000000000000'
const clock = testClock()
let kinesis: EmbeddedKinesis
let client: KinesisClient

beforeEach(async () => {
  kinesis = await startEmbeddedKinesis({ clock, enforceShardLimits: true })
  client = new KinesisClient({ ...kinesis.clientConfig, maxAttempts: 1 })
})
afterEach(async () => {
  client.destroy()
  await kinesis.close()
})

const record = (text: string): { Data: Uint8Array; PartitionKey: string } => ({ Data: Buffer.from(text), PartitionKey: 'key' })
const put = (text: string): PutRecordCommand => new PutRecordCommand({ StreamName: 'orders', ...record(text) })
const putAll = (...texts: string[]): PutRecordsCommand => new PutRecordsCommand({ StreamName: 'orders', Records: texts.map(record) })

async function iterator(ShardId = SHARD): Promise<string> {
  const input = { StreamName: 'orders', ShardId, ShardIteratorType: 'TRIM_HORIZON' as const }
  return (await client.send(new GetShardIteratorCommand(input))).ShardIterator ?? ''
}

async function stored(): Promise<string[]> {
  const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator: await iterator() }))
  return Records.map(({ Data }) => Buffer.from(Data ?? []).toString())
}

describe('requests to the embedded Kinesis', () => {
  it.each([
    ['HTTP/2', {}],
    ['HTTP/1.1', { requestHandler: new NodeHttpHandler() }],
  ])('are recorded byte by byte over %s', async (protocol, more) => {
    kinesis.createStream('orders')
    const over = new KinesisClient({ ...kinesis.clientConfig, ...more })
    await over.send(put('marker'))
    over.destroy()
    const [request] = kinesis.requests
    expect(request?.operation).toBe('PutRecord')
    expect(':method' in (request?.headers ?? {})).toBe(protocol === 'HTTP/2')
    expect(JSON.parse(Buffer.from(request?.body ?? []).toString())).toEqual({
      StreamName: 'orders',
      Data: Buffer.from('marker').toString('base64'),
      PartitionKey: 'key',
    })
  })

  it('are not recorded when the option says so', async () => {
    await using quiet = await startEmbeddedKinesis({ recordRequests: false })
    quiet.createStream('orders')
    const other = new KinesisClient(quiet.clientConfig)
    await other.send(put('marker'))
    other.destroy()
    expect(quiet.requests).toEqual([])
    expect(quiet.calls.all).toEqual([{ operation: 'PutRecord', streamName: 'orders' }])
  })

  it('are logged with the stream, however it is named', async () => {
    const StreamARN = kinesis.createStream('orders')
    await client.send(put('a'))
    await client.send(new PutRecordCommand({ StreamARN, ...record('b') }))
    await stored()
    expect(kinesis.calls.all.map(({ streamName }) => streamName)).toEqual(['orders', 'orders', 'orders', 'orders'])
    expect(kinesis.calls.byOperation()).toEqual({ PutRecord: 2, GetShardIterator: 1, GetRecords: 1 })
  })

  it('that name two different streams are refused', async () => {
    const StreamARN = kinesis.createStream('orders')
    kinesis.createStream('payments')
    const input = { StreamARN, StreamName: 'payments', ...record('a') }
    await expect(client.send(new PutRecordCommand(input))).rejects.toMatchObject({ name: 'InvalidArgumentException' })
    const ShardIterator = await iterator()
    await expect(
      client.send(new GetRecordsCommand({ ShardIterator, StreamARN: StreamARN.replace('orders', 'payments') })),
    ).rejects.toMatchObject({ name: 'InvalidArgumentException' })
    await expect(client.send(new PutRecordCommand(record('a')))).rejects.toMatchObject({ name: 'InvalidArgumentException' })
  })
})

describe('faults of the embedded Kinesis', () => {
  it('fail single entries of PutRecords in their places, and store the others', async () => {
    kinesis.createStream('orders')
    const fault = kinesis.faults.failRecords({ when: ({ index }) => index % 2 === 1, times: 2 })
    const answer = await client.send(putAll('0', '1', '2', '3', '4', '5'))
    expect(answer.FailedRecordCount).toBe(2)
    expect(answer.Records?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      'ProvisionedThroughputExceededException',
      undefined,
      'ProvisionedThroughputExceededException',
      undefined,
      undefined,
    ])
    expect(answer.Records?.[1]).toEqual({
      ErrorCode: 'ProvisionedThroughputExceededException',
      ErrorMessage: `Rate exceeded for shard ${SHARD} in stream orders under account 111122223333.`,
    })
    expect(fault.hits).toBe(2)
    expect(await stored()).toEqual(['0', '2', '4', '5'])
  })

  it('fail entries with InternalFailure by partition key until released', async () => {
    kinesis.createStream('orders')
    using fault = kinesis.faults.failRecords({ errorCode: 'InternalFailure', when: ({ partitionKey }) => partitionKey === 'key' })
    const failed = await client.send(putAll('0'))
    expect(failed.Records).toEqual([{ ErrorCode: 'InternalFailure', ErrorMessage: 'Internal service failure.' }])
    fault.release()
    expect((await client.send(putAll('0'))).FailedRecordCount).toBe(0)
  })

  it('throttle data operations by AWS’s name for it, and others by theirs', async () => {
    kinesis.createStream('orders')
    kinesis.faults.throttle({ times: 2 })
    await expect(client.send(put('a'))).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' })
    await expect(client.send(new ListShardsCommand({ StreamName: 'orders' }))).rejects.toMatchObject({ name: 'LimitExceededException' })
  })

  it('lose the answer of a record that was stored: the retry stores it twice', async () => {
    kinesis.createStream('orders')
    kinesis.faults.outage('lost-answer', { operations: ['PutRecord'], times: 1 })
    const retrying = new KinesisClient({ ...kinesis.clientConfig, requestHandler: new NodeHttpHandler() })
    await retrying.send(put('a'))
    retrying.destroy()
    expect(await stored()).toEqual(['a', 'a'])
    expect(Buffer.compare(kinesis.requests[0]?.body ?? Buffer.alloc(0), kinesis.requests[1]?.body ?? Buffer.alloc(1))).toBe(0)
  })

  it('reset an HTTP/2 connection too, and the client connects anew', async () => {
    kinesis.createStream('orders')
    kinesis.faults.outage('reset', { times: 1 })
    await expect(client.send(put('a'))).rejects.toThrow()
    await client.send(put('b'))
    expect(await stored()).toEqual(['b'])
  })

  it('are all cleared together', async () => {
    kinesis.createStream('orders')
    kinesis.faults.failRecords()
    kinesis.faults.throttle()
    kinesis.faults.clear()
    expect((await client.send(putAll('a'))).FailedRecordCount).toBe(0)
  })
})

describe('shard limits of the embedded Kinesis', () => {
  it('throttle a record, or entries of a batch, by the clock', async () => {
    kinesis.createStream('orders')
    const half = 'x'.repeat(MIB / 2 - 3)
    const answer = await client.send(putAll(half, half, 'over'))
    expect(answer.FailedRecordCount).toBe(1)
    expect(answer.Records?.[2]).toEqual({
      ErrorCode: 'ProvisionedThroughputExceededException',
      ErrorMessage: `Rate exceeded for shard ${SHARD} in stream orders under account 111122223333.`,
    })
    await expect(client.send(put('over'))).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' })
    clock.advance(1000)
    await client.send(put('fits'))
  })

  it('throttle the sixth read in a second', async () => {
    kinesis.createStream('orders')
    const ShardIterator = await iterator()
    for (let turn = 0; turn < 5; turn += 1) await client.send(new GetRecordsCommand({ ShardIterator }))
    await expect(client.send(new GetRecordsCommand({ ShardIterator }))).rejects.toMatchObject({
      name: 'ProvisionedThroughputExceededException',
    })
    clock.advance(1000)
    await client.send(new GetRecordsCommand({ ShardIterator }))
  })

  it('are not enforced unless asked for', async () => {
    await using lenient = await startEmbeddedKinesis({ clock, recordRequests: false })
    lenient.createStream('orders')
    const other = new KinesisClient(lenient.clientConfig)
    const half = 'x'.repeat(MIB / 2)
    expect((await other.send(putAll(half, half, half))).FailedRecordCount).toBe(0)
    other.destroy()
  })
})

describe('time on the embedded Kinesis', () => {
  it('makes an iterator expire after five minutes', async () => {
    kinesis.createStream('orders')
    const ShardIterator = await iterator()
    clock.advance(300_000)
    await client.send(new GetRecordsCommand({ ShardIterator }))
    clock.advance(1)
    await expect(client.send(new GetRecordsCommand({ ShardIterator }))).rejects.toMatchObject({ name: 'ExpiredIteratorException' })
  })

  it('is when records arrive: AT_TIMESTAMP starts there and MillisBehindLatest counts from there', async () => {
    kinesis.createStream('orders')
    await client.send(put('early'))
    clock.advance(60_000)
    const Timestamp = new Date(clock())
    await client.send(put('late'))
    clock.advance(5000)
    const input = { StreamName: 'orders', ShardId: SHARD, ShardIteratorType: 'AT_TIMESTAMP' as const, Timestamp }
    const { ShardIterator } = await client.send(new GetShardIteratorCommand(input))
    const answer = await client.send(new GetRecordsCommand({ ShardIterator }))
    expect(answer.Records?.map((each) => [Buffer.from(each.Data ?? []).toString(), each.ApproximateArrivalTimestamp])).toEqual([
      ['late', Timestamp],
    ])
    const first = await client.send(new GetRecordsCommand({ ShardIterator: await iterator(), Limit: 1 }))
    expect(first.MillisBehindLatest).toBe(5000)
    const future = new GetShardIteratorCommand({ ...input, Timestamp: new Date(clock() + 1000) })
    await expect(client.send(future)).rejects.toMatchObject({ name: 'InvalidArgumentException' })
  })

  it('takes records away after the retention period, and an iterator at them goes on with what is left', async () => {
    const StreamName = 'orders'
    kinesis.createStream(StreamName)
    await client.send(put('old'))
    clock.advance(24 * 3_600_000 - 1000)
    const ShardIterator = await iterator()
    await client.send(put('new'))
    clock.advance(2000)
    const { Records } = await client.send(new GetRecordsCommand({ ShardIterator }))
    expect(Records?.map(({ Data }) => Buffer.from(Data ?? []).toString())).toEqual(['new'])
    await client.send(new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: 48 }))
    clock.advance(24 * 3_600_000)
    expect(await stored()).toEqual(['new'])
    await client.send(new DecreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: 24 }))
    expect(await stored()).toEqual([])
  })

  it('makes a list token expire after five minutes', async () => {
    kinesis.createStream('orders', { shards: 2 })
    const { NextToken } = await client.send(new ListShardsCommand({ StreamName: 'orders', MaxResults: 1 }))
    clock.advance(300_001)
    await expect(client.send(new ListShardsCommand({ NextToken }))).rejects.toMatchObject({ name: 'ExpiredNextTokenException' })
  })
})

describe('streams of the embedded Kinesis', () => {
  it('can be told to take larger records', async () => {
    const StreamARN = kinesis.createStream('orders')
    await expect(client.send(put('x'.repeat(MIB)))).rejects.toMatchObject({ name: 'InvalidArgumentException' })
    await client.send(new UpdateMaxRecordSizeCommand({ StreamARN, MaxRecordSizeInKiB: 10_240 }))
    await client.send(put('x'.repeat(10 * MIB - 3)))
    await expect(client.send(put('x'.repeat(10 * MIB - 2)))).rejects.toMatchObject({ name: 'InvalidArgumentException' })
  })

  it('give at most 10 MiB a read, and go on from there', async () => {
    await using lenient = await startEmbeddedKinesis({ recordRequests: false })
    lenient.createStream('orders')
    const other = new KinesisClient(lenient.clientConfig)
    const large = 'x'.repeat(MIB - 3)
    for (let turn = 0; turn < 3; turn += 1) await other.send(putAll(large, large, large, large))
    const start = await other.send(new GetShardIteratorCommand({ StreamName: 'orders', ShardId: SHARD, ShardIteratorType: 'TRIM_HORIZON' }))
    const first = await other.send(new GetRecordsCommand({ ShardIterator: start.ShardIterator }))
    const second = await other.send(new GetRecordsCommand({ ShardIterator: first.NextShardIterator }))
    expect([first.Records?.length, second.Records?.length]).toEqual([10, 2])
    other.destroy()
  })

  it('are closed shard by shard: a reshard twice over leaves a tree that a filter can walk', async () => {
    const StreamName = 'orders'
    kinesis.createStream(StreamName)
    const list = async (ShardFilter?: { Type: 'AT_LATEST' | 'AT_TRIM_HORIZON' | 'FROM_TRIM_HORIZON' }): Promise<string[]> => {
      const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName, ...(ShardFilter && { ShardFilter }) }))
      return Shards.map(({ ShardId = '' }) => ShardId.slice(-1))
    }
    await client.send(new SplitShardCommand({ StreamName, ShardToSplit: SHARD, NewStartingHashKey: '1000' }))
    clock.advance(1000)
    const [one, two] = ['shardId-000000000001', 'shardId-000000000002']
    await client.send(new MergeShardsCommand({ StreamName, ShardToMerge: one, AdjacentShardToMerge: two }))
    expect(await list()).toEqual(['0', '1', '2', '3'])
    expect(await list({ Type: 'AT_LATEST' })).toEqual(['3'])
    expect(await list({ Type: 'AT_TRIM_HORIZON' })).toEqual(['0'])
    clock.advance(24 * 3_600_000 - 500)
    expect(await list()).toEqual(['1', '2', '3'])
    expect(await list({ Type: 'AT_TRIM_HORIZON' })).toEqual(['1', '2'])
    await expect(client.send(new SplitShardCommand({ StreamName, ShardToSplit: one, NewStartingHashKey: '10' }))).rejects.toMatchObject({
      name: 'ResourceInUseException',
    })
  })

  it('are split and merged only where that makes sense', async () => {
    const StreamName = 'orders'
    kinesis.createStream(StreamName, { shards: 3 })
    const invalid = { name: 'InvalidArgumentException' }
    await expect(client.send(new SplitShardCommand({ StreamName, ShardToSplit: SHARD, NewStartingHashKey: '0' }))).rejects.toMatchObject(
      invalid,
    )
    const merge = new MergeShardsCommand({ StreamName, ShardToMerge: SHARD, AdjacentShardToMerge: 'shardId-000000000002' })
    await expect(client.send(merge)).rejects.toMatchObject(invalid)
  })

  it('lose their iterators when they are deleted and made again', async () => {
    const StreamName = 'orders'
    kinesis.createStream(StreamName)
    const ShardIterator = await iterator()
    await client.send(new DeleteStreamCommand({ StreamName }))
    await expect(client.send(new GetRecordsCommand({ ShardIterator }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    clock.advance(1)
    kinesis.createStream(StreamName)
    await expect(client.send(new GetRecordsCommand({ ShardIterator }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })

  it('with consumers are deleted only on purpose', async () => {
    const StreamARN = kinesis.createStream('orders')
    await client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: 'reader' }))
    await expect(client.send(new DeleteStreamCommand({ StreamARN }))).rejects.toMatchObject({ name: 'ResourceInUseException' })
    await client.send(new DeleteStreamCommand({ StreamARN, EnforceConsumerDeletion: true }))
  })

  it('refuse a sequence number of another shard', async () => {
    const StreamName = 'orders'
    kinesis.createStream(StreamName, { shards: 2 })
    const { ShardId, SequenceNumber } = await client.send(put('a'))
    const other = ShardId === SHARD ? 'shardId-000000000001' : SHARD
    const input = { StreamName, ShardId: other, ShardIteratorType: 'AT_SEQUENCE_NUMBER' as const, StartingSequenceNumber: SequenceNumber }
    await expect(client.send(new GetShardIteratorCommand(input))).rejects.toMatchObject({ name: 'InvalidArgumentException' })
  })
})
