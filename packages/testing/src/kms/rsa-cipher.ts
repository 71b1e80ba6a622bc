import { constants, createPublicKey, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto'
import { invalidCiphertext, validation } from './kms-errors.ts'
import type { KmsKey } from './kms-key.ts'

const hashes: ReadonlyMap<string, { readonly oaepHash: string; readonly length: number }> = new Map([
  ['RSAES_OAEP_SHA_1', { oaepHash: 'sha1', length: 20 }],
  ['RSAES_OAEP_SHA_256', { oaepHash: 'sha256', length: 32 }],
])

/** Whether an encryption algorithm is one of RSA keys. */
export function isRsaAlgorithm(algorithm: string): boolean {
  return hashes.has(algorithm)
}

/** Encrypts to the public half. Throws ValidationException for what is too long for the modulus. */
export function sealRsa(key: KmsKey, algorithm: string, plaintext: Uint8Array): Uint8Array {
  const { oaepHash, length } = hashOf(algorithm)
  const most = modulusBytes(key.privateKey) - 2 * length - 2
  if (plaintext.length > most) {
    throw validation(`Algorithm ${algorithm} and key spec ${key.spec} cannot encrypt data larger than ${most} bytes.`)
  }
  const padded = { key: createPublicKey(key.privateKey), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }
  return Uint8Array.from(publicEncrypt(padded, plaintext))
}

/** Decrypts with the private half. Throws InvalidCiphertextException for whatever does not open, without a reason. */
export function openRsa(key: KmsKey, algorithm: string, ciphertext: Uint8Array): Uint8Array {
  const { oaepHash } = hashOf(algorithm)
  if (ciphertext.length !== modulusBytes(key.privateKey)) throw invalidCiphertext()
  try {
    return Uint8Array.from(privateDecrypt({ key: key.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, ciphertext))
  } catch {
    throw invalidCiphertext()
  }
}

function hashOf(algorithm: string): { readonly oaepHash: string; readonly length: number } {
  const hash = hashes.get(algorithm)
  if (hash === undefined) throw new Error(`${algorithm} is no algorithm of RSA keys`)
  return hash
}

function modulusBytes(key: KeyObject): number {
  return (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8
}
