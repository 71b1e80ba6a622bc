/**
 * DynamoDB items: 1 KB, five encrypted attributes, under a branch key that is at hand; as a share of the speed of the bare primitives, and against
 * the official Java client where Java is here (`npm run bench -- --only=item`; not with `--quick`).
 */
import { randomBytes, randomUUID } from 'node:crypto'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { createItemEncryptor, type Item, type ItemEncryptor, type TableConfig } from '@strongroom/dynamodb'
import { hierarchicalKeyring, staticKeyStore } from '@strongroom/kms'
import { DriverProcess } from '../test/interop/driver-process.ts'
import { java } from '../test/interop/lab/toolchains/java.ts'
import { encodeBytes } from '../test/interop/protocol.ts'
import { itemFloor } from './floor.ts'
import type { Timing } from './hierarchy.ts'

const TARGET = 0.7
/** Times faster than the official client, where no key pair is made or verified: that takes nearly all of the time, and is OpenSSL's. */
const OFFICIAL_TARGET = 3
const text = (length: number): AttributeValue => ({ S: randomBytes(length).toString('base64').slice(0, length) })

/** About 1,000 bytes, names included. */
const item: Item = {
  id: { S: 'order#00000001' },
  at: { S: '2026-11-25T12:00:00Z' },
  state: { S: 'open' },
  name: text(60),
  email: text(60),
  address: { M: { street: text(60), city: text(40), zip: text(10), country: text(20) } },
  lines: {
    L: [{ M: { sku: text(20), count: { N: '2' }, price: { N: '19.99' } } }, { M: { sku: text(20), count: { N: '1' }, price: { N: '5' } } }],
  },
  note: text(300),
}
const branchKey = { branchKeyId: randomUUID(), version: randomUUID(), branchKey: randomBytes(32) }
const encrypted = ['name', 'email', 'address', 'lines', 'note'] as const

function tableOf(suite: '6700' | '6701'): TableConfig {
  return {
    logicalTableName: 'orders',
    partitionKey: 'id',
    sortKey: 'at',
    actions: { state: 'sign', ...Object.fromEntries(encrypted.map((name) => [name, 'encrypt'])) },
    suite,
  }
}

/** Nanoseconds of one encryption and one decryption in the official client, over so many of each. */
type Official = (suite: '6700' | '6701', iterations: number) => Promise<{ readonly encrypt: number; readonly decrypt: number }>

/** Starts the official client; answers nothing where Java is not here. */
async function startOfficial(): Promise<(AsyncDisposable & { readonly time: Official }) | undefined> {
  if (process.argv.includes('--quick') || (await java.missing()) !== undefined) return undefined
  const { name, command, args } = await java.build()
  const driver = new DriverProcess({ name, command, args: [...args.slice(0, -1), 'strongroom.interop.ItemBench'] })
  const keyring = {
    type: 'hierarchical',
    branchKeyId: branchKey.branchKeyId,
    ttlMs: 3_600_000,
    keyStore: { static: [{ ...branchKey, active: true }] },
  }
  return {
    async time(suite, iterations) {
      const table = tableOf(suite)
      const config = { ...table, actions: { ...table.actions, id: 'sign', at: 'sign' }, keyring }
      const answer = await driver.ask(encodeBytes({ op: 'time', item, config, iterations }) as { op: string })
      if (answer['ok'] !== true) throw new Error(String(answer['error']))
      return { encrypt: Number(answer['encrypt']) / iterations, decrypt: Number(answer['decrypt']) / iterations }
    },
    [Symbol.asyncDispose]: () => driver.close(),
  }
}

/** Encrypting and decrypting an item in both suites. */
export async function dynamodb(timing: Timing): Promise<void> {
  if (!['encrypt', 'decrypt'].some((verb) => ['6700', '6701'].some((suite) => rowName(verb, suite).includes(timing.only)))) return
  await using official = await startOfficial()
  if (official === undefined) console.log('The official client for items is left out: it needs Java and Maven, and time.')
  const keyring = hierarchicalKeyring({ keyStore: staticKeyStore([branchKey]), branchKeyId: branchKey.branchKeyId })
  for (const suite of ['6700', '6701'] as const) {
    const encryptor = createItemEncryptor({ keyring, table: tableOf(suite) })
    const { item: sealed } = await encryptor.encryptItem(item)
    const bare = await floorOf(encryptor, sealed)
    const signed = suite === '6701'
    // Both run on until they are compiled: an item goes through far more code than a message.
    const warmUp = signed ? 1000 : 10_000
    await official?.time(suite, warmUp)
    await report(
      timing,
      {
        name: rowName('encrypt', suite),
        warmUp,
        ours: () => encryptor.encryptItem(item),
        floor: signed ? bare.encryptSigned : bare.encrypt,
      },
      async () => (official === undefined ? undefined : (await official.time(suite, signed ? 100 : 1000)).encrypt),
    )
    await report(
      timing,
      {
        name: rowName('decrypt', suite),
        warmUp,
        ours: () => encryptor.decryptItem(sealed),
        floor: signed ? bare.decryptSigned : bare.decrypt,
      },
      async () => (official === undefined ? undefined : (await official.time(suite, signed ? 100 : 1000)).decrypt),
    )
  }
}

function rowName(verb: string, suite: string): string {
  return `${verb} item 1 KB ${suite} hierarchy`
}

/** The primitives of that very item. */
async function floorOf(encryptor: ItemEncryptor, sealed: Item): Promise<ReturnType<typeof itemFloor>> {
  const bytes = (name: string): Uint8Array => sealed[name]?.B as Uint8Array
  const { encryptionContext } = await encryptor.decryptItem(sealed)
  const context = 2 + Object.entries(encryptionContext).reduce((sum, pair) => sum + 4 + Buffer.byteLength(pair.join('')), 0)
  const header = bytes('aws_dbe_head').length
  // Each of eight fields: path, length and label; three in the clear.
  const record = header + 8 + context + 8 * 45 + 60 + encrypted.reduce((sum, name) => sum + bytes(name).length, 0)
  return itemFloor(
    encrypted.map((name) => bytes(name).subarray(18)),
    { header, context, record },
  )
}

interface Row {
  readonly name: string
  readonly warmUp: number
  readonly ours: () => Promise<unknown>
  readonly floor: () => unknown
}

async function report(
  { only, rounds, batchOf, median, middle }: Timing,
  { name, warmUp, ours, floor }: Row,
  official: () => Promise<number | undefined>,
): Promise<void> {
  if (!name.includes(only)) return
  for (let run = 0; run < warmUp; run += 1) {
    await ours()
    await floor()
  }
  const batch = await batchOf(ours)
  const measured: { readonly ours: number; readonly floor: number; readonly official: number | undefined }[] = []
  for (let round = 0; round < rounds; round += 1)
    measured.push({ ours: await median(ours, batch), floor: await median(floor, batch), official: await official() })
  const share = middle(measured.map((round) => round.floor / round.ours))
  const faster = middle(measured.map((round) => (round.official ?? Number.NaN) / round.ours))
  const time = middle(measured.map((round) => round.ours)) / 1000
  const against = name.includes('6700') && !Number.isNaN(faster)
  const met = share >= TARGET && !(against && faster < OFFICIAL_TARGET)
  const wanted = against ? `floor ${TARGET}, official ${OFFICIAL_TARGET}` : `floor ${TARGET}`
  const factor = Number.isNaN(faster) ? '' : `  ${faster.toFixed(1)}x official`
  const verdict = met ? `  target (${wanted}) met` : `  TARGET (${wanted}) MISSED`
  console.log(`${name.padEnd(40)} ${time.toFixed(1).padStart(7)} us${factor}  ${share.toFixed(2)} of the bare primitives${verdict}`)
}
