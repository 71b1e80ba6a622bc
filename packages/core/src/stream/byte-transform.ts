import { assertBytes } from '../input-bytes.ts'

/** What a byte stream does with its bytes. Calls never overlap. */
export interface Stage {
  /** Takes a chunk over, synchronously: the caller may change it afterwards. What it throws ends the stream. */
  accept(chunk: Uint8Array): void
  /** Works off what was accepted, as far as it can; without a promise where it need not wait. */
  work(output: Output): Promise<void> | undefined
  /** Works off the rest: nothing more will be accepted. */
  finish(output: Output): Promise<void>
  /** The stream ended early, for this reason. Secrets are to be wiped; calls under way reject at their next {@link Output.wanted}. */
  abandon(reason: unknown): void
}

/** Where a stage puts its results. */
export interface Output {
  /** Whether somebody wants bytes: nothing is to be made ahead. */
  readonly isWanted: boolean
  /** Waits until somebody does. Rejects where the stream ended early. */
  wanted(): Promise<void>
  enqueue(bytes: Uint8Array): void
}

/** Two ends of a stage, as `pipeThrough` and `Duplex.fromWeb` take them. */
export interface ByteTransform {
  /** Where the result comes out. Cancelling it stops the source and wipes what is held. */
  readonly readable: ReadableStream<Uint8Array>
  /** Where bytes go in, in chunks of any size. Aborting it fails the other end with the same reason. */
  readonly writable: WritableStream<Uint8Array>
}

/**
 * Puts a stage between a writable and a readable end.
 *
 * A `TransformStream` would not do: it makes everything that one chunk yields at once, however large the chunk, and whether or not anybody
 * reads. Here a stage waits for its reader before each result, and a write ends when its bytes are worked off.
 */
export function byteTransform(stage: Stage, name: string, signal?: AbortSignal): ByteTransform {
  let ended = false
  let failure: { readonly reason: unknown } | undefined
  let isWanted = false
  let wake: (() => void) | undefined
  let rejectStep: ((reason: unknown) => void) | undefined
  let reading: ReadableStreamDefaultController<Uint8Array>
  let writing: WritableStreamDefaultController

  const aborted = (): void => fail(signal?.reason)
  const cancelled = (reason: unknown): void => fail(reason)

  function end(): void {
    ended = true
    signal?.removeEventListener('abort', aborted)
  }

  /** @param isAbort - the writable end is failing already; failing it once more would make its `abort` reject. */
  function fail(reason: unknown, isAbort = false): void {
    if (ended) return
    end()
    failure = { reason }
    stage.abandon(reason)
    reading.error(reason)
    if (!isAbort) writing.error(reason)
    wake?.()
    // The step under way may wait for a key service that does not listen to the abort.
    rejectStep?.(reason)
  }

  const output: Output = {
    get isWanted() {
      return isWanted && failure === undefined
    },
    async wanted() {
      while (!isWanted && failure === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (failure !== undefined) throw failure.reason
    },
    enqueue(bytes) {
      // Before, not after: enqueueing to a waiting reader asks for the next bytes at once.
      isWanted = false
      reading.enqueue(bytes)
    },
  }

  function run(step: () => Promise<void> | undefined): Promise<void> | undefined {
    if (failure !== undefined) throw failure.reason
    let waiting: Promise<void> | undefined
    try {
      waiting = step()
    } catch (error) {
      fail(error)
      throw error
    }
    if (waiting === undefined) return undefined
    return new Promise<void>((resolve, reject) => {
      rejectStep = reject
      waiting.then(resolve, (error: unknown) => {
        fail(error)
        reject(error)
      })
    })
  }

  const readable = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        reading = controller
      },
      pull() {
        isWanted = true
        wake?.()
      },
      cancel: cancelled,
    },
    { highWaterMark: 0 },
  )
  const writable = new WritableStream<Uint8Array>(
    {
      start(controller) {
        writing = controller
        // An abort waits for the write under way, which may itself wait for a reader: this tells it at once.
        const { signal: aborting } = controller as WritableStreamDefaultController & { readonly signal: AbortSignal }
        aborting.addEventListener('abort', () => fail(aborting.reason, true), { once: true })
      },
      write: () => run(() => stage.work(output)),
      close: () =>
        run(async () => {
          await stage.finish(output)
          end()
          reading.close()
        }),
    },
    {
      highWaterMark: 1,
      /** The one piece of a stream's own code that runs inside the call to `write`: here the bytes are as the caller meant them. */
      size(chunk) {
        if (ended) return 0
        try {
          const bytes = assertBytes(name, chunk)
          stage.accept(bytes)
          return bytes.length
        } catch (error) {
          fail(error)
          throw error
        }
      },
    },
  )
  signal?.addEventListener('abort', aborted, { once: true })
  return { readable, writable }
}
