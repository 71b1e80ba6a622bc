import type { PoolTask } from './pool-task.ts'

/** Tasks in the order in which they came. Those whose callers have left are passed over. */
export class TaskQueue {
  #tasks: PoolTask[] = []
  #head = 0

  /** Tasks that wait; those whose callers have left count until they are passed over. */
  get length(): number {
    return this.#tasks.length - this.#head
  }

  /** When the first of them came; undefined where there is none. */
  get oldest(): number | undefined {
    return this.#tasks[this.#head]?.times.queuedAt
  }

  push(task: PoolTask): void {
    this.#tasks.push(task)
  }

  /** Puts tasks before all others. */
  putBack(tasks: readonly PoolTask[]): void {
    this.#tasks = [...tasks, ...this.#tasks.slice(this.#head)]
    this.#head = 0
  }

  /** Takes the first tasks: jobs, at most `most` of them, or one script where those are wanted. */
  take(most: number, scripts: boolean): readonly PoolTask[] {
    const taken: PoolTask[] = []
    while (taken.length < most) {
      const next = this.#tasks[this.#head]
      if (next === undefined) break
      const isScript = !(next.work instanceof ArrayBuffer)
      if (isScript && (taken.length > 0 || !scripts) && !next.isSettled) break
      this.#head += 1
      if (next.isSettled) continue
      taken.push(next)
      if (isScript) break
    }
    if (this.#head > 64 && this.#head * 2 > this.#tasks.length) {
      this.#tasks = this.#tasks.slice(this.#head)
      this.#head = 0
    }
    return taken
  }

  rejectAll(error: unknown): void {
    const all = this.#tasks.slice(this.#head)
    this.#tasks = []
    this.#head = 0
    for (const task of all) task.reject(error)
  }

  /** Rejects those that have waited too long, and drops those whose callers have left. */
  rejectLate(now: number, error: () => unknown): void {
    const left = this.#tasks.slice(this.#head)
    for (const task of left) if (now >= task.times.waitUntil) task.reject(error())
    this.#tasks = left.filter((task) => !task.isSettled)
    this.#head = 0
  }
}
