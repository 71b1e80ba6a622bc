import type { NativeCall } from '../native/hsm-thread.ts'
import { wipeJob } from '../native/job.ts'
import type { Lane } from './lane.ts'

/** A script of calls that has a session to itself. */
export interface Script {
  readonly calls: (session: Uint8Array) => readonly NativeCall[]
  /** Moved to the thread, and overwritten there. */
  readonly secrets: readonly ArrayBuffer[]
  /** Overwrites results that come when nobody waits for them any more. */
  readonly discard?: ((results: readonly unknown[]) => void) | undefined
}

/** The memory of a job (see job.ts), or a script. */
export type Work = ArrayBuffer | Script

/** What came of work: the job's memory or the script's results, where it was done, and in which generation of handles. */
export interface Done {
  readonly memory: ArrayBuffer
  readonly results: readonly unknown[]
  readonly lane: Lane
}

/** When a task came, and how long its caller waits for a session, and for an answer. */
export interface TaskTimes {
  readonly queuedAt: number
  readonly waitUntil: number
  readonly until: number
}

/** Work of one caller, who may leave before it is done. */
export class PoolTask {
  readonly times: TaskTimes
  readonly done: Promise<Done>
  #work: Work
  readonly #settle: PromiseWithResolvers<Done>
  readonly #signal: AbortSignal | undefined
  readonly #abort: (() => void) | undefined
  #isSettled = false
  #isRunning = false

  constructor(work: Work, times: TaskTimes, signal: AbortSignal | undefined) {
    this.#work = work
    this.times = times
    this.#settle = Promise.withResolvers<Done>()
    this.done = this.#settle.promise
    this.#signal = signal
    if (signal === undefined) return
    this.#abort = () => this.reject(signal.reason)
    signal.addEventListener('abort', this.#abort, { once: true })
  }

  /** What is to be done. */
  get work(): Work {
    return this.#work
  }

  /** Whether its caller has an answer, or has left. */
  get isSettled(): boolean {
    return this.#isSettled
  }

  /** It goes to a thread. */
  start(): void {
    this.#isRunning = true
  }

  /** It came back undone, in the memory given. */
  putBack(memory: ArrayBuffer): void {
    this.#isRunning = false
    this.#work = memory
    if (this.#isSettled) this.#wipe()
  }

  resolve(memory: ArrayBuffer, results: readonly unknown[], lane: Lane): void {
    if (this.#isSettled) {
      wipeJob(memory)
      if (!(this.#work instanceof ArrayBuffer)) this.#work.discard?.(results)
    } else {
      this.#end()
      this.#settle.resolve({ memory, results, lane })
    }
  }

  reject(error: unknown): void {
    if (this.#isSettled) return
    this.#end()
    if (!this.#isRunning) this.#wipe()
    this.#settle.reject(error)
  }

  #end(): void {
    this.#isSettled = true
    if (this.#abort !== undefined) this.#signal?.removeEventListener('abort', this.#abort)
  }

  #wipe(): void {
    if (this.#work instanceof ArrayBuffer) wipeJob(this.#work)
    else for (const secret of this.#work.secrets) wipeJob(secret)
  }
}
