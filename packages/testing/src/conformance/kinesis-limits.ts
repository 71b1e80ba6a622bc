import { type KinesisClient, PutRecordCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { type ConformanceCheck, refused } from './check.ts'
import { withStream } from './kinesis-stream.ts'

const MIB = 2 ** 20

/** Record and request limits. Which of two errors AWS answers depends on the layer that notices, so either is right. */
export const kinesisLimitChecks: readonly ConformanceCheck<KinesisClient>[] = [
  {
    name: 'a record of 1 MiB with its partition key is accepted',
    async run(client) {
      await withStream(client, { ShardCount: 1 }, async ({ name }) => {
        await client.send(new PutRecordCommand({ StreamName: name, Data: new Uint8Array(MIB - 10), PartitionKey: 'x'.repeat(10) }))
      })
    },
  },
  {
    name: 'data of more than 1 MiB is refused',
    async run(client) {
      await withStream(client, { ShardCount: 1 }, async ({ name }) => {
        const record = { Data: new Uint8Array(MIB + 1), PartitionKey: 'x' }
        await refused(client.send(new PutRecordCommand({ StreamName: name, ...record })), 'InvalidArgumentException', 'ValidationException')
        const small = { Data: new Uint8Array(1), PartitionKey: 'x' }
        const batch = client.send(new PutRecordsCommand({ StreamName: name, Records: [small, record] }))
        await refused(batch, 'InvalidArgumentException', 'ValidationException')
      })
    },
  },
  {
    name: 'the partition key counts towards the record size',
    async run(client) {
      await withStream(client, { ShardCount: 1 }, async ({ name }) => {
        const record = { Data: new Uint8Array(MIB - 9), PartitionKey: 'x'.repeat(10) }
        await refused(client.send(new PutRecordCommand({ StreamName: name, ...record })), 'InvalidArgumentException', 'ValidationException')
      })
    },
  },
  {
    name: 'a stream can take records of up to 10 MiB',
    async run(client) {
      await withStream(client, { ShardCount: 1, MaxRecordSizeInKiB: 2048 }, async ({ name }) => {
        await client.send(new PutRecordCommand({ StreamName: name, Data: new Uint8Array(2 * MIB - 1), PartitionKey: 'x' }))
      })
    },
  },
  {
    name: 'a partition key has 1 to 256 characters',
    async run(client) {
      await withStream(client, { ShardCount: 1 }, async ({ name }) => {
        const Data = Buffer.from('data')
        await client.send(new PutRecordCommand({ StreamName: name, Data, PartitionKey: 'é'.repeat(256) }))
        for (const PartitionKey of ['', 'x'.repeat(257)]) {
          await refused(
            client.send(new PutRecordCommand({ StreamName: name, Data, PartitionKey })),
            'InvalidArgumentException',
            'ValidationException',
          )
        }
      })
    },
  },
  {
    name: 'PutRecords takes 500 entries and refuses 501',
    async run(client) {
      await withStream(client, { ShardCount: 1 }, async ({ name }) => {
        const Records = Array.from({ length: 501 }, (_, index) => ({ Data: Buffer.from(String(index)), PartitionKey: 'key' }))
        await client.send(new PutRecordsCommand({ StreamName: name, Records: Records.slice(0, 500) }))
        const call = client.send(new PutRecordsCommand({ StreamName: name, Records }))
        await refused(call, 'InvalidArgumentException', 'ValidationException')
      })
    },
  },
  {
    name: 'PutRecords refuses an empty list',
    async run(client) {
      await withStream(client, { ShardCount: 1 }, async ({ name }) => {
        const call = client.send(new PutRecordsCommand({ StreamName: name, Records: [] }))
        await refused(call, 'InvalidArgumentException', 'ValidationException')
      })
    },
  },
  {
    name: 'PutRecords takes 10 MiB with the partition keys and refuses one byte more',
    async run(client) {
      await withStream(client, { ShardCount: 1 }, async ({ name }) => {
        const entry = { Data: new Uint8Array(MIB - 1), PartitionKey: 'x' }
        const Records = Array.from({ length: 10 }, () => entry)
        await client.send(new PutRecordsCommand({ StreamName: name, Records }))
        const call = client.send(
          new PutRecordsCommand({ StreamName: name, Records: [...Records, { Data: new Uint8Array(0), PartitionKey: 'x' }] }),
        )
        await refused(call, 'InvalidArgumentException', 'ValidationException')
      })
    },
  },
]
