import { type KinesisClient, PutRecordCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { type Order, toBytes } from './order.ts'

const BATCH = 100

/** The first by PutRecord, the others in batches by PutRecords; entries that Kinesis refused are put again. */
export async function putAll(client: KinesisClient, stream: string, orders: readonly Order[]): Promise<void> {
  const [first, ...others] = orders
  if (first !== undefined)
    await client.send(new PutRecordCommand({ StreamName: stream, PartitionKey: first.customer, Data: toBytes(first) }))
  for (let at = 0; at < others.length; at += BATCH) {
    let left = others.slice(at, at + BATCH)
    while (left.length > 0) {
      const batch = left
      const { Records = [] } = await client.send(
        new PutRecordsCommand({
          StreamName: stream,
          Records: batch.map((order) => ({ PartitionKey: order.customer, Data: toBytes(order) })),
        }),
      )
      left = batch.filter((_, index) => Records[index]?.ErrorCode !== undefined)
    }
  }
}
