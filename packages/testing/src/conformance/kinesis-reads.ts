import assert from 'node:assert/strict'
import { GetRecordsCommand, GetShardIteratorCommand, type KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis'
import { type ConformanceCheck, refused } from './check.ts'
import { iteratorOf, read, texts, withStream } from './kinesis-stream.ts'

interface Written {
  readonly name: string
  readonly arn: string
  readonly shard: string
  readonly sequenceNumbers: readonly string[]
}

/** A stream of one shard that holds the records 0, 1 and 2. */
async function withRecords(client: KinesisClient, use: (written: Written) => Promise<void>): Promise<void> {
  await withStream(client, { ShardCount: 1 }, async ({ name, arn, shards }) => {
    const sequenceNumbers: string[] = []
    for (const text of ['0', '1', '2']) {
      const { SequenceNumber } = await client.send(new PutRecordCommand({ StreamName: name, Data: Buffer.from(text), PartitionKey: 'key' }))
      assert(SequenceNumber !== undefined)
      sequenceNumbers.push(SequenceNumber)
    }
    await use({ name, arn, shard: shards[0]?.id ?? '', sequenceNumbers })
  })
}

/** GetShardIterator and GetRecords. */
export const kinesisReadChecks: readonly ConformanceCheck<KinesisClient>[] = [
  {
    name: 'TRIM_HORIZON reads from the oldest record, LATEST only what comes afterwards',
    async run(client) {
      await withRecords(client, async ({ name, shard }) => {
        const latest = await iteratorOf(client, name, shard, { ShardIteratorType: 'LATEST' })
        await client.send(new PutRecordCommand({ StreamName: name, Data: Buffer.from('3'), PartitionKey: 'key' }))
        assert.deepEqual(texts(await read(client, name, shard)), ['0', '1', '2', '3'])
        assert.deepEqual(texts(await client.send(new GetRecordsCommand({ ShardIterator: latest }))), ['3'])
      })
    },
  },
  {
    name: 'AT_SEQUENCE_NUMBER reads the record itself first, AFTER_SEQUENCE_NUMBER the next one',
    async run(client) {
      await withRecords(client, async ({ name, shard, sequenceNumbers }) => {
        const [, StartingSequenceNumber] = sequenceNumbers
        const at = await read(client, name, shard, { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber })
        assert.deepEqual(texts(at), ['1', '2'])
        const after = await read(client, name, shard, { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber })
        assert.deepEqual(texts(after), ['2'])
      })
    },
  },
  {
    name: 'AT_TIMESTAMP reads what arrived at that time or later',
    async run(client) {
      await withRecords(client, async ({ name, shard }) => {
        const all = await read(client, name, shard, { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(0) })
        assert.deepEqual(texts(all), ['0', '1', '2'])
        const Timestamp = all.Records?.[0]?.ApproximateArrivalTimestamp
        assert(Timestamp !== undefined)
        const same = await read(client, name, shard, { ShardIteratorType: 'AT_TIMESTAMP', Timestamp })
        assert.deepEqual(texts(same), ['0', '1', '2'])
      })
    },
  },
  {
    name: 'a sequence-number iterator without a sequence number is refused',
    async run(client) {
      await withRecords(client, async ({ name, shard }) => {
        await refused(
          client.send(new GetShardIteratorCommand({ StreamName: name, ShardId: shard, ShardIteratorType: 'AT_SEQUENCE_NUMBER' })),
          'InvalidArgumentException',
        )
      })
    },
  },
  {
    name: 'a shard that does not exist is not found',
    async run(client) {
      await withRecords(client, async ({ name }) => {
        await refused(iteratorOf(client, name, 'shardId-000000000009'), 'ResourceNotFoundException')
      })
    },
  },
  {
    name: 'Limit cuts a page and NextShardIterator goes on from there',
    async run(client) {
      await withRecords(client, async ({ name, arn, shard }) => {
        const first = await client.send(
          new GetRecordsCommand({ ShardIterator: await iteratorOf(client, name, shard), Limit: 2, StreamARN: arn }),
        )
        assert.deepEqual(texts(first), ['0', '1'])
        const second = await client.send(new GetRecordsCommand({ ShardIterator: first.NextShardIterator }))
        assert.deepEqual(texts(second), ['2'])
        const third = await client.send(new GetRecordsCommand({ ShardIterator: second.NextShardIterator }))
        assert.deepEqual(texts(third), [])
        assert.equal(third.MillisBehindLatest, 0)
        assert(third.NextShardIterator !== undefined)
      })
    },
  },
  {
    name: 'an iterator can be used again',
    async run(client) {
      await withRecords(client, async ({ name, shard }) => {
        const ShardIterator = await iteratorOf(client, name, shard)
        for (let turn = 0; turn < 2; turn += 1) {
          assert.deepEqual(texts(await client.send(new GetRecordsCommand({ ShardIterator }))), ['0', '1', '2'])
        }
      })
    },
  },
  {
    name: 'GetRecords refuses a Limit outside 1 to 10000',
    async run(client) {
      await withRecords(client, async ({ name, shard }) => {
        const ShardIterator = await iteratorOf(client, name, shard)
        await refused(client.send(new GetRecordsCommand({ ShardIterator, Limit: 0 })), 'ValidationException', 'InvalidArgumentException')
        await refused(
          client.send(new GetRecordsCommand({ ShardIterator, Limit: 10_001 })),
          'ValidationException',
          'InvalidArgumentException',
        )
      })
    },
  },
  {
    name: 'an iterator that was never given out is refused as an invalid argument',
    async run(client) {
      const ShardIterator = Buffer.alloc(120, 7).toString('base64')
      await refused(client.send(new GetRecordsCommand({ ShardIterator })), 'InvalidArgumentException')
    },
  },
]
