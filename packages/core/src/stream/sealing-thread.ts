import type { KeyObject } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { StrongroomError } from '../errors.ts'

/** Jobs that the thread holds: one that it does, and one that it goes on with. */
const MOST_JOBS = 2

/** Frames to be sealed where they lie: `count` of them, equally long, with tags of 16 bytes behind them. */
export interface SealingJob {
  /** Goes to the thread and comes back: nothing is copied. */
  readonly memory: ArrayBuffer
  readonly key: KeyObject
  readonly cipher: string
  /** Associated data of all frames, equally long. */
  readonly aads: Uint8Array
  readonly count: number
  /** Where the IV and the content of a frame are, from its start. */
  readonly ivAt: number
  readonly contentAt: number
}

/**
 * What the thread runs. It is text, since a file of its own would be lost where somebody bundles their program; and it knows AES-GCM only, so that
 * the format stays in one place.
 */
const PROGRAM = `
const { parentPort } = require('node:worker_threads')
const { createCipheriv } = require('node:crypto')
const TAG = 16, IV = 12
parentPort.on('message', ({ id, memory, key, cipher, aads, count, ivAt, contentAt }) => {
  const bytes = Buffer.from(memory)
  const length = bytes.length / count
  const aad = aads.length / count
  for (let index = 0; index < count; index += 1) {
    const frame = bytes.subarray(index * length, (index + 1) * length)
    const content = frame.subarray(contentAt, length - TAG)
    const sealing = createCipheriv(cipher, key, frame.subarray(ivAt, ivAt + IV))
    sealing.setAAD(aads.subarray(index * aad, (index + 1) * aad))
    const sealed = sealing.update(content)
    content.set(sealed)
    if (sealed.buffer.byteLength === sealed.length) sealed.buffer.transfer(0)
    sealing.final()
    frame.set(sealing.getAuthTag(), length - TAG)
  }
  parentPort.postMessage({ id, memory }, [memory])
})
`

/** A second thread that seals frames. It keeps no process alive that waits for nothing of it. */
export class SealingThread {
  readonly #worker: Worker
  readonly #jobs = new Map<number, PromiseWithResolvers<Uint8Array>>()
  readonly #onEnd: () => void
  #nextId = 0
  #failure: StrongroomError | undefined

  /** @param onEnd - is told when the thread ended, which it does by failing alone. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
    this.#worker = new Worker(PROGRAM, { eval: true, name: 'strongroom-sealing', env: {}, execArgv: [], stdin: false })
    this.#worker.unref()
    this.#worker.on('message', ({ id, memory }: { id: number; memory: ArrayBuffer }) => {
      this.#jobs.get(id)?.resolve(new Uint8Array(memory))
      this.#forget(id)
    })
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(undefined))
  }

  /** Whether it would start on a job soon. */
  get isFree(): boolean {
    return this.#jobs.size < MOST_JOBS
  }

  /** Seals frames; the job's memory is gone until they are back, in an array over the same memory. */
  seal(job: SealingJob): Promise<Uint8Array> {
    const id = this.#nextId
    this.#nextId += 1
    const answer = Promise.withResolvers<Uint8Array>()
    // A stream that ended early waits no more.
    answer.promise.catch(() => undefined)
    if (this.#failure !== undefined) {
      answer.reject(this.#failure)
      return answer.promise
    }
    this.#jobs.set(id, answer)
    this.#worker.ref()
    this.#worker.postMessage({ id, ...job }, [job.memory])
    return answer.promise
  }

  #forget(id: number): void {
    this.#jobs.delete(id)
    if (this.#jobs.size === 0) this.#worker.unref()
  }

  #fail(cause: unknown): void {
    this.#failure ??= new StrongroomError(
      'RUNTIME_UNSUPPORTED',
      'The second thread that seals frames ended. Encrypt again, or with threads: 1.',
      { cause },
    )
    this.#onEnd()
    for (const [id, job] of this.#jobs) {
      job.reject(this.#failure)
      this.#forget(id)
    }
  }
}

let shared: SealingThread | undefined

/** The one thread that all streams of the process share, started when it is first asked for. */
export function sealingThread(): SealingThread {
  if (shared !== undefined) return shared
  const thread = new SealingThread(() => {
    if (shared === thread) shared = undefined
  })
  shared = thread
  return thread
}
