import type { EncryptionContext } from './encryption-context.ts'
import type { Observer } from './observer.ts'
import type { SecretBytes } from './secret-bytes.ts'
import type { Suite } from './suite.ts'
import type { WrappingKey } from './wrapping-key.ts'

/** What every call that may wait takes. */
export interface CallOptions {
  /** Aborts the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Is told what happens during the call. */
  readonly observer?: Observer | undefined
}

/** A data key encrypted under one wrapping key, as it stands in a message. Source: specification, "Encrypted Data Key". */
export interface EncryptedDataKey {
  /** Which kind of keyring wrote it: a namespace of its own, `aws-kms`, `raw-ecdh`. UTF-8, at most 65,535 bytes. */
  readonly providerId: string
  /** The keyring's note on the key, at most 65,535 bytes: a name, an ARN, for raw AES also the IV. */
  readonly providerInfo: Uint8Array
  /** The wrapped data key, at most 65,535 bytes. */
  readonly ciphertext: Uint8Array
}

/** What a data key is wrapped for or unwrapped from. */
export interface WrapRequest extends CallOptions {
  /** The suite that the data key is for: `dataKeyLength` bytes of it. */
  readonly suite: Suite
  /** The whole encryption context: stored and required pairs, and the public key of a signing suite. */
  readonly context: EncryptionContext
  /** `context` serialised in canonical order, without an outer length; empty for an empty context. */
  readonly aad: Uint8Array
  /** Set where another recipient supplies the data key, so that a keyring that cannot generate one may still wrap it. */
  readonly dataKeyExists?: boolean | undefined
}

/** One wrapping key as a receiver of data keys. */
export interface Recipient {
  /** Provider id of the encrypted data keys that it writes. */
  readonly providerId: string
  /** The key's name or ARN, for errors, events and audit. */
  readonly keyId: string
  /** Makes a data key of `length` bytes and wraps it in one step. The secret is the caller's to dispose. */
  generate?(
    length: number,
    request: WrapRequest,
  ): Promise<{
    /** The data key. */
    secret: SecretBytes
    /** The same, wrapped. One, but for keyrings of other makers that append several at once. */
    edks: readonly EncryptedDataKey[]
  }>
  /** Wraps a data key of the caller's. */
  wrap(secret: SecretBytes, request: WrapRequest): Promise<readonly EncryptedDataKey[]>
  /** Whether an encrypted data key is addressed to this key, judged by its public fields alone. */
  owns(edk: EncryptedDataKey): boolean
}

/** An opened data key; the secret is the caller's to dispose. */
export interface Unwrapped {
  /** The data key. */
  readonly secret: SecretBytes
  /** Index into the given encrypted data keys. */
  readonly edk: number
  /** Name or ARN of the key that opened it. */
  readonly keyId: string
}

/**
 * How one attempt to open an encrypted data key ended, the worst class first: `transient` (try again), `operational` (somebody has to
 * act), `shredded` (the key is gone on purpose), `rejected` (the key is ours, the blob does not open), `not-mine`.
 */
export type AttemptOutcome = 'transient' | 'operational' | 'shredded' | 'rejected' | 'not-mine'

/** One attempt to open an encrypted data key. */
export interface Attempt {
  /** Index into the given encrypted data keys. */
  readonly edk: number
  /** Name or ARN of the key that was tried, where one was. */
  readonly keyId?: string
  /** How it ended. */
  readonly outcome: AttemptOutcome
  /** Why, in a word that is safe to log: the key service's code (`AccessDeniedException`), or what kept the keyring from trying. */
  readonly reason?: string
  /** What was thrown, where something was. */
  readonly cause?: unknown
  /** Set where telling of the attempt would make a padding oracle: then the error is letter for letter the one of a forged message. */
  readonly untold?: true
}

/** No encrypted data key could be opened. */
export interface UnwrapFailure {
  /** One or more for each encrypted data key, in the order in which they were made. */
  readonly attempts: readonly Attempt[]
}

/**
 * Turns data keys into encrypted data keys and back.
 *
 * `unwrap` tries every encrypted data key that is its own until one opens; a broken or unreachable one never hides a good one. It does not
 * throw for a key that fails, it reports the attempt; it rejects only where the call was aborted. The arrays that it is given belong to the
 * call: nobody changes them until it ends.
 */
export interface Keyring {
  /** Set when the keyring is exactly one key: what S3 objects need. */
  readonly wrappingKeys?: KeySet<WrappingKey>
  /**
   * The recipients of a data key, flattened; only the first one's `generate` is called.
   *
   * @throws `KEYRING_CANNOT_ENCRYPT` where the keyring has none.
   */
  recipients(request: WrapRequest): Promise<readonly Recipient[]>
  /** Opens one of the encrypted data keys, whichever comes first that opens; answers the attempts where none does. */
  unwrap(edks: readonly EncryptedDataKey[], request: WrapRequest): Promise<Unwrapped | UnwrapFailure>
}

/** A wrapping key in its versions: one is written with, all are read with. */
export interface KeySet<K extends WrappingKey> {
  /** Set where there may be several versions: a format without a place for the key's name then has to note it beside the wrapped data key. */
  readonly versioned?: true
  /** The version that is written with. */
  current(options?: CallOptions): Promise<K>
  /** The version with a name, as it stands in messages; undefined where there is none. */
  named(name: string, options?: CallOptions): Promise<K | undefined>
}
