/**
 * The embedded KMS's own ciphertext blob. AWS's is secret, but as long: 152 bytes more than the plaintext, 184 for a 32-byte data key.
 *
 * ```
 * offset  length  content
 *      0       2  01 02
 *      2      32  id of the backing key
 *     34      90  salt: this blob's AES key is HMAC-SHA-256(backing key, salt)
 *    124      12  IV
 *    136       n  AES-256-GCM ciphertext; additional data = bytes 0 to 135, then the encryption context
 *  136+n      16  tag
 * ```
 */

import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { contextBytes, type EncryptionContext } from './encryption-context.ts'
import { invalidCiphertext } from './kms-errors.ts'
import type { BackingKey } from './kms-key.ts'

const MARKER = Buffer.from([1, 2])
const ID_END = 34
const SALT_END = 124
const HEADER_LENGTH = 136
const TAG_LENGTH = 16

/** Seals a plaintext under a backing key and an encryption context. */
export function sealBlob(
  plaintext: Uint8Array,
  backingKey: BackingKey,
  context: EncryptionContext,
  randomBytes: (length: number) => Uint8Array,
): Uint8Array {
  const header = Buffer.concat([MARKER, backingKey.id, randomBytes(HEADER_LENGTH - ID_END)])
  const cipher = createCipheriv('aes-256-gcm', blobKey(backingKey, header), header.subarray(SALT_END))
  cipher.setAAD(Buffer.concat([header, contextBytes(context)]))
  return Uint8Array.from(Buffer.concat([header, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]))
}

/** The id of the backing key that sealed a blob. Throws InvalidCiphertextException for what is no blob. */
export function backingKeyIdOf(blob: Uint8Array): Uint8Array {
  if (blob.length <= HEADER_LENGTH + TAG_LENGTH || blob[0] !== MARKER[0] || blob[1] !== MARKER[1]) throw invalidCiphertext()
  return blob.subarray(MARKER.length, ID_END)
}

/** Opens a blob. Throws InvalidCiphertextException when a byte or the context differs from what was sealed. */
export function openBlob(blob: Uint8Array, backingKey: BackingKey, context: EncryptionContext): Uint8Array {
  const header = blob.subarray(0, HEADER_LENGTH)
  const tagStart = blob.length - TAG_LENGTH
  const decipher = createDecipheriv('aes-256-gcm', blobKey(backingKey, header), header.subarray(SALT_END), { authTagLength: TAG_LENGTH })
  decipher.setAAD(Buffer.concat([header, contextBytes(context)]))
  decipher.setAuthTag(blob.subarray(tagStart))
  const plaintext = decipher.update(blob.subarray(HEADER_LENGTH, tagStart))
  try {
    decipher.final()
  } catch {
    throw invalidCiphertext()
  }
  return Uint8Array.from(plaintext)
}

function blobKey({ material }: BackingKey, header: Uint8Array): Uint8Array {
  return createHmac('sha256', material).update(header.subarray(ID_END, SALT_END)).digest()
}
