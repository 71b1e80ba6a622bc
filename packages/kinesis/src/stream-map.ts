import { StrongroomError } from '@strongroom/core'
import { isInteger, isText, validateOptions } from '@strongroom/core/options'
import { kinesisError } from './errors.ts'
import { parseStreamArn, STREAM_NAME } from './stream-arn.ts'

/** Record limit of a stream whose MaxRecordSizeInKiB was never raised. */
const DEFAULT_MAX_RECORD_BYTES = 1_048_576
const LARGEST_RECORD_BYTES = 10_485_760

/** One encrypted stream. Its key in `streams` goes into every record's encryption context and is wire format: writers and readers use the same. */
export interface StreamOptions {
  /** Name of the stream, where it is not the key in `streams` (a replica in another Region, a restored copy). */
  readonly streamName?: string
  /** ARN of the stream. Where given, a stream of the same name in another account or Region is refused. */
  readonly streamArn?: string
  /** Id of the stream, for calls that use `StreamId`. */
  readonly streamId?: string
  /** The stream's record limit: bytes of data and partition key. 1,024 to 10,485,760, default 1,048,576 (MaxRecordSizeInKiB × 1024). */
  readonly maxRecordBytes?: number
}

/** The encrypted streams, by entry name. */
export type StreamsOption = Readonly<Record<string, StreamOptions>> | ReadonlyMap<string, StreamOptions>

/** A configured stream. */
export interface StreamEntry {
  /** The key in `streams`. */
  readonly entry: string
  /** The name that Kinesis knows. */
  readonly streamName: string
  readonly streamArn: string | undefined
  readonly maxRecordBytes: number
}

/** What a call is about: a configured stream, or one that is not. */
export type Target = { readonly kind: 'configured'; readonly stream: StreamEntry } | { readonly kind: 'other'; readonly streamName: string }

/** The ways in which Kinesis commands name a stream. */
export interface StreamIdentifiers {
  readonly StreamName?: unknown
  readonly StreamARN?: unknown
  readonly StreamId?: unknown
  readonly ConsumerARN?: unknown
}

/** Finds the configured stream behind a name, an ARN, a consumer's ARN or an id. */
export class StreamMap {
  readonly #byName = new Map<string, StreamEntry>()
  readonly #byId = new Map<string, StreamEntry>()

  /** @throws `OPTION_INVALID` */
  constructor(streams: StreamsOption) {
    const entries = streams instanceof Map ? [...streams] : Object.entries(streams)
    if (entries.length === 0) throw invalid('streams', 'streams names no stream. Give the streams to encrypt, for example { orders: {} }.')
    for (const [entry, options] of entries) this.#add(entry, options)
  }

  /**
   * The stream that a call is about; undefined where it names none.
   *
   * @throws `STREAM_AMBIGUOUS` where its identifiers cannot be understood or name different streams.
   */
  resolve(identifiers: StreamIdentifiers): Target | undefined {
    const { StreamName, StreamARN, ConsumerARN, StreamId } = identifiers
    const named: Target[] = []
    if (StreamName !== undefined) named.push(this.#named(StreamName))
    if (StreamARN !== undefined) named.push(this.#located(StreamARN))
    if (ConsumerARN !== undefined) named.push(this.#located(ConsumerARN))
    const identified = StreamId === undefined ? undefined : this.#byId.get(String(StreamId))
    if (identified !== undefined) named.push({ kind: 'configured', stream: identified })
    const [first, ...others] = named
    if (others.some((target) => !sameTarget(target, first as Target))) {
      throw kinesisError(
        'STREAM_AMBIGUOUS',
        'The identifiers of the call name different streams. Give only one of StreamName, StreamARN and StreamId.',
      )
    }
    if (StreamId !== undefined && identified === undefined && first?.kind !== 'configured') {
      // An id says nothing about the stream's name: what is not known to be another stream may be an encrypted one.
      throw kinesisError(
        'STREAM_AMBIGUOUS',
        `No entry of streams has the streamId ${JSON.stringify(StreamId)}. Set streamId in the entry, or name the stream by StreamName or StreamARN.`,
      )
    }
    return first
  }

  #add(entry: string, options: StreamOptions): void {
    const where = `streams[${JSON.stringify(entry)}]`
    const bytes = isInteger(1024, LARGEST_RECORD_BYTES)
    validateOptions(where, options, { streamName: isStreamName, streamArn: isStreamArn, streamId: isText, maxRecordBytes: bytes })
    const arn = options.streamArn === undefined ? undefined : parseStreamArn(options.streamArn)
    const streamName = options.streamName ?? arn?.name ?? entry
    if (isStreamName(streamName) !== undefined || isText(entry) !== undefined) {
      throw invalid(where, `${where}: the key is not the name of a Kinesis stream. Set streamName or streamArn.`)
    }
    if (arn !== undefined && arn.name !== streamName) throw invalid(where, `${where}: streamName and streamArn name different streams.`)
    const stream = Object.freeze({
      entry,
      streamName,
      streamArn: arn?.arn,
      maxRecordBytes: options.maxRecordBytes ?? DEFAULT_MAX_RECORD_BYTES,
    })
    const twin = this.#byName.get(streamName) ?? (options.streamId === undefined ? undefined : this.#byId.get(options.streamId))
    if (twin !== undefined)
      throw invalid(where, `${where} and streams[${JSON.stringify(twin.entry)}] are the same stream. A stream has one entry.`)
    this.#byName.set(streamName, stream)
    if (options.streamId !== undefined) this.#byId.set(options.streamId, stream)
  }

  #named(name: unknown): Target {
    if (typeof name !== 'string' || !STREAM_NAME.test(name))
      throw kinesisError('STREAM_AMBIGUOUS', `StreamName ${quoted(name)} is not the name of a Kinesis stream. An ARN goes into StreamARN.`)
    const stream = this.#byName.get(name)
    return stream === undefined ? { kind: 'other', streamName: name } : { kind: 'configured', stream }
  }

  #located(text: unknown): Target {
    const parsed = typeof text === 'string' ? parseStreamArn(text) : undefined
    if (parsed === undefined)
      throw kinesisError('STREAM_AMBIGUOUS', `${quoted(text)} is not the ARN of a Kinesis stream or of one of its consumers.`)
    const target = this.#named(parsed.name)
    if (target.kind === 'other' || target.stream.streamArn === undefined || target.stream.streamArn === parsed.arn) return target
    throw kinesisError(
      'STREAM_AMBIGUOUS',
      `${parsed.arn} has the name of the configured stream ${target.stream.streamArn}, but is another one. Configure it under a client of its own.`,
    )
  }
}

/** Whether two targets are one stream. */
export function sameTarget(one: Target, other: Target): boolean {
  if (one.kind === 'configured') return other.kind === 'configured' && one.stream === other.stream
  return other.kind === 'other' && one.streamName === other.streamName
}

function isStreamName(value: unknown): string | undefined {
  return typeof value === 'string' && STREAM_NAME.test(value) ? undefined : 'be the name of a Kinesis stream: 1 to 128 of a-z A-Z 0-9 _ . -'
}

function isStreamArn(value: unknown): string | undefined {
  return typeof value === 'string' && parseStreamArn(value)?.arn === value
    ? undefined
    : 'be the ARN of a Kinesis stream: arn:aws:kinesis:REGION:ACCOUNT:stream/NAME'
}

function invalid(option: string, message: string): StrongroomError {
  return new StrongroomError('OPTION_INVALID', message, { option })
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 200)) : `of type ${typeof value}`
}
