import { type EncryptionContext, StrongroomError } from '@strongroom/core'
import { contextFromEntries, normaliseContext } from '@strongroom/core/keyring-tools'
import type { ContentSuite } from '../content-suite.ts'
import type { Envelope } from '../envelope/envelope.ts'
import { envelopeInvalid } from '../errors.ts'

/** The pair of a KMS encryption context that binds the content algorithm. */
const ALGORITHM_PAIR = 'aws:x-amz-cek-alg'
/** The pair in which old clients noted the KMS key. */
const KEY_PAIR = 'kms_cmk_id'
const formatPairs: ReadonlySet<string> = new Set([ALGORITHM_PAIR, KEY_PAIR])

/**
 * Copies and checks a context that a caller gave to encrypt with.
 *
 * @throws `CONTEXT_INVALID`
 */
export function writtenContext(input: unknown): EncryptionContext {
  const context = normaliseContext(input)
  for (const key of formatPairs) {
    if (!Object.hasOwn(context, key)) continue
    throw new StrongroomError('CONTEXT_INVALID', `The encryption context key ${JSON.stringify(key)} belongs to the format of S3 objects.`, {
      contextKey: key,
      option: 'encryptionContext',
    })
  }
  return context
}

/** The context that KMS is given: the caller's pairs, and what the body is encrypted with. */
export function kmsContextOf(context: EncryptionContext, suite: ContentSuite): EncryptionContext {
  return contextFromEntries([...Object.entries(context), [ALGORITHM_PAIR, suite.algorithm]])
}

/** The caller's pairs of a context that is stored with an object. */
export function callerPairs(stored: EncryptionContext): EncryptionContext {
  return contextFromEntries(Object.entries(stored).filter(([key]) => !formatPairs.has(key)))
}

/**
 * Compares the context of an object with the one that its reader demands, pair by pair, before KMS is asked. Under the wraps that bind none a reader
 * that demands one has to fail: an envelope that was made to look like one of those would otherwise get around the comparison.
 *
 * @throws `CONTEXT_MISMATCH`, `MESSAGE_INVALID`
 */
export function assertContext({ wrap, description, suite }: Envelope, demanded: EncryptionContext): void {
  if (wrap?.kind !== 'kms' || wrap.legacy) {
    const [key] = Object.keys(demanded)
    if (key !== undefined) throw contextMismatch(key, '. The way in which its data key is wrapped binds no encryption context')
    // Nobody wrote it so: it is a data key that is bound, under the name of a wrap that would not look.
    if (Object.hasOwn(description, ALGORITHM_PAIR))
      throw envelopeInvalid('its data key is bound to an algorithm, and its wrap is one that binds none')
    return
  }
  const stored = callerPairs(description)
  for (const [key, value] of Object.entries(demanded)) {
    if (stored[key] !== value) throw contextMismatch(key, ' with the value that was demanded')
  }
  for (const key of Object.keys(stored)) {
    if (demanded[key] === undefined) {
      throw new StrongroomError(
        'CONTEXT_MISMATCH',
        `The object is bound to the encryption context key ${shown(key)}, which was not given. Give the whole context that it was written with.`,
        { contextKey: key, option: 'encryptionContext' },
      )
    }
  }
  // KMS proves only that the pair is the one of the wrap. That it is true of this body has to be seen here.
  if (description[ALGORITHM_PAIR] !== suite.algorithm) throw envelopeInvalid('its data key is not bound to its content algorithm')
}

function contextMismatch(key: string, what: string): StrongroomError {
  return new StrongroomError('CONTEXT_MISMATCH', `The object does not carry the encryption context key ${shown(key)}${what}.`, {
    contextKey: key,
    option: 'encryptionContext',
  })
}

function shown(key: string): string {
  return JSON.stringify(key.length > 64 ? `${key.slice(0, 64)}…` : key)
}
