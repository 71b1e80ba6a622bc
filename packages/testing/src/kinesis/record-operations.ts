import type { Operation } from '../endpoint/aws-json-service.ts'
import type { Environment } from '../endpoint/endpoint.ts'
import type { Input, JsonObject } from '../endpoint/input.ts'
import { invalidArgument, throughputExceeded } from './kinesis-errors.ts'
import type { RecordFaults } from './record-faults.ts'
import type { Shard, StoredRecord } from './shard.ts'
import type { Stream } from './stream.ts'
import type { StreamStore } from './stream-store.ts'

/** A record that passed the checks of one entry. */
interface Entry {
  readonly data: Uint8Array
  readonly partitionKey: string
  readonly explicitHashKey: string | undefined
  /** What AWS counts: data and partition key in UTF-8. */
  readonly size: number
}

const MAX_DATA_BYTES = 10 * 2 ** 20
const MAX_REQUEST_BYTES = 10 * 2 ** 20
const MAX_ENTRIES = 500
const HASH_KEY = /^(0|[1-9]\d{0,38})$/
const SEQUENCE_NUMBER = /^(0|[1-9]\d{0,128})$/

/** PutRecord and PutRecords. */
export function recordOperations(
  { accountId }: Environment,
  streams: StreamStore,
  faults: RecordFaults,
  enforceShardLimits: boolean,
): readonly (readonly [string, Operation])[] {
  function put(
    stream: Stream,
    { data, partitionKey, explicitHashKey, size }: Entry,
  ): { shard: Shard; record: StoredRecord } | { shard: Shard } {
    const shard = stream.route(partitionKey, explicitHashKey)
    if (enforceShardLimits && !shard.throughput.write(size)) return { shard }
    return { shard, record: shard.append(partitionKey, data) }
  }

  const rateExceeded = (stream: Stream, shard: Shard): string =>
    `Rate exceeded for shard ${shard.id} in stream ${stream.name} under account ${accountId}.`

  return [
    [
      'PutRecord',
      (input) => {
        const stream = streams.named(input)
        const entry = readEntry(input, stream)
        const ordering = input.optionalString('SequenceNumberForOrdering', { pattern: SEQUENCE_NUMBER })
        if (ordering !== undefined && stream.route(entry.partitionKey, entry.explicitHashKey).positionOf(ordering) === undefined) {
          throw invalidArgument(`SequenceNumberForOrdering ${ordering} was not given out by the shard of this record`)
        }
        const stored = put(stream, entry)
        if (!('record' in stored)) throw throughputExceeded(rateExceeded(stream, stored.shard))
        return { ShardId: stored.shard.id, SequenceNumber: stored.record.sequenceNumber }
      },
    ],
    [
      'PutRecords',
      (input) => {
        const stream = streams.named(input)
        const entries = input.objectList('Records', { min: 1, max: MAX_ENTRIES }).map((entry) => readEntry(entry, stream))
        const size = entries.reduce((sum, entry) => sum + entry.size, 0)
        if (size > MAX_REQUEST_BYTES) throw invalidArgument(`Records size exceeds the limit of ${MAX_REQUEST_BYTES} bytes.`)
        for (const { partitionKey, explicitHashKey } of entries) stream.route(partitionKey, explicitHashKey)
        const results = entries.map((entry, index): JsonObject => {
          const shard = stream.route(entry.partitionKey, entry.explicitHashKey)
          const injected = faults.meet({ index, partitionKey: entry.partitionKey, shardId: shard.id, streamName: stream.name })
          if (injected !== undefined) return { ErrorCode: injected.errorCode, ErrorMessage: injected.errorMessage }
          const stored = put(stream, entry)
          if ('record' in stored) return { ShardId: shard.id, SequenceNumber: stored.record.sequenceNumber }
          return { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: rateExceeded(stream, shard) }
        })
        return { FailedRecordCount: results.filter((result) => 'ErrorCode' in result).length, Records: results }
      },
    ],
  ]
}

function readEntry(input: Input, stream: Stream): Entry {
  const data = input.blob('Data', { max: MAX_DATA_BYTES })
  const partitionKey = input.string('PartitionKey', { min: 1, max: 256 })
  const explicitHashKey = input.optionalString('ExplicitHashKey', { pattern: HASH_KEY })
  const size = data.length + Buffer.byteLength(partitionKey)
  if (size > stream.maxRecordBytes) {
    throw invalidArgument(
      `Record of ${size} bytes with its partition key exceeds the maximum record size of ${stream.maxRecordSizeInKiB} KiB.`,
    )
  }
  return { data, partitionKey, explicitHashKey, size }
}
