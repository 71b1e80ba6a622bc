import { isObject, type JsonObject } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'

const LIFETIME_MS = 600_000

/** The transactions carried out under a ClientRequestToken within the last ten minutes. */
export class IdempotencyTokens {
  readonly #clock: () => number
  readonly #done = new Map<string, { readonly actions: string; readonly answer: JsonObject; readonly until: number }>()

  constructor(clock: () => number) {
    this.#clock = clock
  }

  /**
   * The answer to the same transaction, if it was carried out before.
   *
   * @throws `IdempotentParameterMismatchException` when the token stood for other actions.
   */
  find(token: string, actions: unknown): JsonObject | undefined {
    const entry = this.#done.get(token)
    if (entry === undefined || this.#clock() >= entry.until) return undefined
    if (entry.actions === canonical(actions)) return entry.answer
    throw new ServiceError(
      'IdempotentParameterMismatchException',
      'The provided ClientRequestToken was used with other parameters within the last ten minutes',
    )
  }

  add(token: string, actions: unknown, answer: JsonObject): void {
    const now = this.#clock()
    for (const [each, { until }] of this.#done) if (now >= until) this.#done.delete(each)
    this.#done.set(token, { actions: canonical(actions), answer, until: now + LIFETIME_MS })
  }
}

/** JSON with sorted members, since their order says nothing. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    isObject(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  )
}
