import type {
  GetRecordsCommandInput,
  GetRecordsCommandOutput,
  GetShardIteratorCommandOutput,
  PutRecordCommandInput,
  PutRecordsCommandInput,
  ServiceInputTypes,
  ServiceOutputTypes,
} from '@aws-sdk/client-kinesis'
import { StrongroomError } from '@strongroom/core'
import type { CallState } from './call-state.ts'
import type { ResolvedConfig } from './config.ts'
import { decryptRecords } from './decrypt-records.ts'
import { recordEncryptor } from './encrypt-records.ts'
import { kinesisError } from './errors.ts'
import { IteratorOrigins } from './iterator-origins.ts'
import { type StreamEntry, type StreamIdentifiers, sameTarget, type Target } from './stream-map.ts'

/** One call on its way down the stack; `next` takes the input that goes on, and the state for the guard. */
export interface Call {
  readonly commandName: string
  readonly input: ServiceInputTypes
  readonly signal: AbortSignal | undefined
  next(input: ServiceInputTypes, state?: CallState): Promise<ServiceOutputTypes>
}

/** Answers a call, with the records in it encrypted on their way out and decrypted on their way in. */
export type CommandHandler = (call: Call) => Promise<ServiceOutputTypes>

type PutInput = PutRecordCommandInput | PutRecordsCommandInput

/** Makes the handler of a configuration. */
export function commandHandler(config: ResolvedConfig): CommandHandler {
  const { streams, otherStreams } = config
  const origins = new IteratorOrigins()
  const encrypt = recordEncryptor(config)

  /** The configured stream of a call; undefined where it is another one and passes. */
  function configured(target: Target | undefined, commandName: string): StreamEntry | undefined {
    if (target === undefined) throw kinesisError('STREAM_AMBIGUOUS', `${commandName} names no stream. Give StreamName or StreamARN.`)
    if (target.kind === 'configured') return target.stream
    if (otherStreams === 'pass') return undefined
    throw kinesisError(
      'STREAM_NOT_CONFIGURED',
      `${commandName}: the stream ${target.streamName} is not in streams. Add it, set otherStreams: 'pass' to use other streams unencrypted, or use a client without encryption for it.`,
    )
  }

  /** Sends an input with its records encrypted; `withMessages` answers the input that goes on. */
  async function put(
    call: Call,
    input: PutInput,
    maxRequestBytes: number | undefined,
    withMessages: (messages: readonly Uint8Array[]) => PutInput,
  ): Promise<ServiceOutputTypes> {
    const stream = configured(streams.resolve(input), call.commandName)
    if (stream === undefined) return call.next(input)
    const records = 'Records' in input ? (input.Records ?? []) : [input]
    const messages = await encrypt({ stream, records, maxRequestBytes, signal: call.signal })
    const sealed = messages.map((message) => Buffer.from(message.buffer, message.byteOffset, message.length).toString('base64'))
    return call.next(withMessages(messages), { stream, messages: new Set(sealed) })
  }

  function putRecord(call: Call): Promise<ServiceOutputTypes> {
    const input = { ...(call.input as PutRecordCommandInput) }
    return put(call, input, undefined, ([message]) => ({ ...input, Data: message }))
  }

  function putRecords(call: Call): Promise<ServiceOutputTypes> {
    const given = call.input as PutRecordsCommandInput
    if (!Array.isArray(given.Records))
      throw new StrongroomError('INPUT_INVALID', 'PutRecordsCommand: Records must be an array.', { option: 'Records' })
    const records = given.Records.map((record) => ({ ...record }))
    const input = { ...given, Records: records }
    return put(call, input, config.maxRequestBytes, (messages) => ({
      ...input,
      Records: records.map((record, index) => ({ ...record, Data: messages[index] })),
    }))
  }

  async function getShardIterator(call: Call): Promise<ServiceOutputTypes> {
    const target = streams.resolve(call.input as StreamIdentifiers)
    const output = (await call.next(call.input)) as GetShardIteratorCommandOutput
    if (target !== undefined) origins.remember(output.ShardIterator, target)
    return output
  }

  async function getRecords(call: Call): Promise<ServiceOutputTypes> {
    const input = { ...(call.input as GetRecordsCommandInput) }
    const named = streams.resolve(input)
    const origin = origins.find(input.ShardIterator)
    if (named !== undefined && origin !== undefined && !sameTarget(named, origin)) {
      throw kinesisError(
        'STREAM_AMBIGUOUS',
        'GetRecordsCommand: the shard iterator belongs to another stream than the one that the call names.',
      )
    }
    const target = named ?? origin
    if (target === undefined) {
      throw kinesisError(
        'ITERATOR_UNKNOWN',
        'GetRecordsCommand: this client was not given the shard iterator, so it cannot be told which stream its records belong to. Set StreamARN in the call, or get the iterator from this client.',
      )
    }
    const stream = configured(target, call.commandName)
    const output = (await call.next(input)) as GetRecordsCommandOutput
    origins.remember(output.NextShardIterator, target)
    if (stream === undefined) return output
    return decryptRecords(config, stream, { output, shardIterator: input.ShardIterator, signal: call.signal })
  }

  async function subscribeToShard(call: Call): Promise<ServiceOutputTypes> {
    const stream = configured(streams.resolve(call.input as StreamIdentifiers), call.commandName)
    if (stream === undefined) return call.next(call.input)
    throw unsupported(call.commandName, stream.entry)
  }

  /** Everything else goes through, unless it turns out to bring records: they would be ciphertext that passes for data. */
  async function other(call: Call): Promise<ServiceOutputTypes> {
    const output = await call.next(call.input)
    if (!bringsRecords(output)) return output
    const stream = configured(streams.resolve(call.input as StreamIdentifiers), call.commandName)
    if (stream === undefined) return output
    throw unsupported(call.commandName, stream.entry)
  }

  const handlers = new Map<string, CommandHandler>([
    ['PutRecordCommand', putRecord],
    ['PutRecordsCommand', putRecords],
    ['GetShardIteratorCommand', getShardIterator],
    ['GetRecordsCommand', getRecords],
    ['SubscribeToShardCommand', subscribeToShard],
  ])
  return async (call) => (handlers.get(call.commandName) ?? other)(call)
}

function unsupported(commandName: string, entry: string): StrongroomError {
  return kinesisError(
    'COMMAND_UNSUPPORTED',
    `${commandName} is not supported on the encrypted stream ${entry}, since its records would not be decrypted. Read it with GetRecordsCommand.`,
  )
}

function bringsRecords(output: ServiceOutputTypes): boolean {
  if ('EventStream' in output) return true
  const records: unknown = 'Records' in output ? output.Records : undefined
  return Array.isArray(records) && records.some((record) => typeof record === 'object' && record !== null && 'Data' in record)
}
