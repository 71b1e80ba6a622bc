import {
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type KinesisClient,
  PutRecordCommand,
  SplitShardCommand,
  SubscribeToShardCommand,
} from '@aws-sdk/client-kinesis'
import { createEncryptionClient, generateAesKey, multiKeyring, type ObserverEvent, rawAesKeyring } from '@strongroom/core'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { controlledKey } from '../test/controlled-key.ts'
import { bytes, horizon, type Lab, rejection, SHARD, startLab, texts } from '../test/lab.ts'
import { leaks } from '../test/leaks.ts'
import type { RejectedRecord } from './rejected-record.ts'
import { isUndecryptableRecordsError, type UndecryptableRecordsError } from './undecryptable-records-error.ts'

let lab: Lab
beforeEach(async () => {
  await lab?.kinesis.close()
  lab = await startLab()
})
afterAll(() => lab.kinesis.close())

async function putAll(client: KinesisClient, ...data: readonly string[]): Promise<void> {
  for (const text of data) await client.send(new PutRecordCommand({ StreamName: 'orders', PartitionKey: text, Data: bytes(text) }))
}

/** A message of the lab's key, made with another context. */
async function foreign(encryptionContext: Record<string, string>): Promise<Uint8Array> {
  return (await createEncryptionClient({ keyring: lab.key.keyring }).encrypt(bytes('foreign'), { encryptionContext })).ciphertext
}

/** A message of a stream's record with one bit changed. */
async function tampered(client: KinesisClient): Promise<Uint8Array> {
  await putAll(client, 'to be tampered with')
  const data = Uint8Array.from((await lab.peek()).at(-1)?.Data ?? [])
  data[data.length - 1] = (data.at(-1) as number) ^ 1
  return data
}

async function undecryptable(client: KinesisClient, ShardIterator: string): Promise<UndecryptableRecordsError> {
  const error = await rejection(client.send(new GetRecordsCommand({ ShardIterator })))
  if (!isUndecryptableRecordsError(error)) throw error
  return error
}

describe('GetRecords', () => {
  it('answers decrypted records, and everything else as Kinesis gave it', async () => {
    const client = lab.encrypted()
    await putAll(client, 'one', 'two')
    const { Records, ...rest } = await client.send(new GetRecordsCommand({ ShardIterator: await horizon(client) }))
    const raw = await lab.peek()
    expect(texts(Records)).toEqual(['one', 'two'])
    expect(Records?.map(({ Data: _data, ...record }) => record)).toEqual(raw.map(({ Data: _data, ...record }) => record))
    expect(rest.MillisBehindLatest).toBe(0)
    expect(rest.$metadata.httpStatusCode).toBe(200)
  })

  it('follows the iterators that the client was given', async () => {
    const client = lab.encrypted()
    await putAll(client, 'one', 'two')
    const first = await client.send(new GetRecordsCommand({ ShardIterator: await horizon(client), Limit: 1 }))
    const second = await client.send(new GetRecordsCommand({ ShardIterator: first.NextShardIterator }))
    expect([...texts(first.Records), ...texts(second.Records)]).toEqual(['one', 'two'])
  })

  it('opens its data key once for all records', async () => {
    await putAll(lab.encrypted(), ...Array.from({ length: 30 }, (_, index) => `${index}`))
    const client = lab.encrypted()
    const { Records } = await client.send(new GetRecordsCommand({ ShardIterator: await horizon(client) }))
    expect(Records?.length).toBe(30)
    expect(lab.key.opens).toBe(1)
  })

  it('refuses an iterator of unknown origin, unless the call names the stream', async () => {
    const client = lab.encrypted()
    await putAll(client, 'one')
    const ShardIterator = await horizon(lab.client())
    const error = await rejection(client.send(new GetRecordsCommand({ ShardIterator })))
    expect(error).toMatchObject({ code: 'ITERATOR_UNKNOWN', message: expect.stringContaining('Set StreamARN') })
    const { Records } = await client.send(new GetRecordsCommand({ ShardIterator, StreamARN: lab.ordersArn }))
    expect(texts(Records)).toEqual(['one'])
  })

  it('does not let unknown iterators pass where other streams do', async () => {
    const client = lab.encrypted({ otherStreams: 'pass' })
    await lab.inject(bytes('in the clear'), 'payments')
    expect(await rejection(client.send(new GetRecordsCommand({ ShardIterator: await horizon(lab.client(), 'payments') })))).toMatchObject({
      code: 'ITERATOR_UNKNOWN',
    })
    const { Records, NextShardIterator } = await client.send(new GetRecordsCommand({ ShardIterator: await horizon(client, 'payments') }))
    expect(texts(Records)).toEqual(['in the clear'])
    expect((await client.send(new GetRecordsCommand({ ShardIterator: NextShardIterator }))).Records).toEqual([])
  })

  it('refuses other streams where they do not pass, and iterators of another stream than the named one', async () => {
    const client = lab.encrypted({ streams: { orders: {}, audit: {} } })
    lab.kinesis.createStream('audit')
    expect(await rejection(client.send(new GetRecordsCommand({ ShardIterator: await horizon(client, 'payments') })))).toMatchObject({
      code: 'STREAM_NOT_CONFIGURED',
    })
    const ShardIterator = await horizon(client, 'audit')
    expect(await rejection(client.send(new GetRecordsCommand({ ShardIterator, StreamARN: lab.ordersArn })))).toMatchObject({
      code: 'STREAM_AMBIGUOUS',
    })
  })

  it('reads what was written before a rename, under the key in streams', async () => {
    await putAll(lab.encrypted(), 'one')
    const [record] = await lab.peek()
    await lab.inject(record?.Data as Uint8Array, 'payments')
    const replica = lab.encrypted({ streams: { orders: { streamName: 'payments' } } })
    expect(texts((await replica.send(new GetRecordsCommand({ ShardIterator: await horizon(replica, 'payments') }))).Records)).toEqual([
      'one',
    ])
    const payments = lab.encrypted({ streams: { payments: {} } })
    const error = await undecryptable(payments, await horizon(payments, 'payments'))
    expect(error.failures).toMatchObject([{ class: 'integrity', cause: { code: 'CONTEXT_MISMATCH' } }])
  })

  it('stops where the call is aborted while a key is opened', async () => {
    await putAll(lab.encrypted(), 'one')
    const controller = new AbortController()
    const reason = new Error('enough')
    const client = lab.encrypted()
    const ShardIterator = await horizon(client)
    lab.key.gate = () => {
      controller.abort(reason)
      return Promise.reject(reason)
    }
    expect(await rejection(client.send(new GetRecordsCommand({ ShardIterator }), { abortSignal: controller.signal }))).toBe(reason)
    expect(lab.key.opens).toBe(1)
  })
})

describe('a record that cannot be decrypted', () => {
  it('is reported by class, with the good records and the way on', async () => {
    const client = lab.encrypted()
    const data = await tampered(client)
    const stranger = createEncryptionClient({ keyring: rawAesKeyring({ namespace: 'lab', name: 'other', key: generateAesKey() }) })
    await lab.inject(data)
    await lab.inject(bytes('{"never":"encrypted"}'))
    await lab.inject(new Uint8Array(0))
    await putAll(client, 'good')
    await lab.inject(await foreign({ 'strongroom-purpose': 'kinesis-record', 'strongroom-stream': 'payments' }))
    await lab.inject(await foreign({ 'strongroom-purpose': 's3-object', 'strongroom-stream': 'orders' }))
    await lab.inject((await stranger.encrypt(bytes('for others'))).ciphertext)
    await lab.inject(data.subarray(0, data.length - 40))
    await lab.inject(Buffer.from(Buffer.from(data).toString('base64')))
    await putAll(client, 'good too')
    const raw = await lab.peek()
    const error = await undecryptable(client, await horizon(client))
    expect(error.failures.map((failure) => failure.class)).toEqual([
      'integrity',
      'not-encrypted',
      'not-encrypted',
      'integrity',
      'integrity',
      'integrity',
      'integrity',
      'integrity',
    ])
    expect(error.failures.map(({ cause }) => (cause as { code?: string }).code)).toEqual([
      'MESSAGE_INVALID',
      'RECORD_NOT_ENCRYPTED',
      'RECORD_NOT_ENCRYPTED',
      'CONTEXT_MISMATCH',
      'CONTEXT_MISMATCH',
      'MESSAGE_INVALID',
      'MESSAGE_INVALID',
      'MESSAGE_INVALID',
    ])
    const rejected = [1, 2, 3, 5, 6, 7, 8, 9].map((index) => raw[index])
    expect(error.failures.map(({ sequenceNumber }) => sequenceNumber)).toEqual(rejected.map((record) => record?.SequenceNumber))
    expect(error.failures.map(({ record }) => record)).toEqual(rejected)
    expect(error.failures.every(({ stream, partitionKey }) => stream === 'orders' && partitionKey === 'injected')).toBe(true)
    expect(error.blocked).toBe(false)
    expect(error.held).toEqual([])
    expect(texts(error.output.Records)).toEqual(['to be tampered with', 'good', 'good too'])
    expect(error.output).toMatchObject({ MillisBehindLatest: 0, $metadata: { httpStatusCode: 200 } })
    expect(error.message).toContain('8 of 11 records of stream orders')
  })

  it('does not stop a loop that goes on from the error: nothing is lost, nothing comes twice', async () => {
    const client = lab.encrypted()
    const sent: string[] = []
    for (let index = 0; index < 20; index += 1) {
      sent.push(`order ${index}`)
      await putAll(client, `order ${index}`)
      if (index % 3 === 0) await lab.inject(bytes(`plain ${index}`))
    }
    const received: string[] = []
    const rejected: RejectedRecord[] = []
    let iterator: string | undefined = await horizon(client)
    for (let output: GetRecordsCommandOutput | undefined; output?.MillisBehindLatest !== 0; iterator = output.NextShardIterator) {
      output = await client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: 4 })).catch((error: unknown) => {
        if (!isUndecryptableRecordsError(error)) throw error
        rejected.push(...error.failures)
        return error.output
      })
      received.push(...texts(output.Records))
    }
    expect(received).toEqual(sent)
    expect(rejected.length).toBe(7)
  })

  it('keeps what Kinesis says about the end of a shard', async () => {
    const client = lab.encrypted()
    await putAll(client, 'good')
    await lab.inject(bytes('plain'))
    await client.send(new SplitShardCommand({ StreamName: 'orders', ShardToSplit: SHARD, NewStartingHashKey: `${2n ** 127n}` }))
    const error = await undecryptable(client, await horizon(client))
    expect(error.output.NextShardIterator).toBeUndefined()
    expect(error.output.ChildShards?.length).toBe(2)
  })

  it('shows no plaintext where the error is printed, logged or serialised', async () => {
    const marker = 'MARKER-4000-0012-3456-7899'
    const client = lab.encrypted()
    await putAll(client, marker)
    await lab.inject(bytes('plain'))
    const error = await undecryptable(client, await horizon(client))
    expect(texts(error.output.Records)).toEqual([marker])
    const withoutKeys = { ...error, stack: error.stack, failures: error.failures }
    expect(leaks(error, bytes(marker))).toEqual([])
    expect(leaks(withoutKeys, bytes(marker))).toEqual([])
  })
})

describe('onRejected', () => {
  it('does not let an asynchronous observer that rejects end the process', async () => {
    await lab.inject(bytes('plain text'))
    const unhandled: unknown[] = []
    const before = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', (reason) => unhandled.push(reason))
    try {
      const observer = async (): Promise<void> => {
        throw new Error('observer broke later')
      }
      const client = lab.encrypted({ onRejected: 'skip', observer })
      await client.send(new GetRecordsCommand({ ShardIterator: await horizon(client) }))
      await new Promise((resolve) => setImmediate(resolve))
    } finally {
      process.removeAllListeners('unhandledRejection')
      for (const listener of before) process.on('unhandledRejection', listener)
    }
    expect(unhandled).toEqual([])
  })

  it('skips what it is told to skip, and the observer hears of it', async () => {
    const events: ObserverEvent[] = []
    const client = lab.encrypted({ onRejected: 'skip', observer: (event) => events.push(event) })
    await lab.inject(await tampered(client))
    await lab.inject(bytes('plain'))
    await putAll(client, 'good')
    const { Records } = await client.send(new GetRecordsCommand({ ShardIterator: await horizon(client) }))
    expect(texts(Records)).toEqual(['to be tampered with', 'good'])
    expect(
      events
        .filter(({ type }) => type === 'message.rejected')
        .map((event) => (event as { code: string }).code)
        .toSorted(),
    ).toEqual(['MESSAGE_INVALID', 'RECORD_NOT_ENCRYPTED'])
  })

  it('asks a function about each record in the order of the stream, and throws for those that it does not settle', async () => {
    const seen: string[] = []
    const client = lab.encrypted({
      onRejected: async ({ class: rejection, record }) => {
        await Promise.resolve()
        seen.push(`${rejection}: ${texts([record])[0]}`)
        return rejection === 'not-encrypted' && record.Data?.length === 1 ? 'throw' : 'skip'
      },
    })
    for (const text of ['a', 'bb', 'c']) await lab.inject(bytes(text))
    await putAll(client, 'good')
    const error = await undecryptable(client, await horizon(client))
    expect(seen).toEqual(['not-encrypted: a', 'not-encrypted: bb', 'not-encrypted: c'])
    expect(error.failures.map(({ record }) => texts([record])[0])).toEqual(['a', 'c'])
    expect(texts(error.output.Records)).toEqual(['good'])
  })

  it('delivers nothing where the function itself fails, or answers nothing that is known', async () => {
    await lab.inject(bytes('plain'))
    const failing = lab.encrypted({ onRejected: () => Promise.reject(new Error('the queue is full')) })
    expect(await rejection(failing.send(new GetRecordsCommand({ ShardIterator: await horizon(failing) })))).toMatchObject({
      message: 'the queue is full',
    })
    const silent = lab.encrypted({ onRejected: () => undefined as never })
    expect(await rejection(silent.send(new GetRecordsCommand({ ShardIterator: await horizon(silent) })))).toMatchObject({
      code: 'OPTION_INVALID',
    })
  })
})

describe('a key that fails', () => {
  it.each(['KEY_TRANSIENT', 'KEY_OPERATIONAL'] as const)(
    'for a while (%s) holds the batch back, skips nothing, and loses nothing',
    async (failure) => {
      const second = controlledKey('second')
      const asked: RejectedRecord[] = []
      const config = {
        keyring: multiKeyring({ children: [lab.key.keyring, second.keyring] }),
        onRejected: (rejected: RejectedRecord) => {
          asked.push(rejected)
          return 'skip' as const
        },
      }
      await putAll(lab.encrypted(), 'one')
      await putAll(lab.encrypted({ keyring: second.keyring }), 'two')
      await lab.inject(bytes('plain'))
      await putAll(lab.encrypted(), 'three')
      second.failure = failure
      const client = lab.encrypted(config)
      const ShardIterator = await horizon(client)
      const error = await undecryptable(client, ShardIterator)
      expect(error.blocked).toBe(true)
      expect(error.failures.map((rejected) => rejected.class)).toEqual([
        failure === 'KEY_TRANSIENT' ? 'transient' : 'operational',
        'not-encrypted',
      ])
      expect(error.output).toMatchObject({ Records: [], NextShardIterator: ShardIterator })
      expect(texts(error.held)).toEqual(['one', 'three'])
      expect(asked).toEqual([])
      second.failure = undefined
      const { Records } = await client.send(new GetRecordsCommand({ ShardIterator: error.output.NextShardIterator }))
      expect(texts(Records)).toEqual(['one', 'two', 'three'])
      expect(asked.map((rejected) => rejected.class)).toEqual(['not-encrypted'])
    },
  )

  it('that holds back the last batch of a shard does not end the shard', async () => {
    await putAll(lab.encrypted(), 'one')
    const client = lab.encrypted()
    await client.send(new SplitShardCommand({ StreamName: 'orders', ShardToSplit: SHARD, NewStartingHashKey: `${2n ** 127n}` }))
    lab.key.failure = 'KEY_TRANSIENT'
    const ShardIterator = await horizon(client)
    const error = await undecryptable(client, ShardIterator)
    expect(error.output.NextShardIterator).toBe(ShardIterator)
    expect('ChildShards' in error.output).toBe(false)
  })

  it('because it was destroyed on purpose gives a class that may be skipped', async () => {
    await putAll(lab.encrypted(), 'gone')
    lab.key.failure = 'KEY_SHREDDED'
    const client = lab.encrypted()
    const error = await undecryptable(client, await horizon(client))
    expect(error).toMatchObject({ blocked: false, failures: [{ class: 'shredded' }] })
  })
})

describe('commands that bring records in other ways', () => {
  it('are refused for a configured stream', async () => {
    const client = lab.encrypted()
    const command = (stream: string) =>
      new SubscribeToShardCommand({
        ConsumerARN: `${lab.ordersArn.replace('/orders', `/${stream}`)}/consumer/app:1700000000`,
        ShardId: SHARD,
        StartingPosition: { Type: 'LATEST' },
      })
    expect(await rejection(client.send(command('orders')))).toMatchObject({
      code: 'COMMAND_UNSUPPORTED',
      message: expect.stringContaining('GetRecordsCommand'),
    })
    expect(await rejection(client.send(command('payments')))).toMatchObject({ code: 'STREAM_NOT_CONFIGURED' })
    expect(lab.kinesis.requests).toEqual([])
  })

  it('are refused where nobody knows the command, too', async () => {
    const plain = lab.client()
    plain.middlewareStack.add(
      (next, context) => {
        context.commandName = 'ReadEverythingCommand'
        return next
      },
      { step: 'initialize', priority: 'high' },
    )
    await lab.inject(bytes('plain'))
    const client = lab.encrypted({}, plain)
    const ShardIterator = await horizon(lab.client())
    expect(await rejection(client.send(new GetRecordsCommand({ ShardIterator, StreamARN: lab.ordersArn })))).toMatchObject({
      code: 'COMMAND_UNSUPPORTED',
    })
  })

  it('are not what brings no records', async () => {
    const client = lab.encrypted()
    const { ShardIterator } = await client.send(
      new GetShardIteratorCommand({ StreamName: 'payments', ShardId: SHARD, ShardIteratorType: 'LATEST' }),
    )
    expect(ShardIterator).toBeTypeOf('string')
  })
})
