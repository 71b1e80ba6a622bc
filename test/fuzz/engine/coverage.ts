import { readFileSync } from 'node:fs'
import { type Profiler, Session } from 'node:inspector'
import { fileURLToPath } from 'node:url'

/** What inputs made run since the last look. */
export interface Look {
  /** Characters of source code that had never run before. */
  readonly fresh: number
  /** How often blocks of source code ran. */
  readonly steps: number
}

/** Counts which parts of the packages' source code run in this thread, by V8's block coverage. */
export class Coverage {
  readonly #session = new Session()
  readonly #covered = new Map<string, Uint8Array>()
  #total = 0

  constructor() {
    this.#session.connect()
    this.#post('Profiler.enable')
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Characters of source code that ran up to now. */
  get total(): number {
    return this.#total
  }

  /** Looks at what ran since the last look; `keep` says whether it counts as seen from now on. */
  look(keep: boolean): Look {
    const { result } = this.#post('Profiler.takePreciseCoverage') as Profiler.TakePreciseCoverageReturnType
    let [fresh, steps] = [0, 0]
    for (const { url, functions } of result) {
      if (!/\/packages\/[a-z0-9]+\/src\/.*\.ts$/.test(url)) continue
      const seen = this.#seen(url)
      const now = painted(functions, seen.length)
      for (const { ranges } of functions) for (const { count } of ranges) steps += count
      for (let at = 0; at < now.length; at += 1) {
        if (now[at] !== 1 || seen[at] === 1) continue
        fresh += 1
        if (keep) seen[at] = 1
      }
    }
    if (keep) this.#total += fresh
    return { fresh, steps }
  }

  #seen(url: string): Uint8Array {
    let seen = this.#covered.get(url)
    if (seen === undefined) {
      seen = new Uint8Array(readFileSync(fileURLToPath(url), 'utf8').length)
      this.#covered.set(url, seen)
    }
    return seen
  }

  // Answered at once: the session is of this very thread.
  #post(method: string, parameters: object = {}): unknown {
    let answer: unknown
    this.#session.post(method, parameters, (error, result) => {
      if (error) throw new Error(`${method}: ${error.message}`)
      answer = result
    })
    return answer
  }
}

/** 1 for every character that ran. Ranges come from the outer to the inner, and functions before those within them. */
function painted(functions: readonly Profiler.FunctionCoverage[], length: number): Uint8Array {
  const map = new Uint8Array(length)
  for (const { ranges } of functions)
    for (const { startOffset, endOffset, count } of ranges) map.fill(count > 0 ? 1 : 0, startOffset, endOffset)
  return map
}
