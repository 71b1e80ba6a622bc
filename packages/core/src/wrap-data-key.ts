import { StrongroomError } from './errors.ts'
import { INTERMEDIATE_KEY, joinEdk, sealUnderIntermediate } from './intermediate-key.ts'
import type { EncryptedDataKey, Keyring, Recipient, WrapRequest } from './keyring.ts'
import { observe } from './observer.ts'
import { SecretBytes } from './secret-bytes.ts'

/** A new data key and its encrypted forms. The secrets are the caller's to dispose. */
export interface WrappedDataKey {
  readonly secret: SecretBytes
  readonly edks: readonly EncryptedDataKey[]
  /** A MAC key for each encrypted data key, where the suite has intermediate keys. */
  readonly macKeys?: readonly SecretBytes[]
}

/**
 * Makes a data key of the suite's length and wraps it for every recipient of a keyring, in their order. All must succeed.
 *
 * @throws `KEYRING_CANNOT_ENCRYPT`, `MATERIALS_INVALID`, or what a recipient throws.
 */
export async function wrapDataKey(keyring: Keyring, request: WrapRequest): Promise<WrappedDataKey> {
  if (request.suite.wrapping === 'direct') return wrapDirectly(keyring, request)
  const secret = SecretBytes.random(request.suite.dataKeyLength)
  try {
    return { secret, ...(await wrapUnderIntermediates(keyring, secret, request)) }
  } catch (error) {
    secret.dispose()
    throw error
  }
}

async function wrapDirectly(keyring: Keyring, request: WrapRequest): Promise<WrappedDataKey> {
  const started = performance.now()
  const [first, ...others] = await recipientsOf(keyring, request)
  const length = request.suite.dataKeyLength
  const made = await generate(first, length, request)
  try {
    if (made.secret.length !== length) throw unusable(first, `a data key of ${made.secret.length} bytes where ${length} were asked for`)
    const rest = await Promise.all(others.map((recipient) => recipient.wrap(made.secret, request)))
    const edks = [made.edks, ...rest].flat()
    const recipients = [first, ...others]
    for (const [index, answer] of [made.edks, ...rest].entries()) {
      if (answer.length === 0) throw unusable(recipients[index] as Recipient, 'no encrypted data key')
    }
    tell(recipients, request, started)
    return { secret: made.secret, edks: Object.freeze(edks) }
  } catch (error) {
    made.secret.dispose()
    throw error
  }
}

/** A data key wrapped under intermediate keys. */
export interface WrappedUnderIntermediates {
  /** One or more for each recipient, in their order. */
  readonly edks: readonly EncryptedDataKey[]
  /** The MAC key of each encrypted data key; the caller's to dispose. */
  readonly macKeys: readonly SecretBytes[]
}

/**
 * Wraps a data key of the caller's under a fresh intermediate key for every recipient of a keyring, in their order. All must succeed. The MAC keys
 * are the caller's to dispose.
 *
 * @throws `KEYRING_CANNOT_ENCRYPT`, `MATERIALS_INVALID`, or what a recipient throws.
 */
export async function wrapUnderIntermediates(
  keyring: Keyring,
  dataKey: SecretBytes,
  request: WrapRequest,
): Promise<WrappedUnderIntermediates> {
  const started = performance.now()
  const recipients = await recipientsOf(keyring, request)
  const made = await generateAll(recipients, request)
  const edks: EncryptedDataKey[] = []
  const macKeys: SecretBytes[] = []
  try {
    for (const [index, { secret, edks: wrapped }] of made.entries()) {
      const recipient = recipients[index] as Recipient
      if (secret.length !== INTERMEDIATE_KEY) throw unusable(recipient, `a key of ${secret.length} bytes where 32 were asked for`)
      if (wrapped.length === 0) throw unusable(recipient, 'no encrypted data key')
      const { sealed, macKey } = sealUnderIntermediate(secret, dataKey, request.aad)
      for (const edk of wrapped) {
        edks.push(joinEdk(sealed, edk))
        macKeys.push(macKeys.includes(macKey) ? macKey.share() : macKey)
      }
    }
  } catch (error) {
    for (const macKey of macKeys) macKey.dispose()
    throw error
  } finally {
    for (const { secret } of made) secret.dispose()
  }
  tell(recipients, request, started)
  return { edks: Object.freeze(edks), macKeys: Object.freeze(macKeys) }
}

/** An intermediate key for each recipient, from the first one its own. */
async function generateAll(recipients: readonly [Recipient, ...Recipient[]], request: WrapRequest): Promise<readonly WrappedDataKey[]> {
  const [first, ...others] = recipients
  if (others.length === 0) return [await generate(first, INTERMEDIATE_KEY, request)]
  // Each is waited for, even where another failed: what it makes has to be disposed of.
  const outcomes = await Promise.allSettled([
    generate(first, INTERMEDIATE_KEY, request),
    ...others.map((recipient) => generateLocally(recipient, INTERMEDIATE_KEY, request)),
  ])
  const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed === undefined) return made
  for (const { secret } of made) secret.dispose()
  throw failed.reason
}

async function recipientsOf(keyring: Keyring, request: WrapRequest): Promise<readonly [Recipient, ...Recipient[]]> {
  const [first, ...others] = await keyring.recipients(request)
  if (first === undefined) throw new StrongroomError('KEYRING_CANNOT_ENCRYPT', 'The keyring names no key to encrypt for.')
  return [first, ...others]
}

/** Only the first recipient of all is asked to generate. */
async function generate(recipient: Recipient, length: number, request: WrapRequest): Promise<WrappedDataKey> {
  return recipient.generate ? await recipient.generate(length, request) : await generateLocally(recipient, length, request)
}

async function generateLocally(recipient: Recipient, length: number, request: WrapRequest): Promise<WrappedDataKey> {
  const secret = SecretBytes.random(length)
  try {
    return { secret, edks: await recipient.wrap(secret, request) }
  } catch (error) {
    secret.dispose()
    throw error
  }
}

function tell(recipients: readonly Recipient[], { suite, observer }: WrapRequest, started: number): void {
  const keyIds = recipients.map((recipient) => recipient.keyId)
  observe(observer, { type: 'dataKey.generated', suite: suite.id, keyIds, durationMs: performance.now() - started })
}

function unusable(recipient: Recipient, what: string): StrongroomError {
  return new StrongroomError('MATERIALS_INVALID', `The key ${recipient.keyId} answered ${what}. That is a defect of its keyring.`)
}
