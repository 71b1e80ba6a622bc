import type { Operation } from '../endpoint/aws-json-service.ts'
import type { Environment } from '../endpoint/endpoint.ts'
import type { Input, JsonObject } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import { rangeJson } from './hash-key.ts'
import { invalidArgument, resourceNotFound, throughputExceeded } from './kinesis-errors.ts'
import type { Shard, StoredRecord } from './shard.ts'
import type { Stream } from './stream.ts'
import type { StreamStore } from './stream-store.ts'
import { TokenSealer } from './token.ts'

/** Where a shard iterator points. */
interface Cursor {
  readonly stream: Stream
  readonly shard: Shard
  readonly position: number
}

const ITERATOR_LIFE_MS = 300_000
const MAX_RECORDS = 10_000
const MAX_BYTES = 10 * 2 ** 20
const TYPES = ['AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER', 'TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'] as const

/** GetShardIterator and GetRecords. */
export function readOperations(
  environment: Environment,
  streams: StreamStore,
  enforceShardLimits: boolean,
): { readonly operations: readonly (readonly [string, Operation])[]; readonly streamOfIterator: (iterator: string) => string | undefined } {
  const { clock } = environment
  const tokens = new TokenSealer(environment)
  const iterator = ({ stream, shard, position }: Cursor): string =>
    tokens.seal('iterator', [stream.name, stream.createdAt, shard.id, position])

  function readIterator(token: string): Cursor {
    const opened = tokens.open('iterator', token)
    if (opened === undefined) throw invalidArgument('Invalid ShardIterator.')
    if (opened.ageMs > ITERATOR_LIFE_MS) {
      throw new ServiceError(
        'ExpiredIteratorException',
        `Iterator expired. It was given out ${opened.ageMs} ms ago and lives ${ITERATOR_LIFE_MS} ms.`,
      )
    }
    const [name, createdAt, shardId, position] = opened.fields
    const stream = streams.byName(String(name))
    if (stream.createdAt !== createdAt) throw resourceNotFound(`Stream ${stream.name} of this iterator was deleted.`)
    return { stream, shard: stream.shard(String(shardId)), position: Number(position) }
  }

  const operations: readonly (readonly [string, Operation])[] = [
    [
      'GetShardIterator',
      (input) => {
        const stream = streams.named(input)
        const shard = stream.shard(input.string('ShardId', { min: 1, max: 128 }))
        return { ShardIterator: iterator({ stream, shard, position: startingPosition(input, stream, shard, clock()) }) }
      },
    ],
    [
      'GetRecords',
      (input) => {
        const limit = input.optionalInteger('Limit', { min: 1, max: MAX_RECORDS }) ?? MAX_RECORDS
        const cursor = readIterator(input.string('ShardIterator', { min: 1, max: 512 }))
        const { stream, shard } = cursor
        const named = streams.optionallyNamed(input)
        if (named !== undefined && named !== stream) throw invalidArgument('StreamARN and ShardIterator name different streams.')
        if (enforceShardLimits && !shard.throughput.read()) {
          throw throughputExceeded(`Rate exceeded for shard ${shard.id} in stream ${stream.name} under account ${environment.accountId}.`)
        }
        const { records, bytes } = take(shard, cursor.position, limit)
        shard.throughput.readDone(bytes)
        const position = (records.at(-1)?.position ?? Math.max(cursor.position, shard.oldestPosition) - 1) + 1
        const oldestUnread = shard.at(position)
        const ended = shard.closed && oldestUnread === undefined
        return {
          Records: records.map(recordJson),
          MillisBehindLatest: oldestUnread === undefined ? 0 : Math.max(0, clock() - oldestUnread.arrivedAt),
          ...(ended ? { ChildShards: childrenJson(stream, shard) } : { NextShardIterator: iterator({ stream, shard, position }) }),
        }
      },
    ],
  ]
  return {
    operations,
    streamOfIterator: (token) => {
      const name = tokens.open('iterator', token)?.fields[0]
      return name === undefined ? undefined : String(name)
    },
  }
}

function startingPosition(input: Input, stream: Stream, shard: Shard, now: number): number {
  const type = input.optionalOneOf('ShardIteratorType', TYPES)
  switch (type) {
    case undefined:
      return Number(input.string('ShardIteratorType'))
    case 'TRIM_HORIZON':
      return shard.oldestPosition
    case 'LATEST':
      return shard.nextPosition
    case 'AT_TIMESTAMP': {
      const time = input.optionalTimestamp('Timestamp')
      if (time === undefined) throw invalidArgument('Must specify timestamp parameter for iterator of type AT_TIMESTAMP.')
      if (time > now) throw invalidArgument('The timestamp of an iterator must not be in the future.')
      return shard.positionAtTime(time)
    }
    default: {
      const text = input.optionalString('StartingSequenceNumber', { pattern: /^(0|[1-9]\d{0,128})$/ })
      if (text === undefined) throw invalidArgument(`Must specify StartingSequenceNumber parameter for iterator of type ${type}.`)
      const position = shard.positionOf(text)
      if (position === undefined) {
        throw invalidArgument(
          `StartingSequenceNumber ${text} used in GetShardIterator on shard ${shard.id} in stream ${stream.name} is invalid.`,
        )
      }
      return type === 'AT_SEQUENCE_NUMBER' ? position : position + 1
    }
  }
}

/** Records in order as far as both limits allow; a single record always passes. */
function take(shard: Shard, from: number, limit: number): { records: readonly StoredRecord[]; bytes: number } {
  const records: StoredRecord[] = []
  let bytes = 0
  for (let next = shard.at(from); next !== undefined && records.length < limit; next = shard.at(next.position + 1)) {
    if (records.length > 0 && bytes + next.data.length > MAX_BYTES) break
    records.push(next)
    bytes += next.data.length
  }
  return { records, bytes }
}

function recordJson({ sequenceNumber, arrivedAt, data, partitionKey }: StoredRecord): JsonObject {
  return {
    SequenceNumber: sequenceNumber,
    ApproximateArrivalTimestamp: arrivedAt / 1000,
    Data: Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64'),
    PartitionKey: partitionKey,
  }
}

function childrenJson(stream: Stream, shard: Shard): readonly JsonObject[] {
  return stream.childrenOf(shard).map(({ id, parents, range }) => ({
    ShardId: id,
    ParentShards: parents.map((parent) => parent.id),
    HashKeyRange: rangeJson(range),
  }))
}
