/**
 * How long a record gets by encryption, known before any key service is called (bytes).
 *
 *     message v2 (suites 0478, 0578):  132 + context + encrypted data keys + plaintext, in one frame
 *     message v1 (all others):         102 + context + encrypted data keys + plaintext
 *     context:                         2 + the sum of 2 + key + 2 + value over its pairs
 *     encrypted data key of AWS KMS:   2 + 7 ("aws-kms") + 2 + key ARN + 2 + 184 (ciphertext blob)
 *     signing suites add               the pair of the public key to the context, and 2 + signature at the end
 */
import type { EncryptionContext, Keyring, SuiteId } from '@strongroom/core'

const KMS_BLOB_BYTES = 184
/** `arn:aws:kms:us-east-1:123456789012:key/` and a UUID, in the Regions with the shortest names. */
const SHORTEST_KEY_ARN_BYTES = 75
const PUBLIC_KEY_FIELD_BYTES = 2 + 21 + 2
/** Pair of the public key (a compressed point in base64) and the signature with its length, by suite. */
const SIGNING_BYTES: ReadonlyMap<SuiteId, number> = new Map([
  ['0214', PUBLIC_KEY_FIELD_BYTES + 44 + 2 + 71],
  ['0346', PUBLIC_KEY_FIELD_BYTES + 68 + 2 + 103],
  ['0378', PUBLIC_KEY_FIELD_BYTES + 68 + 2 + 103],
  ['0578', PUBLIC_KEY_FIELD_BYTES + 68 + 2 + 103],
])

/** Bytes that a message of one frame has beside its plaintext and its encrypted data keys. */
export function messageOverhead(suite: SuiteId, context: EncryptionContext): number {
  const pairs = Object.entries(context).map(([key, value]) => 4 + Buffer.byteLength(key) + Buffer.byteLength(value))
  const fixed = suite === '0478' || suite === '0578' ? 132 : 102
  return fixed + pairs.reduce((total, pair) => total + pair, 2) + (SIGNING_BYTES.get(suite) ?? 0)
}

/**
 * Bytes that the encrypted data keys take at least: one AWS KMS key's, unless the keyring is known to be one key that is not in AWS KMS. Then
 * no key service's bill is at stake and the length shows after wrapping.
 */
export async function leastKeyBytes(keyring: Keyring | undefined): Promise<number> {
  const key = await keyring?.wrappingKeys?.current().catch(() => undefined)
  if (key !== undefined && key.kind !== 'kms') return 0
  return 2 + 7 + 2 + (key?.keyId?.length ?? SHORTEST_KEY_ARN_BYTES) + 2 + KMS_BLOB_BYTES
}
