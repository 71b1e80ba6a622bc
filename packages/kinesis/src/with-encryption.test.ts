import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  Kinesis,
  KinesisClient,
  ListStreamsCommand,
  PutRecordCommand,
} from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { parseMessage } from '@strongroom/core'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { bytes, horizon, type Lab, startLab, texts } from '../test/lab.ts'
import { kinesisEncryption } from './kinesis-encryption.ts'
import { withEncryption } from './with-encryption.ts'

let lab: Lab
beforeEach(async () => {
  await lab?.kinesis.close()
  lab = await startLab()
})
afterAll(() => lab.kinesis.close())

const command = new PutRecordCommand({ StreamName: 'orders', PartitionKey: 'p', Data: bytes('hello') })
const config = () => ({ keyring: lab.key.keyring, cache: { maxAgeMs: 600_000 }, streams: { orders: {} } })

/** How many records of the stream are encrypted, and how many there are. */
async function encryptedOf(): Promise<readonly [number, number]> {
  const records = await lab.peek()
  const encrypted = records.filter(({ Data }) => Data?.[0] === 2 && parseMessage(Data).encryptionContext['strongroom-stream'] === 'orders')
  return [encrypted.length, records.length]
}

describe('withEncryption', () => {
  it('answers a client of the same class, with all its methods', async () => {
    const kinesis = withEncryption(new Kinesis({ ...lab.kinesis.clientConfig, requestHandler: new NodeHttpHandler() }), config())
    expect(kinesis).toBeInstanceOf(Kinesis)
    await kinesis.putRecord(command.input)
    const { Records } = await kinesis.getRecords({ ShardIterator: await horizon(kinesis) })
    expect(texts(Records)).toEqual(['hello'])
    expect(await encryptedOf()).toEqual([1, 1])
  })

  it('works over HTTP/2, the default of the SDK', async () => {
    const plain = new KinesisClient(lab.kinesis.clientConfig)
    const client = withEncryption(plain, config())
    await client.send(command)
    expect(texts((await client.send(new GetRecordsCommand({ ShardIterator: await horizon(client) }))).Records)).toEqual(['hello'])
    expect(await encryptedOf()).toEqual([1, 1])
    plain.destroy()
  })

  it('calls back, where a callback is given', async () => {
    const client = lab.encrypted()
    await new Promise<void>((resolve, reject) => client.send(command, (error) => (error ? reject(error) : resolve())))
    expect(await encryptedOf()).toEqual([1, 1])
  })

  it('lets commands without records pass', async () => {
    const client = lab.encrypted()
    expect((await client.send(new ListStreamsCommand({}))).StreamNames).toContain('payments')
    expect((await client.send(new DescribeStreamSummaryCommand({ StreamName: 'payments' }))).StreamDescriptionSummary?.StreamName).toBe(
      'payments',
    )
  })

  it('encrypts with a client that keeps its handlers, also those it used before', async () => {
    const plain = lab.client({ cacheMiddleware: true })
    await plain.send(command)
    const client = withEncryption(plain, config())
    await client.send(command)
    await client.send(command, {})
    await client.send(command)
    await plain.send(command)
    await client.send(command)
    expect(await encryptedOf()).toEqual([4, 6])
  })

  it('keeps apart two concurrent calls where handlers are kept', async () => {
    const client = withEncryption(lab.client({ cacheMiddleware: true }), config())
    await Promise.all(Array.from({ length: 20 }, () => client.send(command)))
    expect(await encryptedOf()).toEqual([20, 20])
  })

  it('refuses a client whose send was replaced', () => {
    const plain = lab.client()
    plain.send = plain.send.bind(plain) as typeof plain.send
    expect(() => withEncryption(plain, config())).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})

describe('the plugin', () => {
  it('encrypts what its client puts', async () => {
    const client = lab.client()
    client.middlewareStack.use(kinesisEncryption(config()))
    await client.send(command)
    expect(texts((await client.send(new GetRecordsCommand({ ShardIterator: await horizon(client) }))).Records)).toEqual(['hello'])
    expect(await encryptedOf()).toEqual([1, 1])
  })
})

describe('encryption that is applied twice', () => {
  const alreadyApplied = expect.objectContaining({ code: 'ALREADY_APPLIED' })

  it('is refused, in every combination', () => {
    expect(() => withEncryption(lab.encrypted(), config())).toThrow(alreadyApplied)
    expect(() => lab.encrypted().middlewareStack.use(kinesisEncryption(config()))).toThrow(alreadyApplied)
    const plugged = lab.client()
    plugged.middlewareStack.use(kinesisEncryption(config()))
    expect(() => plugged.middlewareStack.use(kinesisEncryption(config()))).toThrow(alreadyApplied)
    expect(() => withEncryption(plugged, config())).toThrow(alreadyApplied)
  })

  it('is refused by a second copy of the package', async () => {
    const copy = (await import(`${'./kinesis-encryption.ts'}?copy`)) as { kinesisEncryption: typeof kinesisEncryption }
    expect(copy.kinesisEncryption).not.toBe(kinesisEncryption)
    expect(() => lab.encrypted().middlewareStack.use(copy.kinesisEncryption(config()))).toThrow(alreadyApplied)
  })

  it('is refused where a command brings the plugin along', async () => {
    const doubled = new PutRecordCommand(command.input)
    doubled.middlewareStack.use(kinesisEncryption(config()) as never)
    expect(() => lab.encrypted().send(doubled)).toThrow(/strongroomKinesisEncryption/)
    expect(lab.kinesis.requests).toEqual([])
  })

  it('is no matter where it is two clients of one plain client', async () => {
    const plain = lab.client()
    await withEncryption(plain, config()).send(command)
    await withEncryption(plain, config()).send(command)
    expect(await encryptedOf()).toEqual([2, 2])
  })
})
