import type { KeyObject } from 'node:crypto'
import type { CommitmentPolicy } from './commitment-policy.ts'
import type { EncryptionContext } from './encryption-context.ts'
import type { CallOptions, EncryptedDataKey } from './keyring.ts'
import type { SecretBytes } from './secret-bytes.ts'
import type { Suite } from './suite.ts'

/** What a message is to be encrypted with. */
export interface EncryptRequest extends CallOptions {
  /** The suite of the message. */
  readonly suite: Suite
  /** The encryption context as the caller gave it: stored and required pairs. */
  readonly context: EncryptionContext
  /** Keys of context pairs that are authenticated but not stored in the message. */
  readonly requiredKeys?: readonly string[] | undefined
  /** Bytes; undefined where it is not known ahead. */
  readonly plaintextLength?: number | undefined
  /** Policy of the asking client, part of a cache entry's identity. */
  readonly commitmentPolicy?: CommitmentPolicy | undefined
}

/** What the header of a message says. */
export interface DecryptRequest extends CallOptions {
  /** The suite of the message. */
  readonly suite: Suite
  /** The pairs that the message stores. */
  readonly context: EncryptionContext
  /** Pairs that the caller reproduces: compared where stored, added where not. */
  readonly reproduced?: EncryptionContext | undefined
  /** Keys of `reproduced` whose pairs the message authenticates but need not store. */
  readonly requiredKeys?: readonly string[] | undefined
  /** The encrypted data keys of the message, in its order. */
  readonly edks: readonly EncryptedDataKey[]
  /** Policy of the asking client, part of a cache entry's identity. */
  readonly commitmentPolicy?: CommitmentPolicy | undefined
}

/** Materials of one encryption. `dataKey` (and `macKeys`) are handles of the receiver's own, to dispose after use. */
export interface EncryptMaterials {
  /** The suite of the message: the one that was asked for. */
  readonly suite: Suite
  /** The context that the message is bound to: of the request, and with a signing suite the public key. */
  readonly context: EncryptionContext
  /** Keys of the pairs that are bound and not stored. */
  readonly requiredKeys: readonly string[]
  /** The data key, of `suite.dataKeyLength` bytes. */
  readonly dataKey: SecretBytes
  /** The data key for each recipient, in the order in which they are stored. */
  readonly edks: readonly EncryptedDataKey[]
  /** The private key of a signing suite; undefined for the others. */
  readonly signingKey?: KeyObject | undefined
  /** The MAC keys of formats that have a MAC for each recipient. */
  readonly macKeys?: readonly SecretBytes[] | undefined
}

/** Materials of one decryption. `dataKey` is a handle of the receiver's own, to dispose after use. */
export interface DecryptMaterials {
  /** The suite of the message: the one that was asked for. */
  readonly suite: Suite
  /** Stored and reproduced pairs. */
  readonly context: EncryptionContext
  /** Keys of the pairs that are bound and not stored. */
  readonly requiredKeys: readonly string[]
  /** The data key, of `suite.dataKeyLength` bytes. */
  readonly dataKey: SecretBytes
  /** The public key of a signing suite, from the context; undefined for the others. */
  readonly verificationKey?: KeyObject | undefined
  /** The MAC key of formats that have a MAC for each recipient. */
  readonly macKey?: SecretBytes | undefined
  /** Which key opened the data key. */
  readonly openedBy: OpenedBy
}

/** Which key opened a message. */
export interface OpenedBy {
  /** Index of the encrypted data key, where it is known. */
  readonly edk?: number
  /** Name or ARN of the key. */
  readonly keyId: string
}

/**
 * Chooses suite, context, signing key and data key: the field's cryptographic materials manager.
 *
 * An answer may come without a promise: a cache that has the materials answers at once, and the message is then made in one synchronous
 * step, in which nobody can change the caller's bytes.
 */
export interface Materials {
  /** Materials of one new message, or of one that may be given out again. */
  forEncrypt(request: EncryptRequest): EncryptMaterials | Promise<EncryptMaterials>
  /** Materials of a message that is there. Rejects where no encrypted data key opens. */
  forDecrypt(request: DecryptRequest): DecryptMaterials | Promise<DecryptMaterials>
}
