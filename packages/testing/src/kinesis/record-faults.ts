import { isFunction, isInteger, isText, validateOptions } from '@strongroom/core/options'
import type { Fault } from '../endpoint/faults.ts'

/** One entry of a PutRecords request. */
export interface PutRecordsEntry {
  /** Its place in the request, from 0. */
  readonly index: number
  /** Its partition key. */
  readonly partitionKey: string
  /** The shard that it goes to: `shardId-000000000000`. */
  readonly shardId: string
  /** The stream of the request. */
  readonly streamName: string
}

/** Which entries of PutRecords fail, and how. */
export interface RecordFailure {
  /** Default `ProvisionedThroughputExceededException`; AWS's other one is `InternalFailure`. */
  readonly errorCode?: string
  /** Default AWS's own message for the code, which names account, stream and shard. */
  readonly errorMessage?: string
  /** Only entries this accepts; default all. */
  readonly when?: (entry: PutRecordsEntry) => boolean
  /** Only the first `times` entries that `when` accepts. */
  readonly times?: number
}

/** The injected failures of single PutRecords entries. */
export class RecordFaults {
  readonly #accountId: string
  readonly #failures = new Set<(entry: PutRecordsEntry) => { errorCode: string; errorMessage: string } | undefined>()

  constructor(accountId: string) {
    this.#accountId = accountId
  }

  add(failure: RecordFailure): Fault {
    validateOptions<RecordFailure>('faults.failRecords', failure, {
      errorCode: isText,
      errorMessage: isText,
      when: isFunction,
      times: isInteger(1, Number.MAX_SAFE_INTEGER),
    })
    const { errorCode = 'ProvisionedThroughputExceededException', when = () => true, times } = failure
    let hits = 0
    const meet = (entry: PutRecordsEntry): { errorCode: string; errorMessage: string } | undefined => {
      if ((times !== undefined && hits >= times) || !when(entry)) return undefined
      hits += 1
      return { errorCode, errorMessage: failure.errorMessage ?? this.#message(errorCode, entry) }
    }
    this.#failures.add(meet)
    const release = (): void => {
      this.#failures.delete(meet)
    }
    return {
      get hits() {
        return hits
      },
      release,
      [Symbol.dispose]: release,
    }
  }

  clear(): void {
    this.#failures.clear()
  }

  /** The failure of an entry, of the oldest one that meets it. */
  meet(entry: PutRecordsEntry): { readonly errorCode: string; readonly errorMessage: string } | undefined {
    for (const failure of this.#failures) {
      const failed = failure(entry)
      if (failed !== undefined) return failed
    }
    return undefined
  }

  #message(errorCode: string, { shardId, streamName }: PutRecordsEntry): string {
    if (errorCode !== 'ProvisionedThroughputExceededException') return 'Internal service failure.'
    return `Rate exceeded for shard ${shardId} in stream ${streamName} under account ${this.#accountId}.`
  }
}
