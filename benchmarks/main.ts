/**
 * Ours : official : floor, interleaved in one process, as ratios. `npm run bench`, or `npm run bench -- --quick` for a look,
 * `-- --only='1 KiB 0478'` for some rows.
 *
 * Every round measures each contender once, in turn, so that what else the machine does falls on all of them; the printed ratio is the median
 * of the rounds' ratios.
 */
import { randomBytes } from 'node:crypto'
import { createEncryptionClient, generateAesKey, rawAesKeyring } from '@strongroom/core'
import { measure } from 'mitata'
import { dynamodb } from './dynamodb.ts'
import { dynamodbClient } from './dynamodb-client.ts'
import { floor } from './floor.ts'
import { footprint } from './footprint.ts'
import { hierarchy } from './hierarchy.ts'
import { hsm } from './hsm.ts'
import { official } from './official.ts'

const quick = process.argv.includes('--quick')
/** Only rows whose name contains this. */
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length) ?? ''
const ROUNDS = quick ? 3 : 9
const SAMPLE_NS = quick ? 30e6 : 120e6
const CONTEXT = Object.freeze({ purpose: 'bench' })
const sizes = [
  [64, '64 B'],
  [1024, '1 KiB'],
  [65_536, '64 KiB'],
  [1_048_576, '1 MiB'],
] as const

type Work = () => unknown
interface Row {
  readonly name: string
  readonly ours: Work
  readonly official: Work
  /** Each under its own name; the first is the row's floor. */
  readonly floors: Readonly<Record<string, Work>>
  /** Least ratios to the floor and to the official client. */
  readonly target?: { readonly floor?: number; readonly official?: number }
}

/**
 * Median nanoseconds of one run. Runs are measured in batches of about two milliseconds, the bare loops in the same way as the rest: one clock
 * reading for each run would weigh more on what is asynchronous, and would leave out collection.
 */
async function median(work: Work, batch: number): Promise<number> {
  const run = async (): Promise<void> => {
    for (let index = 0; index < batch; index += 1) {
      const answer = work()
      if (answer instanceof Promise) await answer
    }
  }
  const stats = await measure(run, { min_cpu_time: SAMPLE_NS, min_samples: 8, warmup_samples: 2 } as never)
  return stats.p50 / batch
}

/** How many runs make two milliseconds. */
async function batchOf(work: Work): Promise<number> {
  for (let index = 0; index < 100; index += 1) await work()
  const started = performance.now()
  for (let index = 0; index < 20; index += 1) await work()
  return Math.max(1, Math.round(40 / (performance.now() - started)))
}

function middle(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

async function report(row: Row): Promise<void> {
  if (!row.name.includes(only)) return
  const names = Object.keys(row.floors)
  const rounds: { ours: number; official: number; floors: number[] }[] = []
  const batch = await batchOf(row.ours)
  for (let round = 0; round < ROUNDS; round += 1) {
    const floors: number[] = []
    for (const name of names) floors.push(await median(row.floors[name] as Work, batch))
    rounds.push({ ours: await median(row.ours, batch), official: await median(row.official, Math.max(1, Math.round(batch / 8))), floors })
  }
  const ours = middle(rounds.map((round) => round.ours))
  const toOfficial = middle(rounds.map((round) => round.official / round.ours))
  const toFloors = names.map((_, index) => middle(rounds.map((round) => (round.floors[index] as number) / round.ours)))
  const [toFloor] = toFloors as [number, ...number[]]
  const { target = {} } = row
  const met = toFloor >= (target.floor ?? 0) && toOfficial >= (target.official ?? 0)
  const wanted = [
    target.floor === undefined ? [] : [`floor ${target.floor}`],
    target.official === undefined ? [] : [`official ${target.official}`],
  ].flat()
  const floorsText = names.map((name, index) => `${(toFloors[index] as number).toFixed(2)} of ${name}`).join(', ')
  const verdict = wanted.length === 0 ? '' : met ? `  target (${wanted.join(', ')}) met` : `  TARGET (${wanted.join(', ')}) MISSED`
  console.log(
    `${row.name.padEnd(34)} ${(ours / 1000).toFixed(1).padStart(8)} us  ${toOfficial.toFixed(1).padStart(5)}x official  ${floorsText}${verdict}`,
  )
}

const key = generateAesKey()
const keyring = rawAesKeyring({ namespace: 'bench', name: 'kek', key })
const forever = { maxAgeMs: 3_600_000, maxMessages: 2 ** 32, maxBytes: Number.MAX_SAFE_INTEGER }

console.log(
  `Node.js ${process.version}. Ratios: times faster than the official client; share of the floor's speed (1.00 = as fast as the bare primitives).`,
)
for (const suite of ['0478', '0578'] as const) {
  for (const cached of [true, false]) {
    const client = createEncryptionClient({ keyring, suite, ...(cached ? { cache: forever } : {}) })
    const theirs = official(key, suite, cached)
    for (const [size, label] of sizes) {
      const plaintext = randomBytes(size)
      const { ciphertext } = await client.encrypt(plaintext, { encryptionContext: CONTEXT })
      const bare = floor(plaintext)
      const signed = suite === '0578'
      const cachedSigned = signed && cached
      const name = (verb: string): string => `${verb} ${label} ${suite} ${cached ? 'cached' : 'uncached'}`
      await report({
        name: name('encrypt'),
        ours: () => client.encrypt(plaintext, { encryptionContext: CONTEXT }),
        official: () => theirs.encrypt(plaintext),
        floors: encryptFloors(bare, signed, cached),
        ...(cachedSigned ? {} : targets(suite, cached, size)),
      })
      await report({
        name: name('decrypt'),
        ours: () => client.decrypt(ciphertext, { encryptionContext: CONTEXT }),
        official: () => theirs.decrypt(ciphertext),
        floors: decryptFloors(bare, signed, cached),
        ...(cachedSigned ? {} : targets(suite, cached, size)),
      })
    }
  }
}
await hierarchy({ only, rounds: ROUNDS, batchOf, median, middle })
await dynamodb({ only, rounds: ROUNDS, batchOf, median, middle })
await dynamodbClient({ only, rounds: ROUNDS, batchOf, median, middle })
await hsm({ only, rounds: ROUNDS, batchOf, median, middle })
if (only === '') await footprint()

function encryptFloors(bare: ReturnType<typeof floor>, signed: boolean, cached: boolean): Row['floors'] {
  if (!signed) return { 'bare loop': () => bare.encrypt(!cached) }
  // A cached signing suite reuses the key pair with the data key, as the official client does.
  if (cached) return { sign: bare.signOnly }
  return { 'key generation + sign': bare.encryptSigned, 'the same, synchronous': bare.signSync }
}

function decryptFloors(bare: ReturnType<typeof floor>, signed: boolean, cached: boolean): Row['floors'] {
  if (!signed) return { 'bare loop': () => bare.decrypt(!cached) }
  if (cached) return { verify: bare.decryptSigned, 'the same, synchronous': bare.verifySync }
  return { verify: bare.decryptSigned, 'key import + verify': bare.importAndVerify, 'verify, synchronous': bare.verifySync }
}

function targets(suite: string, cached: boolean, size: number): Pick<Row, 'target'> {
  if (size !== 1024) return {}
  if (suite === '0478' && cached) return { target: { floor: 0.75, official: 10 } }
  return suite === '0578' && !cached ? { target: { floor: 0.8 } } : {}
}
