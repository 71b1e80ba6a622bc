import { StrongroomError } from './errors.ts'
import type { EncryptedDataKey, Keyring, Recipient, WrapRequest } from './keyring.ts'
import { observe } from './observer.ts'
import { SecretBytes } from './secret-bytes.ts'

/** A new data key and its encrypted forms. The secret is the caller's to dispose. */
export interface WrappedDataKey {
  readonly secret: SecretBytes
  readonly edks: readonly EncryptedDataKey[]
}

/**
 * Makes a data key of the suite's length and wraps it for every recipient of a keyring, in their order. All must succeed.
 *
 * @throws `KEYRING_CANNOT_ENCRYPT`, `MATERIALS_INVALID`, or what a recipient throws.
 */
export async function wrapDataKey(keyring: Keyring, request: WrapRequest): Promise<WrappedDataKey> {
  const started = performance.now()
  const [first, ...others] = await keyring.recipients(request)
  if (first === undefined) throw new StrongroomError('KEYRING_CANNOT_ENCRYPT', 'The keyring names no key to encrypt for.')
  const length = request.suite.dataKeyLength
  const made = first.generate ? await first.generate(length, request) : await generateLocally(first, length, request)
  try {
    if (made.secret.length !== length) throw unusable(first, `a data key of ${made.secret.length} bytes where ${length} were asked for`)
    const rest = await Promise.all(others.map((recipient) => recipient.wrap(made.secret, request)))
    const edks = [made.edks, ...rest].flat()
    const recipients = [first, ...others]
    for (const [index, answer] of [made.edks, ...rest].entries()) {
      if (answer.length === 0) throw unusable(recipients[index] as Recipient, 'no encrypted data key')
    }
    const keyIds = recipients.map((recipient) => recipient.keyId)
    observe(request.observer, { type: 'dataKey.generated', suite: request.suite.id, keyIds, durationMs: performance.now() - started })
    return { secret: made.secret, edks: Object.freeze(edks) }
  } catch (error) {
    made.secret.dispose()
    throw error
  }
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

function unusable(recipient: Recipient, what: string): StrongroomError {
  return new StrongroomError('MATERIALS_INVALID', `The key ${recipient.keyId} answered ${what}. That is a defect of its keyring.`)
}
