import type { HsmThread } from '../native/hsm-thread.ts'

/** A batch may hold up the next caller for so long. */
const BATCH_MS = 1
const MOST_IN_BATCH = 16
/** Batches that a thread has at once, where it is done with each before the next message would come. */
const MOST_BATCHES = 2
/** Weight of the newest measurement. */
const NEWEST = 0.2

/** One thread and its session. */
export class Lane {
  readonly thread: HsmThread
  /** What it uses of the module; undefined until it was opened, and again when it was spoilt. */
  session: Uint8Array | undefined
  /** What it is doing. */
  state: 'opening' | 'idle' | 'busy' | 'stuck' = 'idle'
  /** Batches, or scripts, that its thread has. */
  inFlight = 0
  /** Keys whose wraps were verified on this session. */
  readonly verified: Set<string> = new Set()
  /** Instant since which it has nothing to do, or has its current work. */
  since = 0
  #cost: number | undefined

  constructor(thread: HsmThread) {
    this.thread = thread
  }

  /** Milliseconds that one job takes, as far as it is known. */
  get cost(): number {
    return this.#cost ?? BATCH_MS
  }

  /** How many jobs it takes at once: several of a module that answers in microseconds, since each message between threads costs as much. */
  get batch(): number {
    return Math.max(1, Math.min(MOST_IN_BATCH, Math.floor(BATCH_MS / this.cost)))
  }

  /** Whether another batch may wait at the thread while it is at one: what a message takes is then no loss. */
  get takesMore(): boolean {
    return this.state === 'busy' && this.session !== undefined && this.batch > 1 && this.inFlight < MOST_BATCHES
  }

  /** Learns what one job takes. Waits for the thread are no part of it: they are what batches are for. */
  measured(ms: number): void {
    this.#cost = this.#cost === undefined ? ms : this.#cost + NEWEST * (ms - this.#cost)
  }

  /** Gives the session up, and closes it where it is there still: another may have its handle already where it is not. */
  dropSession(isThere: boolean = true): void {
    const { session } = this
    this.session = undefined
    this.verified.clear()
    if (session === undefined || !isThere) return
    // Whatever comes next on this thread comes after it.
    this.thread.call([{ method: 'C_CloseSession', args: [session], tolerant: true }]).catch(() => undefined)
  }
}
