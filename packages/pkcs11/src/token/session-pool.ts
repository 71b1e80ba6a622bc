import { ckrRow } from '../ckr.ts'
import { HsmError } from '../errors.ts'
import { CkrFailure } from '../native/hsm-thread.ts'
import { jobAnswer, NOT_RUN, setSession, wipeJob } from '../native/job.ts'
import { Lane } from './lane.ts'
import { type Done, PoolTask, type Work } from './pool-task.ts'
import { TaskQueue } from './task-queue.ts'
import type { TokenLink } from './token-link.ts'

const SESSION_COUNT = 0xb1
/** Return values that tell that a session is not there any more. */
const GONE: ReadonlySet<number> = new Set([0xb0, 0xb3, 0x190])
const NOTHING = new ArrayBuffer(0)
/** How often it is looked whether somebody has waited too long. */
const TICK_MS = 25
/** A new session is opened when work that waits would wait longer than this. */
const PATIENCE_MS = 1
/** Where nothing is known of how long a call takes, somebody has to have waited this long. */
const LONG_MS = 100
/** After a session could not be opened while others are there, no other is tried for so long. */
const NO_MORE_MS = 1_000

/** Limits of a pool. */
export interface PoolLimits {
  /** Most sessions, and threads. */
  readonly maxSessions: number
  /** Milliseconds that work waits for a session. */
  readonly acquireTimeoutMs: number
  /** Milliseconds after which a session that is not used is closed, but for the last one. */
  readonly idleTimeoutMs: number
  /** Milliseconds that opening a session may take. */
  readonly deadlineMs: number
  /** A monotonic clock. */
  readonly now: () => number
}

/**
 * Threads with a session each. Work is done in the order in which it came; a session is opened when it would wait too long, one at a time. A session
 * that a failure may have spoilt is closed, not used again; one whose call does not return is left to it, and counts until it returns.
 */
export class SessionPool {
  readonly #link: TokenLink
  readonly #limits: PoolLimits
  readonly #lanes: Lane[] = []
  readonly #queue = new TaskQueue()
  readonly #running = new Map<readonly PoolTask[], Lane>()
  #opening: Lane | undefined
  #most: number
  #noMoreUntil = 0
  #tick: NodeJS.Timeout | undefined
  #idle: NodeJS.Timeout | undefined
  #closed: HsmError | undefined

  constructor(link: TokenLink, limits: PoolLimits) {
    this.#link = link
    this.#limits = limits
    this.#most = limits.maxSessions
  }

  /** Sessions that are open now. */
  get sessions(): number {
    return this.#lanes.filter((lane) => lane.session !== undefined).length
  }

  /**
   * Does work on some session.
   *
   * @throws `CkrFailure`, `HsmError`, or the reason of an aborted signal
   */
  execute(work: Work, until: number, signal: AbortSignal | undefined): Promise<Done> {
    const queuedAt = this.#limits.now()
    const task = new PoolTask(work, { queuedAt, waitUntil: Math.min(queuedAt + this.#limits.acquireTimeoutMs, until), until }, signal)
    if (this.#closed !== undefined) task.reject(this.#closed)
    else {
      this.#queue.push(task)
      this.#soon()
    }
    return task.done
  }

  /** Gives up all sessions; `areThere` where they still have to be closed. */
  dropSessions(areThere: boolean): void {
    for (const lane of this.#lanes) lane.dropSession(areThere)
    this.#soon()
  }

  /** A thread that is inside no call, and in which none will be until `use` has ended; undefined where there is none. */
  async borrow<T>(use: (lane: Lane) => Promise<T>): Promise<T | undefined> {
    const lane = this.#lanes.find(({ state }) => state === 'idle') ?? (this.#lanes.length < this.#most ? this.#newLane() : undefined)
    if (lane === undefined) return undefined
    lane.state = 'busy'
    try {
      return await use(lane)
    } finally {
      lane.state = 'idle'
      this.#soon()
    }
  }

  /** Refuses everything from now on, waits for what is under way, and gives its threads back with their sessions closed. */
  async close(reason: HsmError): Promise<Lane | undefined> {
    this.#closed = reason
    this.#queue.rejectAll(reason)
    clearTimeout(this.#idle)
    const until = this.#limits.now() + this.#limits.deadlineMs
    while ((this.#opening !== undefined || this.#running.size > 0) && this.#limits.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    clearTimeout(this.#tick)
    const [last, ...others] = this.#lanes.filter(({ state, thread }) => state === 'idle' && thread.isAlive)
    for (const lane of [last, ...others]) lane?.dropSession()
    for (const lane of this.#lanes) {
      if (lane === last) continue
      // One that is at rest is asked once more, so that its session is closed before it ends.
      if (others.includes(lane)) await lane.thread.call([]).catch(() => undefined)
      lane.thread.terminate()
    }
    this.#lanes.length = 0
    return last
  }

  #scheduled = false

  /** Callers that come in one turn go in one batch. */
  #soon(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#dispatch()
    })
  }

  #dispatch(): void {
    const { renewal } = this.#link.address.module
    if (renewal !== undefined) {
      renewal.then(
        () => this.#soon(),
        () => this.#soon(),
      )
    } else {
      const idle = this.#lanes.filter(({ state, session }) => state === 'idle' && session !== undefined)
      for (const [index, lane] of idle.entries()) {
        const share = Math.ceil(this.#queue.length / (idle.length - index))
        const tasks = this.#queue.take(Math.min(lane.batch, share), true)
        if (tasks.length === 0) break
        void this.#run(lane, tasks)
      }
      for (const lane of this.#lanes) {
        const tasks = lane.takesMore ? this.#queue.take(lane.batch, false) : []
        if (tasks.length > 0) void this.#run(lane, tasks)
      }
      if (this.#queue.length > 0) this.#grow()
    }
    if (this.#queue.length > 0 || this.#running.size > 0 || this.#opening !== undefined) this.#watch()
  }

  async #run(lane: Lane, tasks: readonly PoolTask[]): Promise<void> {
    const { session } = lane
    const { module } = this.#link.address
    if (session === undefined) return
    lane.state = 'busy'
    lane.since = this.#limits.now()
    lane.inFlight += 1
    this.#running.set(tasks, lane)
    for (const task of tasks) task.start()
    module.enter()
    try {
      const jobs = tasks.flatMap(({ work }) => (work instanceof ArrayBuffer ? [work] : []))
      const script = tasks[0]?.work
      if (script !== undefined && !(script instanceof ArrayBuffer)) {
        const results = await lane.thread.call(script.calls(session), script.secrets)
        tasks[0]?.resolve(NOTHING, results, lane)
      } else {
        for (const job of jobs) setSession(job, session)
        const { jobs: back, jobMs } = await lane.thread.run(jobs)
        if (jobMs !== undefined) lane.measured(jobMs)
        this.#settle(lane, tasks, back)
      }
    } catch (error) {
      for (const task of tasks) task.reject(error)
      if (!(error instanceof CkrFailure)) lane.dropSession()
      else if (ckrRow(error.code).keepsSession !== true) lane.dropSession(!GONE.has(error.code))
    } finally {
      module.exit()
      this.#running.delete(tasks)
      lane.inFlight -= 1
      if (lane.inFlight === 0) this.#rest(lane)
      else this.#soon()
    }
  }

  #settle(lane: Lane, tasks: readonly PoolTask[], back: readonly ArrayBuffer[]): void {
    const again: PoolTask[] = []
    for (const [index, task] of tasks.entries()) {
      const memory = back[index] ?? NOTHING
      const { code, stage } = jobAnswer(memory)
      if (code === NOT_RUN) {
        task.putBack(memory)
        again.push(task)
      } else if (code === 0) task.resolve(memory, [], lane)
      else {
        wipeJob(memory)
        task.reject(new CkrFailure(code, stage))
        if (ckrRow(code).keepsSession !== true) lane.dropSession(!GONE.has(code))
      }
    }
    this.#queue.putBack(again)
  }

  /** A lane has done what it did. */
  #rest(lane: Lane): void {
    lane.since = this.#limits.now()
    if (lane.state === 'stuck' || !lane.thread.isAlive) this.#discard(lane)
    else lane.state = 'idle'
    this.#closeIdle()
    this.#soon()
  }

  #discard(lane: Lane): void {
    const at = this.#lanes.indexOf(lane)
    if (at >= 0) this.#lanes.splice(at, 1)
    lane.dropSession()
    void lane.thread.call([]).then(
      () => lane.thread.terminate(),
      () => undefined,
    )
  }

  #newLane(): Lane {
    const lane = new Lane(this.#link.address.module.newThread())
    this.#lanes.push(lane)
    return lane
  }

  #grow(): void {
    if (this.#opening !== undefined) return
    let lane = this.#lanes.find(({ state, session }) => state === 'idle' && session === undefined)
    if (lane === undefined) {
      const now = this.#limits.now()
      if (this.#lanes.length >= this.#most || now < this.#noMoreUntil) return
      const open = this.#lanes.filter(({ session }) => session !== undefined)
      const wait = (this.#queue.length * (open[0]?.cost ?? 0)) / Math.max(1, open.length)
      const isLong = wait > PATIENCE_MS || now - (this.#queue.oldest ?? now) > LONG_MS
      if (open.length > 0 && !isLong) return
      try {
        lane = this.#newLane()
      } catch (error) {
        // The binding is not there.
        this.#queue.rejectAll(error)
        return
      }
    }
    void this.#open(lane)
  }

  async #open(lane: Lane): Promise<void> {
    const { module } = this.#link.address
    this.#opening = lane
    lane.state = 'opening'
    lane.since = this.#limits.now()
    module.enter()
    let failure: unknown
    try {
      const session = await this.#link.open(lane.thread)
      lane.session = session
    } catch (error) {
      failure = error
    } finally {
      module.exit()
      if (this.#opening === lane) this.#opening = undefined
    }
    if (failure !== undefined) this.#cannotOpen(failure)
    // What did not load once does not load in this thread.
    if (failure instanceof HsmError && failure.reason !== 'PIN_REJECTED') lane.state = 'stuck'
    this.#rest(lane)
  }

  /** Where other sessions serve, they go on; else everybody who waits learns why nobody does. */
  #cannotOpen(failure: unknown): void {
    const others = this.#lanes.filter(({ session, state }) => session !== undefined && state !== 'stuck')
    if (others.length === 0) {
      this.#queue.rejectAll(failure)
      return
    }
    this.#noMoreUntil = this.#limits.now() + NO_MORE_MS
    if (failure instanceof CkrFailure && failure.code === SESSION_COUNT) this.#most = others.length
  }

  /** Callers do not wait for ever, whatever the module does. */
  #watch(): void {
    this.#tick ??= setTimeout(() => {
      this.#tick = undefined
      const now = this.#limits.now()
      this.#queue.rejectLate(now, () => this.#timedOut('no session was free in time; raise maxSessions, or acquireTimeoutMs'))
      for (const [tasks, lane] of this.#running) {
        for (const task of tasks) {
          if (task.isSettled || now < task.times.until) continue
          task.reject(this.#timedOut('the module did not answer in time'))
          lane.state = 'stuck'
        }
      }
      const opening = this.#opening
      if (opening !== undefined && now - opening.since > this.#limits.deadlineMs) {
        opening.state = 'stuck'
        this.#opening = undefined
        this.#cannotOpen(this.#timedOut('the module did not open a session in time'))
      }
      this.#dispatch()
    }, TICK_MS)
  }

  #timedOut(what: string): HsmError {
    const { module } = this.#link.address
    return new HsmError('KEY_TRANSIENT', 'TIMED_OUT', `The HSM behind ${module.library}: ${what}.`, {
      library: module.library,
      token: this.#link.facts?.slot.label,
    })
  }

  #closeIdle(): void {
    if (this.#idle !== undefined || this.#lanes.length < 2 || this.#closed !== undefined) return
    this.#idle = setTimeout(() => {
      this.#idle = undefined
      const now = this.#limits.now()
      for (const lane of [...this.#lanes]) {
        if (this.#lanes.length < 2) break
        if (lane.state === 'idle' && now - lane.since >= this.#limits.idleTimeoutMs) this.#discard(lane)
      }
      this.#closeIdle()
    }, this.#limits.idleTimeoutMs)
    this.#idle.unref()
  }
}
