import { abortable } from '../abortable.ts'

/**
 * One asynchronous call that several callers wait for. Each caller may leave by its own signal without failing the others; the call itself is
 * aborted only when the last one has left.
 */
export class SharedCall<T> {
  /** What the call comes to, for whoever keeps it. */
  readonly result: Promise<T>
  #waiting = 0
  #settled = false
  readonly #controller = new AbortController()

  /** Starts the call. Its signal is aborted once nobody waits any more. */
  constructor(start: (signal: AbortSignal) => Promise<T>) {
    this.result = start(this.#controller.signal).finally(() => {
      this.#settled = true
    })
    // Every caller may have left by the time it fails.
    this.result.catch(() => undefined)
  }

  /** Whether nobody waits any more, so that the call was given up. */
  get abandoned(): boolean {
    return this.#controller.signal.aborted
  }

  /** Waits for the result, or rejects with the reason of the caller's own signal. */
  async wait(signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted()
    this.#waiting += 1
    try {
      return await abortable(this.result, signal)
    } finally {
      this.#waiting -= 1
      if (this.#waiting === 0 && !this.#settled) this.#controller.abort()
    }
  }
}
