const BRAND = Symbol.for('@strongroom/error')

/** Every code that `@strongroom/core` throws. The set is closed: a switch over it is exhaustive. */
export type CoreErrorCode =
  /** An option is unknown, missing or has a value that cannot work. `option` names it. */
  | 'OPTION_INVALID'
  /** An argument (plaintext, ciphertext) has the wrong type. */
  | 'INPUT_INVALID'
  /** Key material cannot be used: wrong length, wrong type, cannot be parsed. */
  | 'KEY_INVALID'
  /** An encryption context given by the caller is malformed, too large, uses the reserved prefix or lacks a required key. */
  | 'CONTEXT_INVALID'
  /** The message's encryption context is not the one that was demanded. Told before anything is decrypted, so of a message that may be forged too. */
  | 'CONTEXT_MISMATCH'
  /** The message has no encrypted data key for the recovery key that the client demands. */
  | 'RECOVERY_MISSING'
  /** The commitment policy forbids the algorithm suite, or a keyring does not serve it. */
  | 'SUITE_FORBIDDEN'
  /** A configured limit was exceeded. `option` names it. */
  | 'LIMIT_EXCEEDED'
  /** The message is truncated, damaged, forged, or not for these keys. Deliberately coarse. */
  | 'MESSAGE_INVALID'
  /** The keyring can only decrypt (no generator, discovery, public half missing). */
  | 'KEYRING_CANNOT_ENCRYPT'
  /** A key service could not be reached or throttled; the same call may succeed later. */
  | 'KEY_TRANSIENT'
  /** A key is there but may not be used (denied, disabled, wrong Region): somebody has to act. */
  | 'KEY_OPERATIONAL'
  /** The key was destroyed on purpose; the data is gone. */
  | 'KEY_SHREDDED'
  /** A keyring or materials manager answered something unusable (a bug in it). */
  | 'MATERIALS_INVALID'
  /** A `SecretBytes` was used after its disposal. */
  | 'SECRET_DISPOSED'
  /** The runtime lacks what the operation needs. */
  | 'RUNTIME_UNSUPPORTED'

/** Structured facts of an error; each is safe to log. */
export interface ErrorDetails {
  /** What was thrown below, where something was. */
  readonly cause?: unknown
  /** The option at fault, as a path (`cache.maxAgeMs`). */
  readonly option?: string
  /** The encryption context key at fault (never its value). */
  readonly contextKey?: string
}

/**
 * Base class of everything that Strongroom throws on purpose.
 *
 * Recognise one with {@link isStrongroomError}, not with `instanceof`: two installed copies of the package have two classes.
 */
export class StrongroomError<Code extends string = string> extends Error {
  /** What went wrong, for programs: a literal of a closed set. */
  readonly code: Code
  /** The option at fault, as a path (`cache.maxAgeMs`), where one is. */
  declare readonly option?: string
  /** The encryption context key at fault, where one is; never its value. */
  declare readonly contextKey?: string

  static {
    Object.defineProperty(StrongroomError.prototype, BRAND, { value: true })
  }

  /** `message` says what went wrong, where, and the remedy; no secret and no plaintext. `details` become fields. */
  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.code = code
    if (details.option !== undefined) this.option = details.option
    if (details.contextKey !== undefined) this.contextKey = details.contextKey
  }

  /** Always `StrongroomError`, or the name of the subclass. */
  override get name(): string {
    return 'StrongroomError'
  }
}

/**
 * Tells whether a value is a Strongroom error, of any installed copy, and with the given code if one is given.
 *
 * @example
 * ```ts
 * try { await client.decrypt(message, { encryptionContext }) } catch (error) {
 *   if (isStrongroomError(error, 'KEY_TRANSIENT')) retryLater()
 *   else throw error
 * }
 * ```
 */
export function isStrongroomError<Code extends string>(value: unknown, code?: Code): value is StrongroomError<Code> {
  return (
    value instanceof Error &&
    (value as { [BRAND]?: unknown })[BRAND] === true &&
    (code === undefined || (value as { code?: unknown }).code === code)
  )
}
