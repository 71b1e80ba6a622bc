import { AssertionError } from 'node:assert'

/**
 * One thing AWS documents about a service. The same checks run against the embedded endpoints and against any other emulator; what an
 * emulator is known to get wrong is listed by name where the checks are run.
 */
export interface ConformanceCheck<Client> {
  /** A sentence about behaviour, unique in its list. */
  readonly name: string
  /** Makes what it needs under fresh names; rejects with an AssertionError, or with the service's error, when the behaviour differs. */
  run(client: Client): Promise<void>
}

/** Asserts that a call is refused, by the name of AWS's error. */
export async function refused(call: Promise<unknown>, ...names: readonly [string, ...string[]]): Promise<void> {
  const expected = names.join(' or ')
  let answer: unknown
  try {
    answer = await call
  } catch (error) {
    const actual = error instanceof Error ? error.name : String(error)
    if (names.includes(actual)) return
    throw new AssertionError({ message: `refused with ${actual}, not with ${expected}`, expected, actual })
  }
  throw new AssertionError({ message: `accepted, not refused with ${expected}`, expected, actual: Object.keys(Object(answer)) })
}
