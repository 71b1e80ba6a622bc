import { isFunction, isInteger, isText, validateOptions } from '@strongroom/core/options'
import type { Fault } from '../endpoint/faults.ts'
import type { JsonObject } from '../endpoint/input.ts'

/** One entry of BatchWriteItem or BatchGetItem, or one action of a transaction. */
export interface ItemRequest {
  /** `BatchWriteItem`, `BatchGetItem` or `TransactWriteItems`. */
  readonly operation: string
  /** Its place from 0: among the entries of its table in a batch, in the whole transaction. */
  readonly index: number
  /** The table's name. */
  readonly tableName: string
  /** What was sent: `{ PutRequest }`, `{ DeleteRequest }`, a key, or `{ Put }`, `{ Update }`, `{ Delete }`, `{ ConditionCheck }`. */
  readonly request: Readonly<Record<string, unknown>>
}

/** Which entries of batches are answered as unprocessed. */
export interface UnprocessedFilter {
  /** Only entries this accepts; default all. */
  readonly when?: (entry: ItemRequest) => boolean
  /** Only the first `times` entries that `when` accepts. */
  readonly times?: number
}

/** Which actions cancel their transaction, and why. */
export interface Cancellation {
  /** The reason's code. Default `TransactionConflict`; AWS's others are `ThrottlingError`, `ProvisionedThroughputExceeded` and more. */
  readonly code?: string
  /** The reason's message. Default AWS's of a conflict. */
  readonly message?: string
  /** Only actions this accepts; default all. */
  readonly when?: (action: ItemRequest) => boolean
  /** Only the first `times` actions that `when` accepts. */
  readonly times?: number
}

interface Entry {
  readonly meets: (request: ItemRequest) => boolean
  readonly code: string
  readonly message: string
}

/** The injected faults of single entries. */
export class ItemFaults {
  readonly #unprocessed = new Set<Entry>()
  readonly #cancellations = new Set<Entry>()

  addUnprocessed(filter: UnprocessedFilter): Fault {
    validateOptions<UnprocessedFilter>('faults.leaveUnprocessed', filter, { when: isFunction, times: isTimes })
    return add(this.#unprocessed, filter, '', '')
  }

  addCancellation(cancellation: Cancellation): Fault {
    validateOptions<Cancellation>('faults.cancelTransactions', cancellation, {
      code: isText,
      message: isText,
      when: isFunction,
      times: isTimes,
    })
    const { code = 'TransactionConflict', message = 'Transaction is ongoing for the item' } = cancellation
    return add(this.#cancellations, cancellation, code, message)
  }

  clear(): void {
    this.#unprocessed.clear()
    this.#cancellations.clear()
  }

  leavesUnprocessed(entry: ItemRequest): boolean {
    return find(this.#unprocessed, entry) !== undefined
  }

  /** Why the action cancels its transaction, by the oldest fault that meets it. */
  cancels(action: ItemRequest): (JsonObject & { readonly Code: string; readonly Message: string }) | undefined {
    const entry = find(this.#cancellations, action)
    return entry && { Code: entry.code, Message: entry.message }
  }
}

const isTimes = isInteger(1, Number.MAX_SAFE_INTEGER)

function add(entries: Set<Entry>, { when = () => true, times }: UnprocessedFilter, code: string, message: string): Fault {
  let hits = 0
  const entry: Entry = {
    code,
    message,
    meets: (request) => {
      if ((times !== undefined && hits >= times) || !when(request)) return false
      hits += 1
      return true
    },
  }
  entries.add(entry)
  const release = (): void => {
    entries.delete(entry)
  }
  return {
    get hits() {
      return hits
    },
    release,
    [Symbol.dispose]: release,
  }
}

function find(entries: Iterable<Entry>, request: ItemRequest): Entry | undefined {
  for (const entry of entries) if (entry.meets(request)) return entry
  return undefined
}
