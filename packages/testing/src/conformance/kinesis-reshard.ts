import assert from 'node:assert/strict'
import { GetRecordsCommand, type KinesisClient, MergeShardsCommand, PutRecordCommand, SplitShardCommand } from '@aws-sdk/client-kinesis'
import type { ConformanceCheck } from './check.ts'
import { active, iteratorOf, listShards, texts, withStream } from './kinesis-stream.ts'

/** Splits and merges. */
export const kinesisReshardChecks: readonly ConformanceCheck<KinesisClient>[] = [
  {
    name: 'a split closes the shard, whose end tells its two children',
    async run(client) {
      await withStream(client, { ShardCount: 1 }, async ({ name, shards }) => {
        const parent = shards[0]?.id ?? ''
        await client.send(new PutRecordCommand({ StreamName: name, Data: Buffer.from('old'), PartitionKey: 'key' }))
        await client.send(new SplitShardCommand({ StreamName: name, ShardToSplit: parent, NewStartingHashKey: String(2n ** 127n) }))
        await active(client, name)
        const children = (await listShards(client, name)).filter(({ ParentShardId }) => ParentShardId === parent)
        assert.equal(children.length, 2)
        const { ShardId } = await client.send(new PutRecordCommand({ StreamName: name, Data: Buffer.from('new'), PartitionKey: 'key' }))
        assert(children.some((child) => child.ShardId === ShardId))
        let page = await client.send(new GetRecordsCommand({ ShardIterator: await iteratorOf(client, name, parent) }))
        assert.deepEqual(texts(page), ['old'])
        if (page.NextShardIterator !== undefined) {
          page = await client.send(new GetRecordsCommand({ ShardIterator: page.NextShardIterator }))
        }
        assert.equal(page.NextShardIterator, undefined)
        assert.deepEqual(page.ChildShards?.map((child) => child.ShardId).sort(), children.map((child) => child.ShardId).sort())
      })
    },
  },
  {
    name: 'a merge closes both shards into one that names them as parents',
    async run(client) {
      await withStream(client, { ShardCount: 2 }, async ({ name, shards }) => {
        const [first, second] = shards.map(({ id }) => id)
        await client.send(new MergeShardsCommand({ StreamName: name, ShardToMerge: first, AdjacentShardToMerge: second }))
        await active(client, name)
        const merged = (await listShards(client, name)).find(({ ParentShardId }) => ParentShardId !== undefined)
        assert.deepEqual([merged?.ParentShardId, merged?.AdjacentParentShardId].sort(), [first, second].sort())
        assert.deepEqual(merged?.HashKeyRange, { StartingHashKey: '0', EndingHashKey: String(2n ** 128n - 1n) })
      })
    },
  },
]
