/**
 * A data key wrapped under a shared secret (sizes in bytes).
 *
 *     ciphertext: salt(32) | commitment(32) | AES-256-GCM of the data key | tag(16)
 *     binding:    "ecdh-key-derivation" 00 curve 00 "HMAC_SHA384" 00 sender's point | recipient's point 00 01 00 serialised context
 *     key:        commitment(32) | wrapping key(32) = counter KDF with HMAC-SHA384 of the shared secret; label: binding, context: salt
 *
 * The binding is the additional data too. The IV is zero: the salt makes the wrapping key one of its own.
 *
 * Source: specification, "Raw ECDH Keyring", "Wrapping Key".
 */
import { createCipheriv, createDecipheriv, timingSafeEqual } from 'node:crypto'
import type { EcCurve } from '../agreement-key.ts'
import { counterKdf } from '../counter-kdf.ts'
import { SecretBytes } from '../secret-bytes.ts'
import type { EcdhParties } from './ecdh-info.ts'

const SALT_LENGTH = 32
const COMMITMENT_LENGTH = 32
const KEY_LENGTH = 32
const TAG_LENGTH = 16
const ZERO_IV = new Uint8Array(12)

/** What the wrapping key depends on beside the secret: the curve, both parties, and the encryption context. */
export function ecdhBinding(curve: EcCurve, { sender, recipient }: EcdhParties, context: Uint8Array): Uint8Array {
  const separator = Buffer.of(0)
  const label = Buffer.from(`ecdh-key-derivation\0${curve.toLowerCase().replace('-', '')}\0HMAC_SHA384\0`, 'latin1')
  return Buffer.concat([label, sender, recipient, separator, Buffer.of(1), separator, context])
}

/** Wraps a data key. */
export function ecdhSeal(shared: SecretBytes, binding: Uint8Array, dataKey: SecretBytes, salt: Uint8Array): Uint8Array {
  const { keys, commitment, wrappingKey } = derive(shared, binding, salt)
  try {
    const cipher = createCipheriv('aes-256-gcm', wrappingKey, ZERO_IV, { authTagLength: TAG_LENGTH })
    cipher.setAAD(binding)
    const sealed = dataKey.use((bytes) => cipher.update(bytes))
    cipher.final()
    return Uint8Array.from(Buffer.concat([salt, commitment, sealed, cipher.getAuthTag()]))
  } finally {
    keys.fill(0)
  }
}

/** Opens a wrapped data key; undefined where it was not wrapped under this secret and binding. */
export function ecdhOpen(shared: SecretBytes, binding: Uint8Array, ciphertext: Uint8Array): SecretBytes | undefined {
  const start = SALT_LENGTH + COMMITMENT_LENGTH
  const end = ciphertext.length - TAG_LENGTH
  if (end <= start) return undefined
  const { keys, commitment, wrappingKey } = derive(shared, binding, ciphertext.subarray(0, SALT_LENGTH))
  try {
    if (!timingSafeEqual(commitment, ciphertext.subarray(SALT_LENGTH, start))) return undefined
    const decipher = createDecipheriv('aes-256-gcm', wrappingKey, ZERO_IV, { authTagLength: TAG_LENGTH })
    decipher.setAAD(binding)
    decipher.setAuthTag(ciphertext.subarray(end))
    const opened = decipher.update(ciphertext.subarray(start, end))
    try {
      decipher.final()
    } catch {
      opened.fill(0)
      return undefined
    }
    return SecretBytes.take(opened)
  } finally {
    keys.fill(0)
  }
}

function derive(shared: SecretBytes, binding: Uint8Array, salt: Uint8Array) {
  const keys = counterKdf('sha384', shared, binding, salt, COMMITMENT_LENGTH + KEY_LENGTH)
  return { keys, commitment: keys.subarray(0, COMMITMENT_LENGTH), wrappingKey: keys.subarray(COMMITMENT_LENGTH) }
}
