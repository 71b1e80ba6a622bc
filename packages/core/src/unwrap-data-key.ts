import { isStrongroomError, StrongroomError } from './errors.ts'
import { messageInvalid } from './esdk/message-invalid.ts'
import { INTERMEDIATE_KEY, keyringPart, openUnderIntermediate } from './intermediate-key.ts'
import type { Attempt, AttemptOutcome, EncryptedDataKey, Keyring, Unwrapped, WrapRequest } from './keyring.ts'
import { observe } from './observer.ts'
import type { SecretBytes } from './secret-bytes.ts'

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

/** An opened data key; its secrets are the caller's to dispose. */
export interface UnwrappedDataKey extends Unwrapped {
  /** The MAC key of whoever opened it, where the suite has intermediate keys. */
  readonly macKey?: SecretBytes
}

/**
 * Opens a data key with a keyring. Where an opened secret has the wrong length, or is not the intermediate key of the data key, the keyring is asked
 * again without that encrypted data key.
 *
 * @throws `KEY_TRANSIENT`, `KEY_OPERATIONAL`, `KEY_SHREDDED` or `MESSAGE_INVALID`, by the worst outcome among the attempts.
 */
export async function unwrapDataKey(
  keyring: Keyring,
  edks: readonly EncryptedDataKey[],
  length: number,
  request: WrapRequest,
): Promise<UnwrappedDataKey> {
  const intermediate = request.suite.wrapping === 'intermediate'
  const started = performance.now()
  const attempts: Attempt[] = []
  let left: { readonly edk: EncryptedDataKey; readonly index: number }[] = []
  for (const [index, whole] of edks.entries()) {
    const edk = intermediate ? keyringPart(whole) : whole
    if (edk === undefined) attempts.push({ edk: index, outcome: 'not-mine' })
    else left.push({ edk, index })
  }
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
    const secrets = secretsOf(answer.secret, length, intermediate ? edks[opened.index] : undefined, request.aad)
    if (secrets !== undefined) {
      observe(request.observer, {
        type: 'dataKey.unwrapped',
        suite: request.suite.id,
        keyId: answer.keyId,
        durationMs: performance.now() - started,
      })
      return { ...secrets, edk: opened.index, keyId: answer.keyId }
    }
    // That an intermediate key came out, but not the right one, would tell of the padding of RSA.
    attempts.push({ edk: opened.index, keyId: answer.keyId, outcome: 'rejected', ...(intermediate ? { untold: true } : {}) })
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

/** The data key, and the MAC key where what the keyring gave back is an intermediate key; undefined where it is not of this message. */
function secretsOf(
  secret: SecretBytes,
  length: number,
  intermediateOf: EncryptedDataKey | undefined,
  aad: Uint8Array,
): { readonly secret: SecretBytes; readonly macKey?: SecretBytes } | undefined {
  const rightLength = secret.length === (intermediateOf === undefined ? length : INTERMEDIATE_KEY)
  if (rightLength && intermediateOf === undefined) return { secret }
  using _given = secret
  const opened = rightLength && intermediateOf !== undefined ? openUnderIntermediate(secret, intermediateOf, aad) : undefined
  return opened === undefined ? undefined : { secret: opened.dataKey, macKey: opened.macKey }
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
