import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CreateStreamCommand,
  type CreateStreamCommandInput,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type KinesisClient,
  ListShardsCommand,
  type Shard,
} from '@aws-sdk/client-kinesis'

/** A stream made for one check. */
export interface CheckStream {
  readonly name: string
  readonly arn: string
  /** Open shards by hash range, each with its range as numbers. */
  readonly shards: readonly { readonly id: string; readonly start: bigint; readonly end: bigint }[]
}

const POLL_MS = 100
const POLLS = 300

/** Makes a stream, waits until it is active, and deletes it afterwards. */
export async function withStream(
  client: KinesisClient,
  options: Omit<CreateStreamCommandInput, 'StreamName'>,
  use: (stream: CheckStream) => Promise<void>,
): Promise<void> {
  const name = `conformance-${randomUUID()}`
  await client.send(new CreateStreamCommand({ StreamName: name, ...options }))
  try {
    const arn = await active(client, name)
    await use({ name, arn, shards: (await listShards(client, name)).map(withRange) })
  } finally {
    await client.send(new DeleteStreamCommand({ StreamName: name, EnforceConsumerDeletion: true }))
  }
}

/** Waits until a stream is active; answers its ARN. */
export async function active(client: KinesisClient, StreamName: string): Promise<string> {
  let arn = ''
  await poll(`stream ${StreamName} is active`, async () => {
    const { StreamDescriptionSummary } = await client.send(new DescribeStreamSummaryCommand({ StreamName }))
    arn = StreamDescriptionSummary?.StreamARN ?? ''
    return StreamDescriptionSummary?.StreamStatus === 'ACTIVE'
  })
  return arn
}

/** Asks until the answer is yes. */
export async function poll(what: string, ask: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < POLLS; turn += 1) {
    if (await ask()) return
    await sleep(POLL_MS)
  }
  throw new Error(`${what}: not after ${(POLL_MS * POLLS) / 1000} s`)
}

/** Every shard of a stream, in the order answered. */
export async function listShards(client: KinesisClient, StreamName: string): Promise<readonly Shard[]> {
  const { Shards } = await client.send(new ListShardsCommand({ StreamName }))
  return Shards ?? []
}

/** A shard's range as numbers. */
function withRange({ ShardId, HashKeyRange }: Shard): { id: string; start: bigint; end: bigint } {
  assert(ShardId !== undefined && HashKeyRange?.StartingHashKey !== undefined && HashKeyRange.EndingHashKey !== undefined)
  return { id: ShardId, start: BigInt(HashKeyRange.StartingHashKey), end: BigInt(HashKeyRange.EndingHashKey) }
}

/** An iterator on a shard; TRIM_HORIZON unless told otherwise. */
export async function iteratorOf(
  client: KinesisClient,
  StreamName: string,
  ShardId: string,
  start: Partial<GetShardIteratorCommandInput> = {},
): Promise<string> {
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON', ...start }),
  )
  assert(ShardIterator !== undefined)
  return ShardIterator
}

/** Reads one page from a shard; from TRIM_HORIZON unless told otherwise. */
export async function read(
  client: KinesisClient,
  StreamName: string,
  ShardId: string,
  start: Partial<GetShardIteratorCommandInput> = {},
): Promise<GetRecordsCommandOutput> {
  return client.send(new GetRecordsCommand({ ShardIterator: await iteratorOf(client, StreamName, ShardId, start) }))
}

/** The records of an answer as text. */
export function texts({ Records = [] }: GetRecordsCommandOutput): readonly string[] {
  return Records.map(({ Data }) => Buffer.from(Data ?? []).toString())
}
