import type { Attempt, AttemptOutcome } from '../keyring.ts'

const outcomes: ReadonlyMap<unknown, AttemptOutcome> = new Map([
  ['KEY_TRANSIENT', 'transient'],
  ['KEY_OPERATIONAL', 'operational'],
  ['KEY_SHREDDED', 'shredded'],
  ['RUNTIME_UNSUPPORTED', 'operational'],
])

/** An attempt that ended in an error: a wrapping key says by the error's code if anything but the blob was at fault. */
export function attemptOf(edk: number, keyId: string, cause: unknown): Attempt {
  return { edk, keyId, outcome: outcomes.get((cause as { code?: unknown } | undefined)?.code) ?? 'rejected', cause }
}
