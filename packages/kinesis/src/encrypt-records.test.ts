import { PutRecordCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { createEncryptionClient, type Keyring, parseMessage } from '@strongroom/core'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { bytes, type Lab, rejection, startLab } from '../test/lab.ts'
import { leaks } from '../test/leaks.ts'
import type { RecordTooLargeError, RequestTooLargeError } from './size-errors.ts'

let lab: Lab
beforeEach(async () => {
  await lab?.kinesis.close()
  lab = await startLab()
})
afterAll(() => lab.kinesis.close())

const MARKER = bytes('MARKER-4000-0012-3456-7899')
const CONTEXT = { 'strongroom-purpose': 'kinesis-record', 'strongroom-stream': 'orders' }

function put(Data: Uint8Array, PartitionKey = 'p'): PutRecordCommand {
  return new PutRecordCommand({ StreamName: 'orders', PartitionKey, Data })
}

describe('PutRecord and PutRecords', () => {
  it('put one message a record, of one frame, bound to purpose and stream', async () => {
    const client = lab.encrypted()
    await client.send(put(MARKER))
    await client.send(
      new PutRecordsCommand({
        StreamARN: lab.ordersArn,
        Records: [
          { PartitionKey: 'a', Data: MARKER },
          { PartitionKey: 'b', ExplicitHashKey: '7', Data: new Uint8Array(0) },
        ],
      }),
    )
    const records = await lab.peek()
    expect(records.map(({ PartitionKey }) => PartitionKey)).toEqual(['p', 'a', 'b'])
    const reader = createEncryptionClient({ keyring: lab.key.keyring })
    for (const [index, expected] of [MARKER, MARKER, new Uint8Array(0)].entries()) {
      const data = records[index]?.Data as Uint8Array
      const { suite, contentType, frameLength, encryptionContext } = parseMessage(data)
      expect({ suite: suite.id, contentType, frameLength, encryptionContext }).toEqual({
        suite: '0478',
        contentType: 'framed',
        frameLength: 1_048_576,
        encryptionContext: CONTEXT,
      })
      const { plaintext } = await reader.decrypt(data)
      expect(Buffer.from(plaintext)).toEqual(Buffer.from(expected))
    }
    expect(lab.bodies('PutRecords')[0]).toContain('"ExplicitHashKey":"7"')
    for (const { body } of lab.kinesis.requests) expect(leaks(body, MARKER)).toEqual([])
  })

  it('bind to the key in streams, whatever the name of the stream', async () => {
    const client = lab.encrypted({ streams: { 'the orders': { streamName: 'orders' } } })
    await client.send(put(MARKER))
    const [record] = await lab.peek()
    expect(parseMessage(record?.Data as Uint8Array).encryptionContext['strongroom-stream']).toBe('the orders')
  })

  it('leave the plain client plain', async () => {
    const plain = lab.client()
    const client = lab.encrypted({}, plain)
    await plain.send(put(bytes('in the clear')))
    await client.send(put(bytes('encrypted')))
    const records = await lab.peek()
    expect(Buffer.from(records[0]?.Data ?? []).toString()).toBe('in the clear')
    expect(parseMessage(records[1]?.Data as Uint8Array).encryptionContext).toEqual(CONTEXT)
  })

  it('write the suite that is configured', async () => {
    await lab.encrypted({ suite: '0578' }).send(put(MARKER))
    const [record] = await lab.peek()
    expect(parseMessage(record?.Data as Uint8Array).suite.id).toBe('0578')
  })

  it.each(['lost-answer', 'internal-error'] as const)('send the same bytes again where the SDK retries (%s)', async (kind) => {
    lab.kinesis.faults.outage(kind, { operations: ['PutRecord', 'PutRecords'], times: 1 })
    await lab.encrypted().send(put(MARKER))
    expect(lab.bodies('PutRecord').length).toBe(2)
    expect(new Set(lab.bodies('PutRecord')).size).toBe(1)
    lab.kinesis.faults.throttle({ operations: ['PutRecords'], times: 1 })
    await lab.encrypted().send(
      new PutRecordsCommand({
        StreamName: 'orders',
        Records: [
          { PartitionKey: 'a', Data: MARKER },
          { PartitionKey: 'b', Data: MARKER },
        ],
      }),
    )
    expect(lab.bodies('PutRecords').length).toBe(2)
    expect(new Set(lab.bodies('PutRecords')).size).toBe(1)
  })

  it('make one data key for a whole request, and keep it for the next', async () => {
    const client = lab.encrypted()
    const Records = Array.from({ length: 500 }, (_, index) => ({ PartitionKey: `${index}`, Data: MARKER }))
    await client.send(new PutRecordsCommand({ StreamName: 'orders', Records }))
    await client.send(new PutRecordsCommand({ StreamName: 'orders', Records }))
    expect(lab.key.seals).toBe(1)
  })

  it('make a data key for each record where that was asked for', async () => {
    const Records = Array.from({ length: 100 }, (_, index) => ({ PartitionKey: `${index}`, Data: MARKER }))
    await lab.encrypted({ uncached: true }).send(new PutRecordsCommand({ StreamName: 'orders', Records }))
    expect(lab.key.seals).toBe(100)
  })

  it('put what was given at the call, whatever the caller changes while a key is made', async () => {
    let open = (): void => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    lab.key.gate = () => opened
    const data = Uint8Array.from(MARKER)
    const input = {
      StreamName: 'orders',
      Records: [
        { PartitionKey: 'a', Data: data },
        { PartitionKey: 'b', Data: data },
      ],
    }
    const single = { StreamName: 'orders', PartitionKey: 'c', Data: data }
    const client = lab.encrypted()
    const sent = [client.send(new PutRecordsCommand(input)), client.send(new PutRecordCommand(single))]
    data.fill(0x21)
    for (const record of input.Records) record.PartitionKey = 'changed'
    input.Records.length = 1
    input.StreamName = 'payments'
    Object.assign(single, { PartitionKey: 'changed', StreamName: 'payments', Data: bytes('changed') })
    open()
    await Promise.all(sent)
    const records = await lab.peek()
    const reader = createEncryptionClient({ keyring: lab.key.keyring })
    const put = await Promise.all(
      records.map(async (record) => [
        record.PartitionKey,
        Buffer.from((await reader.decrypt(record.Data as Uint8Array)).plaintext).toString(),
      ]),
    )
    const text = Buffer.from(MARKER).toString()
    expect(put.toSorted()).toEqual([
      ['a', text],
      ['b', text],
      ['c', text],
    ])
    expect(await lab.peek('payments')).toEqual([])
  })

  it("leave the caller's input as it was, and take frozen ones", async () => {
    const input = { StreamName: 'orders', Records: [Object.freeze({ PartitionKey: 'a', Data: Uint8Array.from(MARKER) })] }
    Object.freeze(input.Records)
    const command = new PutRecordsCommand(Object.freeze(input))
    await lab.encrypted().send(command)
    expect(command.input.Records?.[0]).toEqual({ PartitionKey: 'a', Data: Uint8Array.from(MARKER) })
  })

  it('send nothing where the key fails', async () => {
    lab.key.failure = 'KEY_TRANSIENT'
    expect(await rejection(lab.encrypted().send(put(MARKER)))).toMatchObject({ code: 'KEY_TRANSIENT' })
    expect(lab.kinesis.requests).toEqual([])
  })

  it('stop where the call is aborted while a key is made, and send nothing', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    lab.key.gate = async () => controller.abort(reason)
    expect(await rejection(lab.encrypted().send(put(MARKER), { abortSignal: controller.signal }))).toBe(reason)
    expect(lab.key.seals).toBe(1)
    expect(lab.kinesis.requests).toEqual([])
  })

  it.each([
    ['text', 'a string', /encode the string/],
    ['nothing', undefined, /must be a Uint8Array/],
  ])('refuse %s for data, and send nothing', async (_what, Data, message) => {
    const error = await rejection(
      lab.encrypted().send(
        new PutRecordsCommand({
          StreamName: 'orders',
          Records: [
            { PartitionKey: 'a', Data: MARKER },
            { PartitionKey: 'b', Data: Data as never },
          ],
        }),
      ),
    )
    expect(error).toMatchObject({ code: 'INPUT_INVALID', message: expect.stringMatching(message) })
    expect(error).toMatchObject({ message: expect.stringContaining('record 1') })
    expect(await rejection(lab.encrypted().send(new PutRecordsCommand({ StreamName: 'orders', Records: undefined })))).toMatchObject({
      code: 'INPUT_INVALID',
    })
    expect(lab.kinesis.requests).toEqual([])
  })

  it('refuse streams that are not configured, or let them pass unencrypted', async () => {
    const command = new PutRecordCommand({ StreamName: 'payments', PartitionKey: 'p', Data: bytes('in the clear') })
    expect(await rejection(lab.encrypted().send(command))).toMatchObject({
      code: 'STREAM_NOT_CONFIGURED',
      message: expect.stringContaining("otherStreams: 'pass'"),
    })
    expect(await rejection(lab.encrypted().send(new PutRecordCommand({ PartitionKey: 'p', Data: MARKER })))).toMatchObject({
      code: 'STREAM_AMBIGUOUS',
    })
    expect(lab.kinesis.requests).toEqual([])
    const passing = lab.encrypted({ otherStreams: 'pass' })
    await passing.send(command)
    await passing.send(put(MARKER))
    expect(Buffer.from((await lab.peek('payments'))[0]?.Data ?? []).toString()).toBe('in the clear')
    expect(parseMessage((await lab.peek())[0]?.Data as Uint8Array).encryptionContext).toEqual(CONTEXT)
    expect(await rejection(passing.send(new PutRecordCommand({ StreamId: 'unknown', PartitionKey: 'p', Data: MARKER })))).toMatchObject({
      code: 'STREAM_AMBIGUOUS',
    })
  })
})

describe('a record that is too large once it is encrypted', () => {
  /** The lab's key, which says of itself that it is one in KMS. */
  function likeKms(): Keyring {
    const keyId = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
    const key = { kind: 'kms', keyId } as const
    return { ...lab.key.keyring, wrappingKeys: { current: async () => key as never, named: async () => undefined } }
  }

  it('is refused before a data key is asked for, where it cannot fit with a KMS key', async () => {
    const most = 1_048_576 - 1 - 469
    const error = (await rejection(lab.encrypted({ keyring: likeKms() }).send(put(new Uint8Array(most + 1))))) as RecordTooLargeError
    expect(error).toMatchObject({ code: 'RECORD_TOO_LARGE', index: 0, beforeWrapping: true })
    expect(error.sizes).toEqual({ plaintextBytes: most + 1, ciphertextBytes: 1_048_576, partitionKeyBytes: 1, limitBytes: 1_048_576 })
    expect(error.message).toContain('1 over the limit of 1048576')
    expect(lab.key.seals).toBe(0)
    await lab.encrypted({ keyring: likeKms() }).send(put(new Uint8Array(most)))
    expect(lab.key.seals).toBe(1)
  })

  it('is refused after wrapping and before sending, where only that shows its length', async () => {
    const client = lab.encrypted()
    await client.send(put(new Uint8Array(10)))
    const [small] = await lab.peek()
    const overhead = (small?.Data?.length ?? 0) - 10
    const key = 'päckchen'
    const most = 1_048_576 - 9 - overhead
    await client.send(put(new Uint8Array(most), key))
    const error = (await rejection(client.send(put(new Uint8Array(most + 1), key)))) as RecordTooLargeError
    expect(error).toMatchObject({ code: 'RECORD_TOO_LARGE', beforeWrapping: false })
    expect(error.sizes).toEqual({
      plaintextBytes: most + 1,
      ciphertextBytes: most + 1 + overhead,
      partitionKeyBytes: 9,
      limitBytes: 1_048_576,
    })
    expect(lab.bodies('PutRecord').length).toBe(2)
  })

  it('keeps all records of its request from being sent', async () => {
    const Records = [new Uint8Array(10), new Uint8Array(1_048_576), new Uint8Array(10)].map((Data, index) => ({
      PartitionKey: `${index}`,
      Data,
    }))
    const error = await rejection(lab.encrypted().send(new PutRecordsCommand({ StreamName: 'orders', Records })))
    expect(error).toMatchObject({ code: 'RECORD_TOO_LARGE', index: 1 })
    expect(lab.kinesis.requests).toEqual([])
    expect(lab.key.seals).toBe(0)
  })

  it('goes by the limit of its stream', async () => {
    lab.kinesis.createStream('big', { maxRecordSizeInKiB: 10_240 })
    const client = lab.encrypted({ streams: { orders: { maxRecordBytes: 2048 }, big: { maxRecordBytes: 10_485_760 } } })
    expect(await rejection(client.send(put(new Uint8Array(2048))))).toMatchObject({ sizes: { limitBytes: 2048 } })
    await client.send(new PutRecordCommand({ StreamName: 'big', PartitionKey: 'p', Data: new Uint8Array(10_485_760 - 1 - 300) }))
    const [record] = await lab.peek('big')
    expect(parseMessage(record?.Data as Uint8Array).frameLength).toBe(10_485_760)
  })
})

describe('a request that is too large', () => {
  it('is refused before a data key is asked for, with more than 500 entries', async () => {
    const Records = Array.from({ length: 501 }, () => ({ PartitionKey: 'p', Data: MARKER }))
    const error = await rejection(lab.encrypted().send(new PutRecordsCommand({ StreamName: 'orders', Records })))
    expect(error).toMatchObject({ code: 'REQUEST_TOO_LARGE', beforeWrapping: true, sizes: { entries: 501, limitEntries: 500 } })
    expect(error).toMatchObject({ message: expect.stringContaining('501 entries, and 500 are the limit') })
    expect(lab.key.seals).toBe(0)
    expect(lab.kinesis.requests).toEqual([])
  })

  it('is refused where encryption takes it over 10 MiB, and says what encryption added', async () => {
    const client = lab.encrypted()
    await client.send(put(new Uint8Array(0)))
    const overhead = (await lab.peek())[0]?.Data?.length as number
    // Ten records, and one byte more than the request may have.
    const sizes = Array.from({ length: 11 }, (_, index) => (index < 10 ? 1_000_000 : 10_485_760 - 10_000_000 - 11 * (overhead + 1) + 1))
    const Records = sizes.map((size) => ({ PartitionKey: 'p', Data: new Uint8Array(size) }))
    const error = (await rejection(client.send(new PutRecordsCommand({ StreamName: 'orders', Records })))) as RequestTooLargeError
    expect(error).toMatchObject({ code: 'REQUEST_TOO_LARGE', beforeWrapping: false })
    expect(error.sizes.ciphertextBytes + error.sizes.partitionKeyBytes).toBe(10_485_761)
    expect(error.message).toContain(
      `Encryption added ${11 * overhead} to ${10_485_761 - 11 * (overhead + 1)} bytes of plaintext in 11 entries`,
    )
    expect(lab.bodies('PutRecords')).toEqual([])
    Object.assign(Records[10] as object, { Data: new Uint8Array((sizes[10] as number) - 1) })
    await client.send(new PutRecordsCommand({ StreamName: 'orders', Records }))
  })

  it('goes by the configured limit', async () => {
    const Records = Array.from({ length: 6 }, () => ({ PartitionKey: 'p', Data: new Uint8Array(1_000_000) }))
    expect(
      await rejection(lab.encrypted({ maxRequestBytes: 5_242_880 }).send(new PutRecordsCommand({ StreamName: 'orders', Records }))),
    ).toMatchObject({ code: 'REQUEST_TOO_LARGE' })
  })
})
