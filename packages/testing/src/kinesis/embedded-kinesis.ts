import { isBoolean, isInteger, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { type AwsJsonService, type RecordedRequest, startService } from '../endpoint/aws-json-service.ts'
import type { Call } from '../endpoint/call-log.ts'
import { type Endpoint, type EndpointOptions, environmentOf, matches } from '../endpoint/endpoint.ts'
import type { Fault, Faults } from '../endpoint/faults.ts'
import type { Input } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import { consumerOperations } from './consumer-operations.ts'
import { throughputExceeded } from './kinesis-errors.ts'
import { readOperations } from './read-operations.ts'
import { type RecordFailure, RecordFaults } from './record-faults.ts'
import { recordOperations } from './record-operations.ts'
import { shardOperations } from './shard-operations.ts'
import { streamOperations } from './stream-operations.ts'
import { StreamStore } from './stream-store.ts'

/** A call the embedded Kinesis received. */
export interface KinesisCall extends Call {
  /** The stream, named by StreamName, by ARN or by the shard iterator. Absent where there is none, or it is not known. */
  readonly streamName?: string
}

/** How to start an embedded Kinesis. */
export interface EmbeddedKinesisOptions extends EndpointOptions {
  /** Whether a shard takes only 1 MiB or 1,000 records a second and gives only 2 MiB in 5 reads a second, by the clock. Default false. */
  readonly enforceShardLimits?: boolean
  /** Whether request bodies are kept in {@link EmbeddedKinesis.requests}. Default true. */
  readonly recordRequests?: boolean
}

/** The faults of an embedded Kinesis: those of every endpoint, and single entries of PutRecords. */
export interface KinesisFaults extends Faults<KinesisCall> {
  /** Fails entries of PutRecords: HTTP 200, FailedRecordCount, ErrorCode and ErrorMessage in the entry's place. */
  failRecords(failure?: RecordFailure): Fault
}

/** A stream to make without a client. */
export interface NewStream {
  /** Default 1. */
  readonly shards?: number
  /** From 1024 to 10240; default 1024. */
  readonly maxRecordSizeInKiB?: number
}

/** A running embedded Kinesis. */
export interface EmbeddedKinesis extends Endpoint<KinesisCall> {
  readonly faults: KinesisFaults
  /** Every request received, with its body as it arrived: search it for plaintext. Empty it with `requests.length = 0`. */
  readonly requests: RecordedRequest[]
  /** Makes a stream without a client. Returns its ARN. */
  createStream(name: string, options?: NewStream): string
}

/**
 * Starts a Kinesis on 127.0.0.1: streams of several shards, routing by MD5 or explicit hash key, iterators that expire, AWS's limits on
 * records and requests, splits and merges. HTTP/1.1 and HTTP/2 (the SDK's default for Kinesis) on one port. SubscribeToShard is not served.
 *
 * Signatures are not checked; streams are active at once.
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * await using kinesis = await startEmbeddedKinesis()
 * kinesis.createStream('orders', { shards: 2 })
 * const client = new KinesisClient(kinesis.clientConfig)
 * await client.send(new PutRecordCommand({ StreamName: 'orders', PartitionKey: 'order-1', Data: Buffer.from('hello') }))
 * kinesis.calls.count('PutRecord') // 1
 * ```
 */
export async function startEmbeddedKinesis(options: EmbeddedKinesisOptions = {}): Promise<EmbeddedKinesis> {
  const environment = environmentOf('startEmbeddedKinesis', options, {
    enforceShardLimits: isBoolean,
    recordRequests: isBoolean,
  })
  const { enforceShardLimits = false, recordRequests = true } = options
  const streams = new StreamStore(environment)
  const recordFaults = new RecordFaults(environment.accountId)
  const requests: RecordedRequest[] = []
  const reads = readOperations(environment, streams, enforceShardLimits)
  const service: AwsJsonService<KinesisCall> = {
    targetPrefix: 'Kinesis_20131202',
    operations: new Map([
      ...streamOperations(streams),
      ...shardOperations(environment, streams),
      ...consumerOperations(environment, streams),
      ...recordOperations(environment, streams, recordFaults, enforceShardLimits),
      ...reads.operations,
    ]),
    describe: (operation, input) => {
      const streamName = attempt(() => streamNameOf(input, reads.streamOfIterator))
      return streamName === undefined ? { operation } : { operation, streamName }
    },
    throttled: ({ operation }) => throttled(operation),
    ...(recordRequests ? { onRequest: (request) => requests.push(request) } : {}),
  }
  const endpoint = await startService(service, environment)
  const { faults } = endpoint
  return {
    ...endpoint,
    faults: {
      latency: (delay, filter) => faults.latency(delay, filter),
      throttle: (filter) => faults.throttle(filter),
      fail: (error, filter) => faults.fail(error, filter),
      outage: (kind, filter) => faults.outage(kind, filter),
      failRecords: (failure = {}) => recordFaults.add(failure),
      clear: () => {
        faults.clear()
        recordFaults.clear()
      },
    },
    requests,
    createStream: (name, newStream = {}) => {
      validateOptions('createStream', { name, ...newStream }, NEW_STREAM_CHECKS)
      const { shards = 1, maxRecordSizeInKiB = 1024 } = newStream
      const stream = streams.create({ name, shardCount: shards, mode: 'PROVISIONED', maxRecordSizeInKiB })
      return stream.arn
    },
  }
}

const NEW_STREAM_CHECKS: Readonly<Record<keyof NewStream | 'name', OptionCheck>> = {
  name: matches(/^[a-zA-Z0-9_.-]{1,128}$/, 'be 1 to 128 of a-z A-Z 0-9 _ . -'),
  shards: isInteger(1, 10_000),
  maxRecordSizeInKiB: isInteger(1024, 10_240),
}

function streamNameOf(input: Input, streamOfIterator: (iterator: string) => string | undefined): string | undefined {
  const name = input.optionalString('StreamName')
  if (name !== undefined) return name
  const arn = input.optionalString('StreamARN') ?? input.optionalString('ConsumerARN')
  if (arn !== undefined) return /:stream\/([^/]+)/.exec(arn)?.[1]
  const iterator = input.optionalString('ShardIterator')
  return iterator === undefined ? undefined : streamOfIterator(iterator)
}

// What cannot be read here is refused with its own error when the operation runs.
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ServiceError) return undefined
    throw error
  }
}

function throttled(operation: string): ServiceError {
  const data = ['PutRecord', 'PutRecords', 'GetRecords', 'GetShardIterator'].includes(operation)
  return data ? throughputExceeded('Rate exceeded.') : new ServiceError('LimitExceededException', `Rate exceeded for ${operation}.`)
}
