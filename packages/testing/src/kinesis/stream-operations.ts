import type { Operation } from '../endpoint/aws-json-service.ts'
import type { JsonObject } from '../endpoint/input.ts'
import { invalidArgument, resourceInUse } from './kinesis-errors.ts'
import { shardJson } from './shard-json.ts'
import type { Stream } from './stream.ts'
import type { StreamStore } from './stream-store.ts'

const STREAM_NAME = { min: 1, max: 128, pattern: /^[a-zA-Z0-9_.-]+$/ } as const
const ON_DEMAND_SHARDS = 4

/** CreateStream, DescribeStream, DescribeStreamSummary, ListStreams, DeleteStream and the changes of a stream's settings. */
export function streamOperations(streams: StreamStore): readonly (readonly [string, Operation])[] {
  return [
    [
      'CreateStream',
      (input) => {
        const mode = input.optionalObject('StreamModeDetails')?.optionalOneOf('StreamMode', ['PROVISIONED', 'ON_DEMAND']) ?? 'PROVISIONED'
        const shardCount = input.optionalInteger('ShardCount', { min: 1, max: 10_000 })
        if (mode === 'PROVISIONED' && shardCount === undefined) throw invalidArgument('ShardCount must be given for a provisioned stream.')
        if (mode === 'ON_DEMAND' && shardCount !== undefined) throw invalidArgument('ShardCount must not be given for an on-demand stream.')
        streams.create({
          name: input.string('StreamName', STREAM_NAME),
          shardCount: shardCount ?? ON_DEMAND_SHARDS,
          mode,
          maxRecordSizeInKiB: input.optionalInteger('MaxRecordSizeInKiB', { min: 1024, max: 10_240 }) ?? 1024,
        })
        return {}
      },
    ],
    [
      'DescribeStream',
      (input) => {
        const stream = streams.named(input)
        const limit = input.optionalInteger('Limit', { min: 1, max: 10_000 }) ?? 100
        const after = input.optionalString('ExclusiveStartShardId', { min: 1, max: 128 })
        const rest = stream.shards.filter(({ id }) => after === undefined || id > after)
        return {
          StreamDescription: {
            ...common(stream),
            Shards: rest.slice(0, limit).map(shardJson),
            HasMoreShards: rest.length > limit,
          },
        }
      },
    ],
    [
      'DescribeStreamSummary',
      (input) => {
        const stream = streams.named(input)
        return {
          StreamDescriptionSummary: {
            ...common(stream),
            OpenShardCount: stream.openShards.length,
            ConsumerCount: stream.consumers.size,
            MaxRecordSizeInKiB: stream.maxRecordSizeInKiB,
          },
        }
      },
    ],
    [
      'ListStreams',
      (input) => {
        const limit = input.optionalInteger('Limit', { min: 1, max: 10_000 }) ?? 100
        const after = input.optionalString('NextToken', { min: 1 }) ?? input.optionalString('ExclusiveStartStreamName', STREAM_NAME)
        const rest = streams.all.filter(({ name }) => after === undefined || name > after)
        const some = rest.slice(0, limit)
        const more = rest.length > limit
        return {
          StreamNames: some.map(({ name }) => name),
          StreamSummaries: some.map((stream) => summary(stream)),
          HasMoreStreams: more,
          ...(more ? { NextToken: some.at(-1)?.name } : {}),
        }
      },
    ],
    [
      'DeleteStream',
      (input) => {
        const stream = streams.named(input)
        if (stream.consumers.size > 0 && input.optionalBoolean('EnforceConsumerDeletion') !== true) {
          throw resourceInUse(`Stream ${stream.name} has consumers; set EnforceConsumerDeletion to delete them with it.`)
        }
        streams.delete(stream)
        return {}
      },
    ],
    [
      'UpdateMaxRecordSize',
      (input) => {
        streams.named(input).maxRecordSizeInKiB = input.integer('MaxRecordSizeInKiB', { min: 1024, max: 10_240 })
        return {}
      },
    ],
    [
      'IncreaseStreamRetentionPeriod',
      (input) => {
        const stream = streams.named(input)
        const hours = input.integer('RetentionPeriodHours', { min: 24, max: 8760 })
        if (hours < stream.retentionHours)
          throw invalidArgument(`Retention of ${hours} hours is less than the present ${stream.retentionHours}.`)
        stream.retentionHours = hours
        return {}
      },
    ],
    [
      'DecreaseStreamRetentionPeriod',
      (input) => {
        const stream = streams.named(input)
        const hours = input.integer('RetentionPeriodHours', { min: 24, max: 8760 })
        if (hours > stream.retentionHours)
          throw invalidArgument(`Retention of ${hours} hours is more than the present ${stream.retentionHours}.`)
        stream.retentionHours = hours
        return {}
      },
    ],
  ]
}

function summary(stream: Stream): JsonObject {
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: stream.mode },
    StreamCreationTimestamp: stream.createdAt / 1000,
  }
}

function common(stream: Stream): JsonObject {
  return {
    ...summary(stream),
    RetentionPeriodHours: stream.retentionHours,
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: 'NONE',
  }
}
