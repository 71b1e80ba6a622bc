/**
 * The ciphertext of an encrypted data key under a branch key (sizes in bytes).
 *
 *     salt(16) | iv(12) | branch key version, a UUID(16) | AES-256-GCM of the data key | tag(16)
 *
 *     wrapping key: counter-mode KDF (HMAC-SHA256) of the branch key, label "aws-kms-hierarchy", context salt, 32 bytes
 *     AAD:          "aws-kms-hierarchy" | branch key id | version(16) | serialised encryption context
 *
 * Source: specification, "AWS KMS Hierarchical Keyring".
 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { type RandomSource, SecretBytes, StrongroomError } from '@strongroom/core'
import { counterKdf, draw } from '@strongroom/core/keyring-tools'
import type { BranchKey } from './branch-keys/branch-key-store.ts'

export const PROVIDER_ID = 'aws-kms-hierarchy'

const LABEL = new TextEncoder().encode(PROVIDER_ID)
const SALT = 16
const IV = 12
const VERSION = 16
const HEAD = SALT + IV + VERSION
const TAG = 16

/** The version that a ciphertext names; undefined where it is too short to be one. */
export function versionOf(ciphertext: Uint8Array): string | undefined {
  if (ciphertext.length <= HEAD + TAG) return undefined
  const hex = Buffer.from(ciphertext.buffer, ciphertext.byteOffset + SALT + IV, VERSION).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Seals a data key. `id` is the id of the branch key as it stands in the message. */
export function sealDataKey(key: BranchKey, id: Uint8Array, secret: SecretBytes, context: Uint8Array, random: RandomSource): Uint8Array {
  const out = new Uint8Array(HEAD + secret.length + TAG)
  out.set(draw(random, SALT + IV))
  out.set(versionBytes(key.version), SALT + IV)
  const cipher = createCipheriv('aes-256-gcm', wrappingKey(key.secret, out.subarray(0, SALT)), out.subarray(SALT, SALT + IV))
  cipher.setAAD(aadOf(id, out.subarray(SALT + IV, HEAD), context))
  out.set(
    secret.use((bytes) => cipher.update(bytes)),
    HEAD,
  )
  cipher.final()
  out.set(cipher.getAuthTag(), HEAD + secret.length)
  return out
}

/** Opens a data key with the version that the ciphertext names; undefined where it is not one of this key and context. */
export function openDataKey(
  key: BranchKey,
  id: Uint8Array,
  ciphertext: Uint8Array,
  contexts: Iterable<Uint8Array>,
): SecretBytes | undefined {
  const wrapping = wrappingKey(key.secret, ciphertext.subarray(0, SALT))
  for (const context of contexts) {
    const decipher = createDecipheriv('aes-256-gcm', wrapping, ciphertext.subarray(SALT, SALT + IV), { authTagLength: TAG })
    decipher.setAAD(aadOf(id, ciphertext.subarray(SALT + IV, HEAD), context)).setAuthTag(ciphertext.subarray(-TAG))
    const plaintext = decipher.update(ciphertext.subarray(HEAD, -TAG))
    try {
      decipher.final()
      return SecretBytes.take(plaintext)
    } catch {
      plaintext.fill(0)
    }
  }
  return undefined
}

function wrappingKey(branchKey: SecretBytes, salt: Uint8Array): KeyObject {
  const derived = counterKdf('sha256', branchKey, LABEL, salt, 32)
  const key = createSecretKey(derived)
  derived.fill(0)
  return key
}

function aadOf(id: Uint8Array, version: Uint8Array, context: Uint8Array): Uint8Array {
  const aad = new Uint8Array(LABEL.length + id.length + VERSION + context.length)
  aad.set(LABEL)
  aad.set(id, LABEL.length)
  aad.set(version, LABEL.length + id.length)
  aad.set(context, LABEL.length + id.length + VERSION)
  return aad
}

function versionBytes(version: string): Uint8Array {
  const bytes = Buffer.from(version.replaceAll('-', ''), 'hex')
  if (bytes.length === VERSION) return bytes
  throw new StrongroomError('MATERIALS_INVALID', 'A branch key store answered a version that is no UUID. That is a defect of the store.')
}
