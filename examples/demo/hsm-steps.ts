import { withEncryption } from '@strongroom/kinesis'
import { rotateHsmKey, verifyHsmKey } from '@strongroom/pkcs11'
import type { Backend } from './backend.ts'
import type { HsmKeys } from './hsm-keys.ts'
import { fromBytes, makeOrders } from './order.ts'
import { putAll } from './put-orders.ts'
import type { Report } from './report.ts'
import { ShardReader } from './shard-reader.ts'

const MORE = 20

/** The token goes away and comes back: who reads waits, and loses nothing. `sent` orders are in the stream, and two forged ones. */
export async function playOutage(report: Report, { kinesis, stream, shards }: Backend, keys: HsmKeys, sent: number): Promise<void> {
  report.step('The token goes away, and comes back')
  const streams = { orders: { streamName: stream } }
  const cache = { maxAgeMs: 300_000 }
  const late = withEncryption(kinesis(), { keyring: keys.consumer().keyring, cache, streams })
  const reader = await ShardReader.fromTheBeginning(late, stream, shards)
  keys.unplug()
  const outage = await reader.read().then(
    () => 'nothing happened',
    (error: unknown) => (error as { readonly failures?: readonly { readonly class: string }[] }).failures?.[0]?.class ?? String(error),
  )
  report.claim(`a consumer that comes meanwhile gets no record, and is told that it may pass: ${outage}`, outage === 'transient')
  keys.plug()
  const { records } = await reader.read()
  report.claim(`the token is back, and the same consumer reads all ${sent} orders`, records.length === sent)
}

/** The key is rotated: who writes uses the new version, who reads opens both. */
export async function playRotation(report: Report, { kinesis, stream, shards }: Backend, keys: HsmKeys): Promise<void> {
  report.step('The key is looked over, and rotated')
  const before = await verifyHsmKey(keys.token, { alias: keys.alias })
  for (const { check, holds } of before.findings) report.say(`${check}: ${holds === undefined ? 'not told' : holds ? 'yes' : 'NO'}`)
  report.claim(`${before.key.name} was made in the HSM and never leaves it`, before.sound)
  const { name } = await rotateHsmKey(keys.token, { alias: keys.alias })
  const streams = { orders: { streamName: stream } }
  const wrappedBy: string[] = []
  const producer = withEncryption(kinesis(), {
    keyring: keys.producer().keyring,
    cache: { maxAgeMs: 300_000 },
    streams,
    observer(event) {
      if (event.type === 'dataKey.generated') wrappedBy.push(...event.keyIds)
    },
  })
  const orders = makeOrders(MORE).map((order) => ({ ...order, id: `rotated-${order.id}` }))
  await putAll(producer, stream, orders)
  report.claim(`a producer wraps under ${wrappedBy.join(', ')}`, wrappedBy.length === 1 && wrappedBy[0] === name)
  const consumer = withEncryption(kinesis(), { keyring: keys.consumer().keyring, cache: { maxAgeMs: 300_000 }, streams })
  const reader = await ShardReader.fromTheBeginning(consumer, stream, shards)
  const { records } = await reader.read()
  const found = records.filter(({ Data }) => fromBytes(Data ?? new Uint8Array()).id.startsWith('rotated-')).length
  report.claim(
    `a consumer reads what either version wrote: ${records.length - found} and ${found}`,
    found === MORE && records.length > MORE,
  )
}
