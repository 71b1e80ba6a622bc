/**
 * The encrypted data key of KMS keys.
 *
 *     provider id:   aws-kms
 *     provider info: the key's ARN, as KMS answered it
 *     ciphertext:    KMS's CiphertextBlob; KMS binds the encryption context
 *
 * Source: specification, "AWS KMS Keyring".
 */
import type { Attempt, EncryptedDataKey, KmsKey, SecretBytes, UnwrapFailure, Unwrapped, WrapRequest } from '@strongroom/core'
import { KmsKeyError } from './errors.ts'
import { type KeyArn, keyArnFromBytes } from './key-arn.ts'

export const PROVIDER_ID = 'aws-kms'

/** A KMS key that is known by its ARN. */
export type FixedKey = KmsKey & { readonly keyId: string }

/** The encrypted data key of a blob that KMS answered. */
export function kmsEdk(ciphertext: Uint8Array, keyArn: string): EncryptedDataKey {
  return { providerId: PROVIDER_ID, providerInfo: new TextEncoder().encode(keyArn), ciphertext }
}

/** The key that an encrypted data key of KMS names; undefined where it is another provider's, or names none. */
export function namedKey(edk: EncryptedDataKey, providerId: string = PROVIDER_ID): KeyArn | undefined {
  return edk.providerId === providerId ? keyArnFromBytes(edk.providerInfo) : undefined
}

/** What opens an encrypted data key. */
export interface Opener {
  readonly keyId: string
  open(edk: EncryptedDataKey): Promise<SecretBytes>
}

/**
 * Tries encrypted data keys of KMS keys in their order until one opens.
 *
 * @param choose - answers the key to open one with that names the given key; or why it is left alone, as a word or undefined.
 */
export function unwrapInOrder(
  edks: readonly EncryptedDataKey[],
  request: WrapRequest,
  choose: (named: KeyArn) => Promise<FixedKey | string | undefined>,
): Promise<Unwrapped | UnwrapFailure> {
  return unwrapNamed(PROVIDER_ID, edks, request, async (named) => {
    const key = await choose(named)
    if (key === undefined || typeof key === 'string') return key
    const { keyId } = key
    return { keyId, open: async ({ ciphertext }) => (await key.decrypt(ciphertext, request.context, keyId, request)).secret }
  })
}

/**
 * Tries encrypted data keys of a provider that names keys by their ARN.
 *
 * @param choose - answers what opens one that names the given key; or why it is left alone, as a word or undefined.
 */
export async function unwrapNamed(
  providerId: string,
  edks: readonly EncryptedDataKey[],
  request: WrapRequest,
  choose: (named: KeyArn) => Promise<Opener | string | undefined>,
): Promise<Unwrapped | UnwrapFailure> {
  request.signal?.throwIfAborted()
  const attempts: Attempt[] = []
  for (const [index, edk] of edks.entries()) {
    request.signal?.throwIfAborted()
    const named = namedKey(edk, providerId)
    if (named === undefined) {
      // One of ours that names no key was written by nobody.
      attempts.push({ edk: index, outcome: edk.providerId === providerId ? 'rejected' : 'not-mine' })
      continue
    }
    let keyId = named.arn
    try {
      const key = await choose(named)
      if (key === undefined || typeof key === 'string') {
        attempts.push({ edk: index, keyId, outcome: 'not-mine', ...(key === undefined ? {} : { reason: key }) })
        continue
      }
      keyId = key.keyId
      return { secret: await key.open(edk), edk: index, keyId }
    } catch (error) {
      request.signal?.throwIfAborted()
      attempts.push(failed(index, keyId, error))
    }
  }
  return { attempts }
}

/** Only KMS's word on the blob makes it rejected; a configuration error, say, is somebody's to mend. */
function failed(edk: number, keyId: string, cause: unknown): Attempt {
  const code = cause instanceof KmsKeyError ? cause.code : undefined
  const outcome = code === 'MESSAGE_INVALID' ? 'rejected' : code === 'KEY_TRANSIENT' ? 'transient' : 'operational'
  return withReason({ edk, keyId, outcome, cause })
}

/** The attempt with KMS's word for what went wrong, where it said one. */
export function withReason(attempt: Attempt): Attempt {
  const { cause } = attempt
  return cause instanceof KmsKeyError && cause.kmsCode !== undefined ? { ...attempt, reason: cause.kmsCode } : attempt
}
