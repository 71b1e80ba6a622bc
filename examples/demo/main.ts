/**
 * `npm run demo`: orders go encrypted through Kinesis and come back. `npm run demo -- --endpoint http://127.0.0.1:4566` plays on LocalStack.
 * Exits with 1 where anything is not as claimed.
 */
import { parseArgs } from 'node:util'
import { type KinesisClient, PutRecordCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { withEncryption } from '@strongroom/kinesis'
import { kmsKeyring } from '@strongroom/kms'
import { type Backend, embeddedBackend, remoteBackend } from './backend.ts'
import { openWithOfficialClient } from './official-client.ts'
import { fromBytes, makeOrders, type Order, SECRET_MARKER, toBytes } from './order.ts'
import { hexdump, Report } from './report.ts'
import { ShardReader } from './shard-reader.ts'

const ORDERS = 500
const BATCH = 100

const { endpoint } = parseArgs({ options: { endpoint: { type: 'string' } } }).values
const report = new Report()
await using backend = endpoint === undefined ? await embeddedBackend() : await remoteBackend(endpoint)
console.log(`Kinesis records, encrypted under AWS KMS. Backend: ${backend.description}`)
await play(backend)
console.log(report.failures === 0 ? '\nEverything was as claimed.' : `\n${report.failures} claims did not hold.`)
process.exitCode = report.failures === 0 ? 0 : 1

async function play({ kinesis, kms, keyArn, stream, shards }: Backend): Promise<void> {
  const orders = makeOrders(ORDERS)
  const cache = { maxAgeMs: 300_000 }
  // The key in `streams` is what records are bound to; the stream's name may differ from it.
  const streams = { orders: { streamName: stream } }

  report.step(`A producer puts ${ORDERS} orders`)
  const producerKms = kms()
  const plain = kinesis()
  const producer = withEncryption(plain, { keyring: kmsKeyring({ generatorKeyId: keyArn, client: producerKms.client }), cache, streams })
  await putAll(producer, stream, orders)
  report.say(`KMS key ${keyArn}`)
  report.claim(`one KMS call for all of them: ${describe(producerKms.calls)}`, describe(producerKms.calls) === '1 GenerateDataKey')

  report.step('A peek at the stream, without keys')
  const peeker = await ShardReader.fromTheBeginning(plain, stream, shards)
  const peeked = (await peeker.read()).records
  const sample = peeked[0]?.Data ?? new Uint8Array()
  report.say(`the first, ${sample.length} bytes:`)
  for (const line of hexdump(sample, 12)) report.say(line)
  report.say('…')
  report.claim(
    `${peeked.length} records, and no card number in any`,
    peeked.length === ORDERS && !peeked.some(({ Data }) => Buffer.from(Data ?? []).includes(SECRET_MARKER)),
  )

  report.step('A consumer with the key reads them')
  const consumerKms = kms()
  const consumer = withEncryption(plain, { keyring: kmsKeyring({ keyIds: [keyArn], client: consumerKms.client }), cache, streams })
  const reader = await ShardReader.fromTheBeginning(consumer, stream, shards)
  const { records } = await reader.read()
  const received = records.map(({ Data }) => fromBytes(Data ?? new Uint8Array()))
  report.say(`the first: ${JSON.stringify(received[0])}`)
  report.claim(`all ${ORDERS} orders came back, each once and unchanged`, sorted(received) === sorted(orders))
  report.claim(`one KMS call for all of them: ${describe(consumerKms.calls)}`, describe(consumerKms.calls) === '1 Decrypt')

  report.step('Somebody who may write to the stream tampers')
  const tampered = Uint8Array.from(sample)
  tampered[tampered.length - 20] = (tampered.at(-20) as number) ^ 1
  await plain.send(new PutRecordCommand({ StreamName: stream, PartitionKey: 'tampered', Data: tampered }))
  await plain.send(
    new PutRecordCommand({ StreamName: stream, PartitionKey: 'forged', Data: toBytes({ ...(orders[0] as Order), total: '0.01' }) }),
  )
  const [late] = makeOrders(ORDERS + 1).slice(-1) as [Order]
  await putAll(producer, stream, [late])
  const after = await reader.read()
  for (const { partitionKey, class: rejection, cause } of after.rejected) report.say(`${partitionKey}: ${rejection}, ${cause.message}`)
  const classes = new Map(after.rejected.map(({ partitionKey, class: rejection }) => [partitionKey, rejection]))
  report.claim('the order with one bit changed was refused', classes.get('tampered') === 'integrity')
  report.claim('the order that was never encrypted was refused', classes.get('forged') === 'not-encrypted')
  report.claim(
    'the good order behind them arrived, and nothing else',
    sorted(after.records.map(({ Data }) => fromBytes(Data ?? new Uint8Array()))) === sorted([late]),
  )

  report.step("AWS's own Encryption SDK for JavaScript opens what was written")
  const opened = await openWithOfficialClient(kms().client, keyArn, sample)
  report.say(`encryption context: ${JSON.stringify(opened.encryptionContext)}`)
  const order = fromBytes(opened.plaintext)
  report.say(`${opened.plaintext.length} bytes of plaintext, ${sample.length} on the wire`)
  report.claim(
    `it reads ${order.id}`,
    orders.some((sent) => sorted([sent]) === sorted([order])),
  )
  report.claim('the record is bound to its stream', opened.encryptionContext['strongroom-stream'] === 'orders')
}

/** The first by PutRecord, the others in batches by PutRecords; entries that Kinesis refused are put again. */
async function putAll(client: KinesisClient, stream: string, orders: readonly Order[]): Promise<void> {
  const [first, ...others] = orders
  if (first !== undefined)
    await client.send(new PutRecordCommand({ StreamName: stream, PartitionKey: first.customer, Data: toBytes(first) }))
  for (let at = 0; at < others.length; at += BATCH) {
    let left = others.slice(at, at + BATCH)
    while (left.length > 0) {
      const batch = left
      const { Records = [] } = await client.send(
        new PutRecordsCommand({
          StreamName: stream,
          Records: batch.map((order) => ({ PartitionKey: order.customer, Data: toBytes(order) })),
        }),
      )
      left = batch.filter((_, index) => Records[index]?.ErrorCode !== undefined)
    }
  }
}

function describe(calls: ReadonlyMap<string, number>): string {
  return [...calls].map(([operation, count]) => `${count} ${operation}`).join(', ') || 'none'
}

function sorted(orders: readonly Order[]): string {
  return JSON.stringify(orders.toSorted((one, other) => one.id.localeCompare(other.id)))
}
