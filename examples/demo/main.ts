/**
 * `npm run demo`: orders go encrypted through Kinesis and come back. `npm run demo -- --endpoint http://127.0.0.1:4566` plays on LocalStack, and
 * `npm run demo -- --hsm` with the keys in an HSM (SoftHSM2) that goes away in between. Exits with 1 where anything is not as claimed.
 */
import { parseArgs } from 'node:util'
import { PutRecordCommand } from '@aws-sdk/client-kinesis'
import { withEncryption } from '@strongroom/kinesis'
import { type Backend, embeddedBackend, remoteBackend } from './backend.ts'
import { hsmKeys } from './hsm-keys.ts'
import { playOutage, playRotation } from './hsm-steps.ts'
import { type DemoKeys, kmsKeys } from './keys.ts'
import { openWithOfficialClient } from './official-client.ts'
import { fromBytes, makeOrders, type Order, SECRET_MARKER, sorted, toBytes } from './order.ts'
import { putAll } from './put-orders.ts'
import { hexdump, Report } from './report.ts'
import { ShardReader } from './shard-reader.ts'

const ORDERS = 500

const { endpoint, hsm } = parseArgs({ options: { endpoint: { type: 'string' }, hsm: { type: 'boolean' } } }).values
const report = new Report()
await using backend = endpoint === undefined ? await embeddedBackend() : await remoteBackend(endpoint)
await using inHsm = hsm ? await hsmKeys() : undefined
const keys: DemoKeys = inHsm ?? kmsKeys(backend)
console.log(`Kinesis records, encrypted under a key in ${keys.place}. Backend: ${backend.description}`)
await play(backend, keys)
if (inHsm !== undefined) {
  await playOutage(report, backend, inHsm, ORDERS + 1)
  await playRotation(report, backend, inHsm)
}
console.log(report.failures === 0 ? '\nEverything was as claimed.' : `\n${report.failures} claims did not hold.`)
process.exitCode = report.failures === 0 ? 0 : 1

async function play({ kinesis, stream, shards }: Backend, keys: DemoKeys): Promise<void> {
  const orders = makeOrders(ORDERS)
  const { service } = keys
  const cache = { maxAgeMs: 300_000 }
  // The key in `streams` is what records are bound to; the stream's name may differ from it.
  const streams = { orders: { streamName: stream } }

  report.step(`A producer puts ${ORDERS} orders`)
  const { calls: producerCalls, ...producerKeys } = keys.producer()
  const plain = kinesis()
  const producer = withEncryption(plain, { ...producerKeys, cache, streams })
  await putAll(producer, stream, orders)
  report.say(keys.description)
  report.claim(`one ${service} call for all of them: ${producerCalls()}`, producerCalls() === keys.oneMade)

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
  const { calls: consumerCalls, ...consumerKeys } = keys.consumer()
  const consumer = withEncryption(plain, { ...consumerKeys, cache, streams })
  const reader = await ShardReader.fromTheBeginning(consumer, stream, shards)
  const { records } = await reader.read()
  const received = records.map(({ Data }) => fromBytes(Data ?? new Uint8Array()))
  report.say(`the first: ${JSON.stringify(received[0])}`)
  report.claim(`all ${ORDERS} orders came back, each once and unchanged`, sorted(received) === sorted(orders))
  report.claim(`one ${service} call for all of them: ${consumerCalls()}`, consumerCalls() === keys.oneOpened)

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
  const opened = await openWithOfficialClient(keys.official(), sample)
  report.say(`encryption context: ${JSON.stringify(opened.encryptionContext)}`)
  const order = fromBytes(opened.plaintext)
  report.say(`${opened.plaintext.length} bytes of plaintext, ${sample.length} on the wire`)
  report.claim(
    `it reads ${order.id}`,
    orders.some((sent) => sorted([sent]) === sorted([order])),
  )
  report.claim('the record is bound to its stream', opened.encryptionContext['strongroom-stream'] === 'orders')
}
