import type { KeyObject } from 'node:crypto'
import type { CommitmentPolicy } from './commitment-policy.ts'
import type { EncryptionContext } from './encryption-context.ts'
import type { CallOptions, EncryptedDataKey } from './keyring.ts'
import type { SecretBytes } from './secret-bytes.ts'
import type { Suite } from './suite.ts'

/** What a message is to be encrypted with. */
export interface EncryptRequest extends CallOptions {
  readonly suite: Suite
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
  readonly suite: Suite
  readonly context: EncryptionContext
  /** Pairs that the caller reproduces: compared where stored, added where not. */
  readonly reproduced?: EncryptionContext | undefined
  /** Keys of `reproduced` whose pairs the message authenticates but need not store. */
  readonly requiredKeys?: readonly string[] | undefined
  readonly edks: readonly EncryptedDataKey[]
  /** Policy of the asking client, part of a cache entry's identity. */
  readonly commitmentPolicy?: CommitmentPolicy | undefined
}

/** Materials of one encryption. `dataKey` (and `macKeys`) are handles of the receiver's own, to dispose after use. */
export interface EncryptMaterials {
  readonly suite: Suite
  readonly context: EncryptionContext
  readonly requiredKeys: readonly string[]
  readonly dataKey: SecretBytes
  readonly edks: readonly EncryptedDataKey[]
  readonly signingKey?: KeyObject | undefined
  readonly macKeys?: readonly SecretBytes[] | undefined
}

/** Materials of one decryption. `dataKey` is a handle of the receiver's own, to dispose after use. */
export interface DecryptMaterials {
  readonly suite: Suite
  /** Stored and reproduced pairs. */
  readonly context: EncryptionContext
  readonly requiredKeys: readonly string[]
  readonly dataKey: SecretBytes
  readonly verificationKey?: KeyObject | undefined
  readonly macKey?: SecretBytes | undefined
  readonly openedBy: OpenedBy
}

/** Which key opened a message. */
export interface OpenedBy {
  /** Index of the encrypted data key, where it is known. */
  readonly edk?: number
  readonly keyId: string
}

/**
 * Chooses suite, context, signing key and data key: the field's cryptographic materials manager.
 *
 * An answer may come without a promise: a cache that has the materials answers at once, and the message is then made in one synchronous
 * step, in which nobody can change the caller's bytes.
 */
export interface Materials {
  forEncrypt(request: EncryptRequest): EncryptMaterials | Promise<EncryptMaterials>
  forDecrypt(request: DecryptRequest): DecryptMaterials | Promise<DecryptMaterials>
}
