/**
 * S3 objects of 256 MiB through encrypted clients and the plain one: `npx node --conditions=@strongroom/source benchmarks/s3.ts`, on the endpoint in
 * STRONGROOM_ENDPOINT (a LocalStack), or without one on an embedded S3 in a process of its own. `--mib=64` for smaller objects, `--rounds=3`, `--only=put`.
 *
 * Every round measures each contender once, in turn, encrypted between two plain runs; the printed share is the median of the rounds' shares. Memory is
 * measured in a process of its own for each contender, as the peak of its resident set.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { rawAesKeyring } from '@strongroom/core'
import { EncryptedUpload, type S3EncryptionConfig, withEncryption } from '@strongroom/s3'
import { startEmbeddedS3 } from '@strongroom/testing'

const argument = (name: string): string | undefined => process.argv.find((given) => given.startsWith(`--${name}=`))?.split('=')[1]
const MIB = 2 ** 20
const SIZE = Number(argument('mib') ?? 256) * MIB
const ROUNDS = Number(argument('rounds') ?? 5)
const only = argument('only') ?? ''
const MEMORY_TARGET_MIB = 64
/** The same key in every process. */
const KEY = Buffer.alloc(32, 7)
const Bucket = argument('bucket') ?? `strongroom-bench-${process.pid}`
const chunk = randomBytes(MIB)

/** What is measured, by name. */
interface Row {
  readonly name: string
  readonly target: number
  readonly ours: string
  readonly plain: string
}
const rows: readonly Row[] = [
  { name: 'put', target: 0.85, ours: 'put v3', plain: 'put plain' },
  { name: 'put esdk', target: 0.85, ours: 'put esdk', plain: 'put plain' },
  { name: 'get esdk', target: 0.85, ours: 'get esdk', plain: 'get plain' },
  { name: 'get, delayed authentication', target: 0.85, ours: 'get delayed', plain: 'get plain' },
  { name: 'get, second pass', target: 0.45, ours: 'get second-pass', plain: 'get plain' },
  { name: 'EncryptedUpload', target: 0.85, ours: 'upload v3', plain: 'upload plain' },
]

const configs: Readonly<Record<string, Partial<S3EncryptionConfig>>> = {
  v3: {},
  esdk: { format: 'esdk' },
  delayed: { delayedAuthentication: true },
  'second-pass': { largeObjects: 'second-pass' },
}

function contender(work: string, connection: S3ClientConfig): () => Promise<void> {
  const [verb, how] = [work.split(' ')[0] as string, work.split(' ')[1] as string]
  const raw = new S3Client(connection)
  const keyring = rawAesKeyring({ namespace: 'bench', name: 'kek', key: KEY })
  const client = how === 'plain' ? raw : withEncryption(raw, { keyring, ...configs[how] } as S3EncryptionConfig)
  const Key = how === 'plain' ? 'plain' : how === 'esdk' ? 'esdk' : 'v3'
  if (verb === 'put') return async () => void (await client.send(new PutObjectCommand({ Bucket, Key, Body: body(), ContentLength: SIZE })))
  if (verb === 'get') {
    return async () => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
      let length = 0
      for await (const piece of Body as AsyncIterable<Uint8Array>) length += piece.length
      if (length !== SIZE) throw new Error(`${work} gave ${length} bytes`)
    }
  }
  const params = { Bucket, Key: `upload-${how}` }
  return async () => {
    const given = { client, params: { ...params, Body: body(), ContentLength: SIZE } }
    await (how === 'plain' ? new Upload(given) : new EncryptedUpload(given)).done()
  }
}

/** Each chunk in memory of its own, as a file or a socket gives them. */
function body(): Readable {
  let left = SIZE
  return new Readable({
    highWaterMark: 65_536,
    read() {
      if (left === 0) return void this.push(null)
      const length = Math.min(left, 65_536)
      const at = left % MIB
      const data = Buffer.allocUnsafeSlow(length)
      data.set(chunk.subarray(at, at + length))
      left -= length
      this.push(data)
    },
  })
}

const middle = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

async function time(work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

async function report({ name, target, ours, plain }: Row, connection: S3ClientConfig): Promise<void> {
  const [own, theirs] = [contender(ours, connection), contender(plain, connection)]
  await theirs()
  await own()
  const shares: number[] = []
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = await time(theirs)
    const mine = await time(own)
    shares.push((before + (await time(theirs))) / 2 / mine)
    times.push(mine)
  }
  const share = middle(shares)
  const of = plain.startsWith('upload') ? "lib-storage's Upload" : 'the plain client'
  const speed = SIZE / MIB / (middle(times) / 1000)
  const range = `${Math.min(...shares).toFixed(2)} to ${Math.max(...shares).toFixed(2)}`
  console.log(
    `${name.padEnd(30)} ${speed.toFixed(0).padStart(5)} MiB/s  ${share.toFixed(2)} of ${of} (${range})  target (${target}) ${share >= target ? 'met' : 'MISSED'}`,
  )
}

/** Peak resident MiB of a process that does one thing three times. */
async function peakOf(work: string, endpoint: string): Promise<number> {
  const child = fork(import.meta.filename, [`--measure=${work}`, `--endpoint=${endpoint}`, `--bucket=${Bucket}`, `--mib=${SIZE / MIB}`])
  const [peak] = (await once(child, 'message')) as [number]
  return peak
}

async function reportMemory({ name, ours, plain }: Row, endpoint: string): Promise<void> {
  const [own, theirs] = [await peakOf(ours, endpoint), await peakOf(plain, endpoint)]
  const verdict = own - theirs <= MEMORY_TARGET_MIB ? 'met' : 'MISSED'
  console.log(`${`memory of ${name}`.padEnd(40)} ${own} MiB, ${theirs} MiB plain  target (at most ${MEMORY_TARGET_MIB} more) ${verdict}`)
}

function connectionOf(endpoint: string): S3ClientConfig {
  const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
  return { endpoint, region: 'us-east-1', forcePathStyle: true, credentials }
}

async function main(): Promise<void> {
  let server: ChildProcess | undefined
  let endpoint = process.env.STRONGROOM_ENDPOINT
  if (endpoint === undefined) {
    server = fork(import.meta.filename, ['--serve=s3'])
    ;[endpoint] = (await once(server, 'message')) as [string]
  }
  console.log(
    `Node.js ${process.version}, ${SIZE / MIB} MiB on ${server === undefined ? 'a given endpoint' : 'the embedded S3'}, ${ROUNDS} rounds.`,
  )
  try {
    const connection = connectionOf(endpoint)
    await new S3Client(connection).send(new CreateBucketCommand({ Bucket }))
    for (const work of ['put plain', 'put v3', 'put esdk']) await contender(work, connection)()
    for (const row of rows) if (row.name.includes(only)) await report(row, connection)
    for (const row of rows) if (row.name.includes(only)) await reportMemory(row, endpoint)
  } finally {
    server?.kill()
  }
}

if (argument('serve') !== undefined) {
  const s3 = await startEmbeddedS3({ recordRequests: false })
  process.send?.(s3.clientConfig.endpoint)
} else if (argument('measure') !== undefined) {
  const run = contender(argument('measure') as string, connectionOf(argument('endpoint') as string))
  for (let round = 0; round < 3; round += 1) await run()
  process.send?.(Math.round(process.resourceUsage().maxRSS / 1024))
  process.disconnect?.()
  process.exit()
} else {
  await main()
  process.exit()
}
