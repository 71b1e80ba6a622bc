import { isFunction, isInteger, isOneOf, isText, type OptionCheck, validateOptions } from '@strongroom/core/options'
import type { Call } from './call-log.ts'

/** Which calls a fault meets; an empty filter meets all of them. */
export interface FaultFilter<C extends Call> {
  /** Only these operations, by AWS's names. */
  readonly operations?: readonly string[]
  /** Only calls this accepts. */
  readonly when?: (call: C) => boolean
  /** Only the first `times` calls that pass the rest of the filter. */
  readonly times?: number
}

/** An injected fault. It stays until it is released, or its `times` are used up. */
export interface Fault {
  /** How many calls it has met. */
  readonly hits: number
  /** Takes the fault away; calls a `silent` outage holds go on and are answered. */
  release(): void
  /** Does what `release` does. */
  [Symbol.dispose](): void
}

/**
 * How an outage looks to a client.
 * - `reset`: the connection is cut before anything is done
 * - `lost-answer`: the operation is carried out, then the connection is cut: the client cannot know
 * - `internal-error`: HTTP 500
 * - `silent`: no answer until the fault is released
 */
export type OutageKind = 'reset' | 'lost-answer' | 'internal-error' | 'silent'

/** An AWS error to answer instead of carrying the operation out. */
export interface FaultError {
  /** The name that the SDK gives the error: `ThrottlingException`. */
  readonly name: string
  /** Default a sentence that says it was injected. */
  readonly message?: string
  /** HTTP status, default 400. The SDK retries by name, and any status of 500 and above. */
  readonly status?: number
}

/** The faults of an embedded endpoint. */
export interface Faults<C extends Call> {
  /** Delays calls by that many milliseconds. */
  latency(delay: number | ((call: C) => number), filter?: FaultFilter<C>): Fault
  /** Answers the service's throttling error, which SDK clients retry with backoff. */
  throttle(filter?: FaultFilter<C>): Fault
  /** Answers an error of your choice. */
  fail(error: FaultError, filter?: FaultFilter<C>): Fault
  /** Takes the service down. */
  outage(kind: OutageKind, filter?: FaultFilter<C>): Fault
  /** Releases every fault. */
  clear(): void
}

/** What a fault does to a call. */
export type FaultEffect<C extends Call> =
  | { readonly kind: 'latency'; readonly delay: (call: C) => number }
  | { readonly kind: 'throttle' }
  | { readonly kind: 'fail'; readonly error: FaultError }
  | { readonly kind: Exclude<OutageKind, 'silent'> }
  | { readonly kind: 'silent'; readonly released: Promise<void> }

interface Entry<C extends Call> {
  readonly effect: FaultEffect<C>
  readonly meets: (call: C) => boolean
}

const FILTER_CHECKS: Readonly<Record<'operations' | 'when' | 'times', OptionCheck>> = {
  operations: (value) => (Array.isArray(value) ? undefined : 'be a list of names of operations'),
  when: isFunction,
  times: isInteger(1, Number.MAX_SAFE_INTEGER),
}
const OUTAGES: readonly OutageKind[] = ['reset', 'lost-answer', 'internal-error', 'silent']

/** Decides what happens to each call. */
export class FaultInjector<C extends Call> implements Faults<C> {
  readonly #entries = new Set<Entry<C>>()
  readonly #faults = new Set<Fault>()

  latency(delay: number | ((call: C) => number), filter?: FaultFilter<C>): Fault {
    return this.#add({ kind: 'latency', delay: typeof delay === 'number' ? () => delay : delay }, filter)
  }

  throttle(filter?: FaultFilter<C>): Fault {
    return this.#add({ kind: 'throttle' }, filter)
  }

  fail(error: FaultError, filter?: FaultFilter<C>): Fault {
    validateOptions('faults.fail', error, { name: isText, message: isText, status: isInteger(400, 599) }, ['name'])
    return this.#add({ kind: 'fail', error }, filter)
  }

  outage(kind: OutageKind, filter?: FaultFilter<C>): Fault {
    validateOptions('faults.outage', { kind }, { kind: isOneOf(OUTAGES) }, ['kind'])
    if (kind !== 'silent') return this.#add({ kind }, filter)
    let release = (): void => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    return this.#add({ kind, released }, filter, release)
  }

  clear(): void {
    for (const fault of this.#faults) fault.release()
  }

  /** The effects on this call, in the order the faults were injected. Counts as a hit of each. */
  meet(call: C): readonly FaultEffect<C>[] {
    return [...this.#entries].filter(({ meets }) => meets(call)).map(({ effect }) => effect)
  }

  #add(effect: FaultEffect<C>, filter: FaultFilter<C> = {}, onRelease: () => void = () => {}): Fault {
    validateOptions<FaultFilter<C>>('a fault filter', filter, FILTER_CHECKS)
    const { operations, when, times } = filter
    let hits = 0
    const entry: Entry<C> = {
      effect,
      meets: (call) => {
        if (times !== undefined && hits >= times) return false
        if (operations !== undefined && !operations.includes(call.operation)) return false
        if (when !== undefined && !when(call)) return false
        hits += 1
        return true
      },
    }
    const release = (): void => {
      this.#entries.delete(entry)
      this.#faults.delete(fault)
      onRelease()
    }
    const fault: Fault = {
      get hits() {
        return hits
      },
      release,
      [Symbol.dispose]: release,
    }
    this.#entries.add(entry)
    this.#faults.add(fault)
    return fault
  }
}
