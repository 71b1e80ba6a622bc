/**
 * Orders through Kinesis under keys in two HSM clusters, of which one dies in between: `npx node --conditions=@strongroom/source
 * examples/kinesis-cloudhsm/main.ts`. The clusters are
 * tokens of SoftHSM2 here; clusters.ts says what is other with AWS CloudHSM. Exits with 1 where anything is not as claimed.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { KinesisClient } from '@aws-sdk/client-kinesis'
import { isStrongroomError, type Keyring, multiKeyring, parseMessage } from '@strongroom/core'
import { withEncryption } from '@strongroom/kinesis'
import { verifyHsmKey } from '@strongroom/pkcs11'
import { type Backend, embeddedBackend } from '../demo/backend.ts'
import { fromBytes, makeOrders, sorted } from '../demo/order.ts'
import { putAll } from '../demo/put-orders.ts'
import { Report } from '../demo/report.ts'
import { ShardReader } from '../demo/shard-reader.ts'
import { openCluster, softClusters } from './clusters.ts'

const report = new Report()
await using backend = await embeddedBackend()
const { hsm, addresses } = softClusters()
using _tokens = hsm
const clusters = [await openCluster(addresses[0]), await openCluster(addresses[1])] as const
try {
  await play(backend)
} finally {
  for (const { token } of clusters) await token.close()
}
console.log(report.failures === 0 ? '\nEverything was as claimed.' : `\n${report.failures} claims did not hold.`)
process.exitCode = report.failures === 0 ? 0 : 1

async function play({ kinesis, stream, shards }: Backend): Promise<void> {
  const [a, b] = clusters
  const orders = makeOrders(300)
  // Every data key is wrapped in both clusters, and either opens it.
  const both = multiKeyring({ generator: a.keyring, children: [b.keyring] })
  const encrypted = (keyring: Keyring): KinesisClient =>
    withEncryption(kinesis(), { keyring, cache: { maxAgeMs: 300_000 }, streams: { orders: { streamName: stream } } })

  report.step('Two clusters, each with a key of its own')
  for (const { name, token } of clusters) {
    const { key, sound } = await verifyHsmKey(token, { alias: 'orders' })
    report.claim(`${name}: ${key.name}, check value ${key.checkValue}, made there and kept there`, sound)
  }

  report.step('A producer puts 100 orders')
  const producer = encrypted(both)
  await putAll(producer, stream, orders.slice(0, 100))
  const peeked = (await (await ShardReader.fromTheBeginning(kinesis(), stream, shards)).read()).records
  const wrappedIn = parseMessage(peeked[0]?.Data ?? new Uint8Array()).encryptedDataKeys.map(({ providerId }) => providerId)
  report.claim(`their data key is wrapped in ${wrappedIn.join(' and ')}`, wrappedIn.join() === 'cluster-a,cluster-b')

  report.step('cluster-a dies')
  hsm.unplug('cluster-a')
  await putAll(producer, stream, orders.slice(100, 200))
  report.claim('the producer goes on with the data key that it has', true)
  const consumer = encrypted(both)
  const reader = await ShardReader.fromTheBeginning(consumer, stream, shards)
  const first = (await reader.read()).records.map(({ Data }) => fromBytes(Data ?? new Uint8Array()))
  report.claim('a consumer that starts now reads all 200, by cluster-b', sorted(first) === sorted(orders.slice(0, 200)))
  const refused = await putAll(encrypted(both), stream, orders.slice(200, 201)).then(
    () => 'it wrote',
    (error: unknown) => (isStrongroomError(error) ? error.code : String(error)),
  )
  report.claim(`a producer that starts now writes nothing that cluster-a could not open: ${refused}`, refused === 'KEY_TRANSIENT')

  report.step('cluster-a is back')
  hsm.plug('cluster-a')
  const successor = encrypted(both)
  // A cluster that failed is left alone for a moment; until then it answers at once that it is.
  await whileItMayPass(() => putAll(successor, stream, orders.slice(200)))
  const rest = (await reader.read()).records.map(({ Data }) => fromBytes(Data ?? new Uint8Array()))
  report.claim('the rest is wrapped in both again, and the consumer reads on', sorted([...first, ...rest]) === sorted(orders))
}

/** Tries again for ten seconds, as any producer does with what may pass. Nothing was put where the data key could not be wrapped. */
async function whileItMayPass(run: () => Promise<void>): Promise<void> {
  for (let left = 100; ; left--) {
    try {
      return await run()
    } catch (error) {
      if (!isStrongroomError(error, 'KEY_TRANSIENT') || left === 0) throw error
      await sleep(100)
    }
  }
}
