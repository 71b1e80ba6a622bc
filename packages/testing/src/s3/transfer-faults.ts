import { isFunction, isInteger, validateOptions } from '@strongroom/core/options'
import type { Fault } from '../endpoint/faults.ts'
import type { S3Call } from './embedded-s3.ts'

/** Which answers are cut, and where. */
export interface CutFilter {
  /** Bytes of the body that are still sent. */
  readonly afterBytes: number
  /** Only calls this accepts; default all. */
  readonly when?: (call: S3Call) => boolean
  /** Only the first `times` calls that `when` accepts. */
  readonly times?: number
}

/** The injected cuts of bodies on their way to the client. */
export class TransferFaults {
  readonly #cuts = new Set<(call: S3Call) => number | undefined>()

  add(filter: CutFilter): Fault {
    validateOptions<CutFilter>(
      'faults.cutBody',
      filter,
      {
        afterBytes: isInteger(0, Number.MAX_SAFE_INTEGER),
        when: isFunction,
        times: isInteger(1, Number.MAX_SAFE_INTEGER),
      },
      ['afterBytes'],
    )
    const { afterBytes, when = () => true, times } = filter
    let hits = 0
    const cut = (call: S3Call): number | undefined => {
      if ((times !== undefined && hits >= times) || !when(call)) return undefined
      hits += 1
      return afterBytes
    }
    this.#cuts.add(cut)
    const release = (): void => {
      this.#cuts.delete(cut)
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
    this.#cuts.clear()
  }

  /** How many bytes of the answer's body are sent; undefined for all. */
  limitOf(call: S3Call): number | undefined {
    for (const cut of this.#cuts) {
      const afterBytes = cut(call)
      if (afterBytes !== undefined) return afterBytes
    }
    return undefined
  }
}
