import { isStrongroomError, StrongroomError } from './errors.ts'
import { messageInvalid } from './esdk/message-invalid.ts'
import type { Attempt, AttemptOutcome, EncryptedDataKey, Keyring, Unwrapped, WrapRequest } from './keyring.ts'
import { observe } from './observer.ts'

/** The error of a message none of whose encrypted data keys opened, with every attempt. */
export class UnwrapError extends StrongroomError<'KEY_TRANSIENT' | 'KEY_OPERATIONAL' | 'KEY_SHREDDED' | 'MESSAGE_INVALID'> {
  /** Each attempt, as far as telling of it is safe. */
  readonly attempts: readonly Attempt[]

  /** Made where data keys are unwrapped; the cause is the first that an attempt has. */
  constructor(code: UnwrapError['code'], message: string, attempts: readonly Attempt[]) {
    super(code, message, { cause: attempts.find((attempt) => attempt.cause !== undefined)?.cause })
    this.attempts = attempts
  }
}

/**
 * Opens a data key with a keyring. Where an opened secret has the wrong length, the keyring is asked again without that encrypted data key.
 *
 * @throws `KEY_TRANSIENT`, `KEY_OPERATIONAL`, `KEY_SHREDDED` or `MESSAGE_INVALID`, by the worst outcome among the attempts.
 */
export async function unwrapDataKey(
  keyring: Keyring,
  edks: readonly EncryptedDataKey[],
  length: number,
  request: WrapRequest,
): Promise<Unwrapped> {
  const started = performance.now()
  const attempts: Attempt[] = []
  let left = edks.map((edk, index) => ({ edk, index }))
  while (left.length > 0) {
    const answer = await keyring.unwrap(
      left.map(({ edk }) => edk),
      request,
    )
    if ('attempts' in answer) {
      for (const attempt of answer.attempts) attempts.push({ ...attempt, edk: left[attempt.edk]?.index ?? attempt.edk })
      break
    }
    const opened = left[answer.edk]
    if (opened === undefined) {
      answer.secret.dispose()
      throw new StrongroomError(
        'MATERIALS_INVALID',
        `The key ${answer.keyId} says it opened an encrypted data key that was not given. That is a defect of its keyring.`,
      )
    }
    if (answer.secret.length === length) {
      observe(request.observer, {
        type: 'dataKey.unwrapped',
        suite: request.suite.id,
        keyId: answer.keyId,
        durationMs: performance.now() - started,
      })
      return { secret: answer.secret, edk: opened.index, keyId: answer.keyId }
    }
    answer.secret.dispose()
    attempts.push({ edk: opened.index, keyId: answer.keyId, outcome: 'rejected' })
    left = left.filter((candidate) => candidate !== opened)
  }
  for (const { keyId, outcome, reason, cause, untold } of attempts) {
    if (outcome === 'not-mine' || untold) continue
    observe(request.observer, {
      type: 'keyring.failed',
      outcome,
      ...(keyId === undefined ? {} : { keyId }),
      ...(reason === undefined ? {} : { reason }),
      ...(cause instanceof Error ? { error: cause.name } : {}),
    })
  }
  throw unwrapError(attempts)
}

const explanations: ReadonlyMap<AttemptOutcome, { code: 'KEY_TRANSIENT' | 'KEY_OPERATIONAL' | 'KEY_SHREDDED'; text: string }> = new Map([
  [
    'transient',
    { code: 'KEY_TRANSIENT', text: 'A key that could open the message cannot be reached now; the same call may succeed later' },
  ],
  [
    'operational',
    { code: 'KEY_OPERATIONAL', text: 'A key that could open the message may not be used; its policy or state has to be mended' },
  ],
  ['shredded', { code: 'KEY_SHREDDED', text: 'The key of the message was destroyed on purpose; the message can no longer be opened' }],
])

function unwrapError(all: readonly Attempt[]): StrongroomError {
  const attempts = all.filter(({ untold }) => untold !== true)
  for (const [outcome, { code, text }] of explanations) {
    if (attempts.some((attempt) => attempt.outcome === outcome)) return new UnwrapError(code, `${text} (${describe(attempts)}).`, attempts)
  }
  const plain = messageInvalid()
  // Where one attempt must not be told, none is: this is letter for letter the error of a forged message. See the RSA keyring.
  return attempts.length === 0 || attempts.length < all.length
    ? plain
    : new UnwrapError('MESSAGE_INVALID', `${plain.message} (${describe(attempts)})`, attempts)
}

function describe(attempts: readonly Attempt[]): string {
  return attempts
    .map(({ edk, keyId, outcome, reason, cause }) => {
      // Our own messages are safe to repeat; what others put into theirs is not known.
      const why = isStrongroomError(cause) ? cause.message : (reason ?? (cause instanceof Error ? cause.name : undefined))
      const what = why === undefined ? outcome : `${outcome}, ${why}`
      return `encrypted data key ${edk}${keyId === undefined ? '' : ` under ${keyId}`}: ${what}`
    })
    .join('; ')
}
