/** What every recorded call has. */
export interface Call {
  /** AWS's name of the operation, such as `GenerateDataKey`. */
  readonly operation: string
  /** The name of the error that was answered; absent while the call is open and when it succeeded. */
  readonly error?: string
}

/** The calls an embedded endpoint received, in order of arrival, those that failed or were throttled included. */
export interface CallLog<C extends Call> {
  /** Every call so far. Neither keys nor plaintext are kept. */
  readonly all: readonly C[]
  /** How many calls there were: of one operation, of any (`undefined`), and only those that `when` accepts. */
  count(operation?: string, when?: (call: C) => boolean): number
  /** The counters by operation. */
  byOperation(): Readonly<Record<string, number>>
  /** Forgets every call. */
  reset(): void
}

type Mutable<C> = { -readonly [K in keyof C]: C[K] }

/** The writing side of a {@link CallLog}. */
export class CallRecorder<C extends Call> implements CallLog<C> {
  #calls: C[] = []

  get all(): readonly C[] {
    return this.#calls
  }

  /** Appends a call and returns the function that closes it. */
  add(call: C): (error?: string) => void {
    this.#calls.push(call)
    return (error) => {
      if (error !== undefined) (call as Mutable<Call>).error = error
    }
  }

  count(operation?: string, when: (call: C) => boolean = () => true): number {
    return this.#calls.filter((call) => (operation === undefined || call.operation === operation) && when(call)).length
  }

  byOperation(): Readonly<Record<string, number>> {
    const counters: Record<string, number> = Object.create(null)
    for (const { operation } of this.#calls) counters[operation] = (counters[operation] ?? 0) + 1
    return counters
  }

  reset(): void {
    this.#calls = []
  }
}
