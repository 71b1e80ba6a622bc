import { Worker } from 'node:worker_threads'
import { ckrTable } from '../ckr.ts'
import { HsmError } from '../errors.ts'
import { bindingPath, bindingUnusable } from './binding.ts'
import { libraryUnusable } from './library-file.ts'
import { THREAD_PROGRAM } from './thread-program.ts'

const keeps = [...ckrTable].filter(([, row]) => row.keepsSession === true).map(([code]) => code)

/** One call of the module. `args` are cloned; handles and bytes in them are plain `Uint8Array`s. */
export interface NativeCall {
  readonly method: string
  readonly args: readonly unknown[]
  /** Made even if one before it failed, such as C_FindObjectsFinal. */
  readonly always?: true
  /** Its failure is its result, and stops nothing. */
  readonly tolerant?: true
}

/** A failure of a call: a return value, or what the binding itself says. */
export interface NativeFailure {
  readonly code?: number
  readonly text?: string
}

/** A return value other than CKR_OK, before it is known what it means. */
export class CkrFailure extends Error {
  readonly code: number
  readonly method: string

  constructor(code: number, method: string) {
    super(`${method} answered ${code}`)
    this.code = code
    this.method = method
  }
}

interface Answer {
  readonly id: number
  readonly jobs?: readonly ArrayBuffer[]
  readonly jobMs?: number
  readonly results?: readonly unknown[]
  readonly failed?: NativeFailure & { readonly at: number }
  readonly broken?: { readonly failed: 'binding' | 'library'; readonly text: string }
}

/** Whether the result of a tolerant call is its failure. */
export function isFailure(result: unknown): result is NativeFailure {
  return typeof result === 'object' && result !== null && !ArrayBuffer.isView(result) && ('code' in result || 'text' in result)
}

/**
 * A thread that makes the calls of one module, one after the other: each blocks it, and nobody else. It keeps no process alive that waits for
 * nothing of it.
 */
export class HsmThread {
  readonly library: string
  readonly #worker: Worker
  readonly #waiting = new Map<number, PromiseWithResolvers<Answer>>()
  #nextId = 0
  #ended: HsmError | undefined

  /** @throws `KEY_OPERATIONAL` (`BINDING_MISSING`) */
  constructor(library: string) {
    this.library = library
    const workerData = { binding: bindingPath(), library, keeps }
    this.#worker = new Worker(THREAD_PROGRAM, {
      eval: true,
      name: 'strongroom-hsm',
      workerData,
      env: {},
      execArgv: [],
      stdin: false,
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 },
    })
    this.#worker.unref()
    this.#worker.on('message', (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id)
      this.#forget(answer.id)
      waiting?.resolve(answer)
    })
    this.#worker.on('error', (error) => this.#end(error))
    this.#worker.on('exit', () => this.#end(undefined))
  }

  /** Whether it can be given work. */
  get isAlive(): boolean {
    return this.#ended === undefined
  }

  /** Runs jobs (see job.ts) in order; their memory is gone until it comes back in the answer. `jobMs`: what one takes, by the thread's own clock. */
  async run(jobs: readonly ArrayBuffer[]): Promise<{ readonly jobs: readonly ArrayBuffer[]; readonly jobMs: number | undefined }> {
    const { jobs: back = [], jobMs } = await this.#send({ jobs }, jobs)
    return { jobs: back, jobMs }
  }

  /**
   * Makes calls, and answers their results in order. `secrets` are moved to the thread, which overwrites them once the calls are made.
   *
   * @throws `CkrFailure` of the first call that failed.
   */
  async call(calls: readonly NativeCall[], secrets: readonly ArrayBuffer[] = []): Promise<readonly unknown[]> {
    const { results = [], failed } = await this.#send({ calls, secrets }, secrets)
    if (failed === undefined) return results
    const method = calls[failed.at]?.method ?? ''
    if (failed.code !== undefined) throw new CkrFailure(failed.code, method)
    throw new HsmError('KEY_OPERATIONAL', 'LIBRARY_UNUSABLE', `The PKCS#11 library ${this.library} cannot make the call ${method}.`, {
      library: this.library,
      method,
      cause: new Error(failed.text),
    })
  }

  /** Ends the thread; one that is inside a call of the module ends when that returns. */
  terminate(): void {
    this.#worker.unref()
    void this.#worker.terminate()
  }

  async #send(message: object, transfer: readonly ArrayBuffer[]): Promise<Answer> {
    if (this.#ended !== undefined) throw this.#ended
    const id = this.#nextId
    this.#nextId += 1
    const waiting = Promise.withResolvers<Answer>()
    this.#worker.postMessage({ id, ...message }, [...transfer])
    this.#waiting.set(id, waiting)
    this.#worker.ref()
    const answer = await waiting.promise
    if (answer.broken === undefined) return answer
    const { failed, text } = answer.broken
    for (const memory of answer.jobs ?? []) new Uint8Array(memory).fill(0)
    throw failed === 'binding' ? bindingUnusable(text) : libraryUnusable(this.library, text)
  }

  #forget(id: number): void {
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) this.#worker.unref()
  }

  #end(cause: unknown): void {
    this.#ended ??= new HsmError('KEY_TRANSIENT', 'UNREACHABLE', `A thread of the PKCS#11 library ${this.library} ended.`, {
      library: this.library,
      cause,
    })
    for (const [id, waiting] of this.#waiting) {
      this.#forget(id)
      waiting.reject(this.#ended)
    }
  }
}
