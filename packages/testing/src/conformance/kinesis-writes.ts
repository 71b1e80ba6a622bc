import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type KinesisClient, PutRecordCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { type ConformanceCheck, refused } from './check.ts'
import { read, texts, withStream } from './kinesis-stream.ts'

const md5 = (text: string): bigint => BigInt(`0x${createHash('md5').update(text).digest('hex')}`)

/** PutRecord and PutRecords. */
export const kinesisWriteChecks: readonly ConformanceCheck<KinesisClient>[] = [
  {
    name: 'a record goes to the shard that owns the MD5 of its partition key',
    async run(client) {
      await withStream(client, { ShardCount: 4 }, async ({ name, shards }) => {
        const keys = ['a', 'order-1', 'ключ', '🔑', 'x'.repeat(256)]
        const { Records = [] } = await client.send(
          new PutRecordsCommand({ StreamName: name, Records: keys.map((PartitionKey) => ({ PartitionKey, Data: Buffer.from('data') })) }),
        )
        const expected = keys.map((key) => shards.find(({ start, end }) => md5(key) >= start && md5(key) <= end)?.id)
        assert.deepEqual(
          Records.map(({ ShardId }) => ShardId),
          expected,
        )
      })
    },
  },
  {
    name: 'an explicit hash key overrides the partition key',
    async run(client) {
      await withStream(client, { ShardCount: 2 }, async ({ name, shards }) => {
        for (const { id, start, end } of shards) {
          for (const hashKey of [start, end]) {
            const input = { StreamName: name, Data: Buffer.from('data'), PartitionKey: 'key', ExplicitHashKey: String(hashKey) }
            assert.equal((await client.send(new PutRecordCommand(input))).ShardId, id)
          }
        }
      })
    },
  },
  {
    name: 'an explicit hash key of 2^128 is refused',
    async run(client) {
      await withStream(client, { ShardCount: 1 }, async ({ name }) => {
        const input = { StreamName: name, Data: Buffer.from('data'), PartitionKey: 'key', ExplicitHashKey: String(2n ** 128n) }
        await refused(client.send(new PutRecordCommand(input)), 'InvalidArgumentException')
      })
    },
  },
  {
    name: 'PutRecords answers in the order of its entries and stores every byte',
    async run(client) {
      await withStream(client, { ShardCount: 1 }, async ({ name, arn, shards }) => {
        const all = Uint8Array.from({ length: 256 }, (_, index) => index)
        const answer = await client.send(
          new PutRecordsCommand({
            StreamARN: arn,
            Records: [all, all.slice(0, 1), all.slice(0, 100)].map((Data, index) => ({ Data, PartitionKey: `key-${index}` })),
          }),
        )
        assert.equal(answer.FailedRecordCount, 0)
        const { Records = [] } = await read(client, name, shards[0]?.id ?? '')
        assert.deepEqual(
          Records.map(({ SequenceNumber }) => SequenceNumber),
          answer.Records?.map(({ SequenceNumber }) => SequenceNumber),
        )
        assert.deepEqual(
          Records.map(({ Data }) => Data?.length),
          [256, 1, 100],
        )
        assert.deepEqual(Uint8Array.from(Records[0]?.Data ?? []), all)
        assert.deepEqual(
          Records.map(({ PartitionKey }) => PartitionKey),
          ['key-0', 'key-1', 'key-2'],
        )
      })
    },
  },
  {
    name: 'sequence numbers grow within a shard',
    async run(client) {
      await withStream(client, { ShardCount: 1 }, async ({ name }) => {
        let last = 0n
        for (let index = 0; index < 5; index += 1) {
          const input = { StreamName: name, Data: Buffer.from(String(index)), PartitionKey: 'key' }
          const { SequenceNumber = '0' } = await client.send(new PutRecordCommand(input))
          assert(BigInt(SequenceNumber) > last)
          last = BigInt(SequenceNumber)
        }
      })
    },
  },
  {
    name: 'SequenceNumberForOrdering is accepted from the same shard',
    async run(client) {
      await withStream(client, { ShardCount: 1 }, async ({ name, shards }) => {
        const input = { StreamName: name, PartitionKey: 'key' }
        const { SequenceNumber } = await client.send(new PutRecordCommand({ ...input, Data: Buffer.from('1') }))
        await client.send(new PutRecordCommand({ ...input, Data: Buffer.from('2'), SequenceNumberForOrdering: SequenceNumber }))
        assert.deepEqual(texts(await read(client, name, shards[0]?.id ?? '')), ['1', '2'])
      })
    },
  },
]
