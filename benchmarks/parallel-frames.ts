/**
 * What sealing frames on a second core would bring: the measurements behind docs/adr/0008-parallel-frames.md.
 *
 *     npx node benchmarks/parallel-frames.ts
 *
 * Bare loops, no streams, 32 MiB a round. One core: seal each frame where it lies, as our streams do. Thread pool: WebCrypto, several calls in
 * flight. Second thread: batches of frames are handed to a worker and back, without copies, while the first thread seals others. The best of all
 * rounds counts: it is the one in which both cores were free.
 */
import { createCipheriv, createSecretKey, type KeyObject, randomBytes, webcrypto } from 'node:crypto'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const TOTAL = 2 ** 25
const OVERHEAD = 32
const aad = Buffer.alloc(78)

interface Batch {
  readonly memory: ArrayBuffer
  readonly frames: number
  readonly frameLength: number
  readonly sequence: number
}

function sealBatch(key: KeyObject, { memory, frames, frameLength, sequence }: Batch): void {
  const bytes = Buffer.from(memory)
  for (let frame = 0; frame < frames; frame += 1) {
    const at = frame * (frameLength + OVERHEAD)
    bytes.writeUInt32BE(sequence + frame, at + 12)
    const cipher = createCipheriv('aes-256-gcm', key, bytes.subarray(at + 4, at + 16))
    cipher.setAAD(aad)
    const sealed = cipher.update(bytes.subarray(at + 16, at + 16 + frameLength))
    bytes.set(sealed, at + 16)
    if (sealed.buffer instanceof ArrayBuffer && sealed.buffer.byteLength === sealed.length) sealed.buffer.transfer(0)
    cipher.final()
    bytes.set(cipher.getAuthTag(), at + 16 + frameLength)
  }
}

function batchOf(plaintext: Uint8Array, frameLength: number, sequence: number, frames: number): Batch {
  const bytes = Buffer.allocUnsafeSlow(frames * (frameLength + OVERHEAD))
  for (let frame = 0; frame < frames; frame += 1) {
    const from = (sequence + frame) * frameLength
    bytes.set(plaintext.subarray(from, from + frameLength), frame * (frameLength + OVERHEAD) + 16)
  }
  return { memory: bytes.buffer as ArrayBuffer, frames, frameLength, sequence }
}

async function onThreadPool(key: webcrypto.CryptoKey, plaintext: Uint8Array, frameLength: number, inFlight: number): Promise<void> {
  const pending: Promise<ArrayBuffer>[] = []
  for (let at = 0; at < TOTAL; at += frameLength) {
    if (pending.length >= inFlight) await pending.shift()
    const iv = new Uint8Array(12)
    new DataView(iv.buffer).setUint32(8, at / frameLength)
    const content = plaintext.subarray(at, at + frameLength) as Uint8Array<ArrayBuffer>
    pending.push(webcrypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: aad }, key, content))
  }
  await Promise.all(pending)
}

function onTwoThreads(worker: Worker, key: KeyObject, plaintext: Uint8Array, frameLength: number): Promise<void> {
  const frames = TOTAL / frameLength
  const size = Math.max(1, Math.floor(524_288 / frameLength))
  return new Promise((resolve) => {
    let next = 0
    let done = 0
    let away = 0
    const take = (): Batch => {
      const batch = batchOf(plaintext, frameLength, next, Math.min(size, frames - next))
      next += batch.frames
      return batch
    }
    const hand = (): void => {
      for (; away < 2 && next < frames; away += 1) {
        const batch = take()
        worker.postMessage(batch, [batch.memory])
      }
    }
    const back = (batch: Batch): void => {
      away -= 1
      done += batch.frames
      hand()
      end()
    }
    const end = (): void => {
      if (done < frames) return
      worker.off('message', back)
      resolve()
    }
    const seal = (): void => {
      if (next >= frames) return
      const batch = take()
      sealBatch(key, batch)
      done += batch.frames
      hand()
      end()
      setImmediate(seal)
    }
    worker.on('message', back)
    hand()
    setImmediate(seal)
  })
}

async function main(): Promise<void> {
  const plaintext = randomBytes(TOTAL)
  const raw = randomBytes(32)
  const key = createSecretKey(raw)
  const webKey = await webcrypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt'])
  const before = process.memoryUsage.rss()
  const worker = new Worker(import.meta.filename, { workerData: key })
  await new Promise((resolve) => worker.once('online', resolve))
  console.log(`a worker takes ${Math.round((process.memoryUsage.rss() - before) / 2 ** 20)} MiB`)
  for (const frameLength of [4096, 65_536, 262_144, 1_048_576]) {
    const contenders: Record<string, () => unknown> = {
      'one core': () => {
        for (let frame = 0; frame < TOTAL / frameLength; frame += 1) sealBatch(key, batchOf(plaintext, frameLength, frame, 1))
      },
      'thread pool, 4 in flight': () => onThreadPool(webKey, plaintext, frameLength, 4),
      'thread pool, 8 in flight': () => onThreadPool(webKey, plaintext, frameLength, 8),
      'second thread': () => onTwoThreads(worker, key, plaintext, frameLength),
    }
    const best = new Map<string, number>()
    for (let round = 0; round < 40; round += 1) {
      for (const [name, work] of Object.entries(contenders)) {
        const started = performance.now()
        await work()
        best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, performance.now() - started))
      }
    }
    const one = best.get('one core') ?? Number.NaN
    for (const [name, ms] of best) {
      const speed = TOTAL / 2 ** 30 / (ms / 1000)
      console.log(
        `frames of ${String(frameLength).padStart(7)}  ${name.padEnd(25)} ${speed.toFixed(2).padStart(5)} GiB/s  ${(one / ms).toFixed(2)} of one core`,
      )
    }
  }
  await worker.terminate()
}

if (isMainThread) await main()
else
  parentPort?.on('message', (batch: Batch) => {
    sealBatch(workerData as KeyObject, batch)
    parentPort?.postMessage(batch, [batch.memory])
  })
