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
  const hex = Buffer.from(ciphertext.subarray(SALT + IV, HEAD)).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** Seals a data key. */
export function sealDataKey(key: BranchKey, secret: SecretBytes, context: Uint8Array, random: RandomSource): Uint8Array {
  const head = new Uint8Array(HEAD)
  head.set(draw(random, SALT + IV))
  head.set(versionBytes(key.version), SALT + IV)
  const cipher = createCipheriv('aes-256-gcm', wrappingKey(key.secret, head.subarray(0, SALT)), head.subarray(SALT, SALT + IV))
  cipher.setAAD(aadOf(key, context))
  const sealed = secret.use((bytes) => cipher.update(bytes))
  cipher.final()
  const out = new Uint8Array(HEAD + sealed.length + TAG)
  out.set(head)
  out.set(sealed, HEAD)
  out.set(cipher.getAuthTag(), HEAD + sealed.length)
  return out
}

/** Opens a data key with the version that the ciphertext names; undefined where it is not one of this key and context. */
export function openDataKey(key: BranchKey, ciphertext: Uint8Array, contexts: Iterable<Uint8Array>): SecretBytes | undefined {
  const wrapping = wrappingKey(key.secret, ciphertext.subarray(0, SALT))
  for (const context of contexts) {
    const decipher = createDecipheriv('aes-256-gcm', wrapping, ciphertext.subarray(SALT, SALT + IV), { authTagLength: TAG })
    decipher.setAAD(aadOf(key, context)).setAuthTag(ciphertext.subarray(-TAG))
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

function aadOf({ branchKeyId, version }: BranchKey, context: Uint8Array): Uint8Array {
  return Buffer.concat([LABEL, Buffer.from(branchKeyId, 'utf8'), versionBytes(version), context])
}

function versionBytes(version: string): Uint8Array {
  const bytes = Buffer.from(version.replaceAll('-', ''), 'hex')
  if (bytes.length === VERSION) return bytes
  throw new StrongroomError('MATERIALS_INVALID', 'A branch key store answered a version that is no UUID. That is a defect of the store.')
}
