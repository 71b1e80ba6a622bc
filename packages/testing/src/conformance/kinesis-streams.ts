import assert from 'node:assert/strict'
import {
  CreateStreamCommand,
  DeregisterStreamConsumerCommand,
  DescribeStreamCommand,
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  type KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  PutRecordCommand,
  RegisterStreamConsumerCommand,
} from '@aws-sdk/client-kinesis'
import { type ConformanceCheck, refused } from './check.ts'
import { poll, withStream } from './kinesis-stream.ts'

/** Streams, their descriptions and their consumers. */
export const kinesisStreamChecks: readonly ConformanceCheck<KinesisClient>[] = [
  {
    name: 'a new stream has as many open shards as asked, whose hash ranges cover everything once',
    async run(client) {
      await withStream(client, { ShardCount: 3 }, async ({ name, arn, shards }) => {
        const { StreamDescriptionSummary } = await client.send(new DescribeStreamSummaryCommand({ StreamARN: arn }))
        assert.equal(StreamDescriptionSummary?.StreamName, name)
        assert.equal(StreamDescriptionSummary?.OpenShardCount, 3)
        const sorted = [...shards].sort((a, b) => (a.start < b.start ? -1 : 1))
        assert.equal(sorted[0]?.start, 0n)
        assert.equal(sorted.at(-1)?.end, 2n ** 128n - 1n)
        for (const [index, { start }] of sorted.slice(1).entries()) assert.equal(start, (sorted[index]?.end ?? 0n) + 1n)
      })
    },
  },
  {
    name: 'the summary tells the maximum record size',
    async run(client) {
      await withStream(client, { ShardCount: 1 }, async ({ name }) => {
        const { StreamDescriptionSummary } = await client.send(new DescribeStreamSummaryCommand({ StreamName: name }))
        assert.equal(StreamDescriptionSummary?.MaxRecordSizeInKiB, 1024)
      })
    },
  },
  {
    name: 'a stream name is taken only once',
    async run(client) {
      await withStream(client, { ShardCount: 1 }, async ({ name }) => {
        await refused(client.send(new CreateStreamCommand({ StreamName: name, ShardCount: 1 })), 'ResourceInUseException')
      })
    },
  },
  {
    name: 'shards are listed in pages, by ListShards and by DescribeStream',
    async run(client) {
      await withStream(client, { ShardCount: 3 }, async ({ name, shards }) => {
        const ids = shards.map(({ id }) => id)
        const first = await client.send(new ListShardsCommand({ StreamName: name, MaxResults: 2 }))
        const second = await client.send(new ListShardsCommand({ NextToken: first.NextToken }))
        assert.deepEqual(
          [...(first.Shards ?? []), ...(second.Shards ?? [])].map(({ ShardId }) => ShardId),
          ids,
        )
        assert.equal(second.NextToken, undefined)
        const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamName: name, Limit: 2 }))
        assert.equal(StreamDescription?.HasMoreShards, true)
        const rest = await client.send(new DescribeStreamCommand({ StreamName: name, ExclusiveStartShardId: ids[1] }))
        assert.deepEqual(
          rest.StreamDescription?.Shards?.map(({ ShardId }) => ShardId),
          ids.slice(2),
        )
        assert.equal(rest.StreamDescription?.HasMoreShards, false)
      })
    },
  },
  {
    name: 'a stream is listed while it exists, and not found afterwards',
    async run(client) {
      let gone = ''
      await withStream(client, { ShardCount: 1 }, async ({ name }) => {
        gone = name
        const { StreamNames } = await client.send(new ListStreamsCommand({ Limit: 1000 }))
        assert(StreamNames?.includes(name))
      })
      const missing = `${gone}-missing`
      await refused(client.send(new DescribeStreamSummaryCommand({ StreamName: missing })), 'ResourceNotFoundException')
      const record = { Data: Buffer.from('data'), PartitionKey: 'key' }
      await refused(client.send(new PutRecordCommand({ StreamName: missing, ...record })), 'ResourceNotFoundException')
    },
  },
  {
    name: 'a consumer can be registered once, described and deregistered',
    async run(client) {
      await withStream(client, { ShardCount: 1 }, async ({ arn }) => {
        const input = { StreamARN: arn, ConsumerName: 'reader' }
        const { Consumer } = await client.send(new RegisterStreamConsumerCommand(input))
        assert(Consumer?.ConsumerARN?.startsWith(`${arn}/consumer/reader:`))
        await refused(client.send(new RegisterStreamConsumerCommand(input)), 'ResourceInUseException')
        await poll(`consumer ${Consumer?.ConsumerARN} is active`, async () => {
          const { ConsumerDescription } = await client.send(new DescribeStreamConsumerCommand({ ConsumerARN: Consumer?.ConsumerARN }))
          assert.equal(ConsumerDescription?.StreamARN, arn)
          return ConsumerDescription?.ConsumerStatus === 'ACTIVE'
        })
        await client.send(new DeregisterStreamConsumerCommand(input))
      })
    },
  },
]
