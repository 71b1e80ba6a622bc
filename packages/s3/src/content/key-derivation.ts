/**
 * Keys of V3 objects (HKDF-SHA-512, RFC 5869): the data key is the input, the message id the salt.
 *
 *     key commitment: expand to 28 bytes with 0x0073 "COMMITKEY"
 *     content key:    expand to 32 bytes with 0x0073 "DERIVEKEY"
 *
 * Source: S3 Encryption Client specification, "Key Derivation".
 */
import { createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { SecretBytes } from '@strongroom/core'

const SUITE_ID = Buffer.of(0x00, 0x73)
const COMMIT_INFO = Buffer.concat([SUITE_ID, Buffer.from('COMMITKEY', 'latin1')])
const DERIVE_INFO = Buffer.concat([SUITE_ID, Buffer.from('DERIVEKEY', 'latin1')])
const COMMITMENT_LENGTH = 28
const CONTENT_KEY_LENGTH = 32

/** What a data key commits to under a message id: 28 bytes. */
export function deriveCommitment(dataKey: SecretBytes, messageId: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha512', dataKey.keyObject(), messageId, COMMIT_INFO, COMMITMENT_LENGTH))
}

/** The key of the body. */
export function deriveContentKey(dataKey: SecretBytes, messageId: Uint8Array): KeyObject {
  const bytes = new Uint8Array(hkdfSync('sha512', dataKey.keyObject(), messageId, DERIVE_INFO, CONTENT_KEY_LENGTH))
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return key
}

/** Compares commitments in constant time. */
export function commitmentMatches(derived: Uint8Array, received: Uint8Array): boolean {
  return derived.length === received.length && timingSafeEqual(derived, received)
}
