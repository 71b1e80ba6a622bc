/**
 * Streams against a bare loop over the same frames: `npx node --conditions=@strongroom/source benchmarks/streams.ts`.
 *
 * Both read the same 32 MiB, more than the processor's caches hold, in chunks of 64 KiB. Every round measures each contender once, in turn; the
 * printed ratio is the median of the rounds' ratios.
 */
import { execFile } from 'node:child_process'
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createEncryptionClient, type EncryptionClient, generateAesKey, rawAesKeyring } from '@strongroom/core'

const FRAME = 65_536
const FRAMES = 512
const OVERHEAD = 16
const TARGET = 0.7
const TARGET_OF_TWO = 1.3
const key = createSecretKey(randomBytes(32))
const aad = randomBytes(78)

type Work = () => unknown

/** The primitives alone. */
function sealBare(plaintext: Uint8Array): void {
  const iv = Buffer.alloc(12)
  for (let frame = 0; frame < FRAMES; frame += 1) {
    iv.writeUInt32BE(frame, 8)
    const cipher = createCipheriv('aes-256-gcm', key, iv)
    cipher.setAAD(aad)
    cipher.update(plaintext.subarray(frame * FRAME, (frame + 1) * FRAME))
    cipher.final()
    cipher.getAuthTag()
  }
}

function sealed(plaintext: Uint8Array): Buffer {
  const out = Buffer.alloc(FRAMES * (FRAME + OVERHEAD))
  for (let frame = 0; frame < FRAMES; frame += 1) {
    const cipher = createCipheriv('aes-256-gcm', key, Buffer.alloc(12))
    cipher.setAAD(aad)
    out.set(cipher.update(plaintext.subarray(frame * FRAME, (frame + 1) * FRAME)), frame * (FRAME + OVERHEAD))
    cipher.final()
    out.set(cipher.getAuthTag(), frame * (FRAME + OVERHEAD) + FRAME)
  }
  return out
}

function openBare(ciphertext: Uint8Array): void {
  const iv = Buffer.alloc(12)
  for (let at = 0; at < ciphertext.length; at += FRAME + OVERHEAD) {
    const decipher = createDecipheriv('aes-256-gcm', key, iv)
    decipher.setAAD(aad)
    decipher.setAuthTag(ciphertext.subarray(at + FRAME, at + FRAME + OVERHEAD))
    decipher.update(ciphertext.subarray(at, at + FRAME))
    decipher.final()
  }
}

function chunked(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at >= bytes.length) return controller.close()
        controller.enqueue(bytes.subarray(at, at + FRAME))
        at += FRAME
      },
    },
    { highWaterMark: 0 },
  )
}

async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  const reader = stream.getReader()
  while (!(await reader.read()).done);
}

async function time(work: Work): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

function middle(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

async function report(name: string, rounds: number, bare: Work, ours: Work, target?: number): Promise<void> {
  const ratios: number[] = []
  const times: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    // Before and after, so that what the machine does meanwhile falls on both.
    const before = await time(bare)
    const own = await time(ours)
    ratios.push((before + (await time(bare))) / 2 / own)
    times.push(own)
  }
  print(name, middle(times), middle(ratios), 'bare AES-GCM', target)
}

/** The best of all rounds counts: it is the one in which both cores were free. */
async function reportTwoThreads(name: string, rounds: number, one: Work, two: Work, target?: number): Promise<void> {
  let [bestOfOne, bestOfTwo] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let round = 0; round < rounds; round += 1) {
    bestOfOne = Math.min(bestOfOne, await time(one))
    bestOfTwo = Math.min(bestOfTwo, await time(two))
  }
  print(name, bestOfTwo, bestOfOne / bestOfTwo, 'one core', target)
}

function print(name: string, ms: number, ratio: number, of: string, target: number | undefined): void {
  const verdict = target === undefined ? '' : ratio >= target ? `  target (${target}) met` : `  TARGET (${target}) MISSED`
  const speed = (FRAMES * FRAME) / 2 ** 30 / (ms / 1000)
  console.log(`${name.padEnd(34)} ${speed.toFixed(2).padStart(5)} GiB/s  ${ratio.toFixed(2)} of ${of}${verdict}`)
}

/** Memory over idle of a program that sends a file through a stream. */
async function memory(folder: string, way: 'encrypt' | 'decrypt', from: string, to: string): Promise<void> {
  const program = join(import.meta.dirname, '../test/streams/memory-run.ts')
  const args = ['--conditions=@strongroom/source', program, way, '0478', join(folder, from), join(folder, to)]
  const { overIdleMiB } = JSON.parse((await promisify(execFile)(process.execPath, args)).stdout) as { overIdleMiB: number }
  const verdict = overIdleMiB <= 64 ? 'met' : 'MISSED'
  console.log(`${`${way} a file of 256 MiB`.padEnd(34)} ${overIdleMiB} MiB of memory over idle (target 64) ${verdict}`)
}

/** Prints the rows of streams. */
export async function streams(quick: boolean): Promise<void> {
  const rounds = quick ? 15 : 61
  const plaintext = randomBytes(FRAMES * FRAME)
  const bareCiphertext = sealed(plaintext)
  const keyring = rawAesKeyring({ namespace: 'bench', name: 'kek', key: generateAesKey() })
  for (const suite of ['0478', '0578'] as const) {
    const client: EncryptionClient = createEncryptionClient({ keyring, suite })
    const { ciphertext } = await client.encrypt(plaintext)
    const encrypt = () => drain(chunked(plaintext).pipeThrough(client.encryptStream()))
    const onTwo = () => drain(chunked(plaintext).pipeThrough(client.encryptStream({ threads: 2 })))
    const decrypt = () => drain(chunked(ciphertext).pipeThrough(client.decryptStream()))
    // What signs also hashes, at a fifth of the speed of AES-GCM.
    const target = suite === '0478' ? TARGET : undefined
    await report(`encryptStream ${suite}, one core`, rounds, () => sealBare(plaintext), encrypt, target)
    await reportTwoThreads(`encryptStream ${suite}, two threads`, rounds, encrypt, onTwo, suite === '0478' ? TARGET_OF_TWO : undefined)
    await report(`decryptStream ${suite}, one core`, rounds, () => openBare(bareCiphertext), decrypt, target)
  }
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-bench-'))
  try {
    writeFileSync(join(folder, 'plain'), Buffer.alloc(2 ** 28, 1))
    await memory(folder, 'encrypt', 'plain', 'sealed')
    await memory(folder, 'decrypt', 'sealed', 'opened')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (process.argv[1] === import.meta.filename) await streams(process.argv.includes('--quick'))
