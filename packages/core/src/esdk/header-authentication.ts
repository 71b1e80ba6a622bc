import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'
import type { Suite } from '../suite.ts'
import { type Header, IV_LENGTH } from './header.ts'

const ZERO_IV = new Uint8Array(IV_LENGTH)

/**
 * The tag over a header: AES-GCM with an IV of zeros over no plaintext; associated data are the header's bytes, then the serialised pairs
 * that are authenticated but not stored.
 *
 * An IV of zeros is safe because frames of the same key count their IVs from one.
 */
export function headerTag(suite: Suite, contentKey: KeyObject, body: Uint8Array, requiredPairs: Uint8Array): Uint8Array {
  const cipher = createCipheriv(suite.cipher, contentKey, ZERO_IV)
  cipher.setAAD(body)
  if (requiredPairs.length > 0) cipher.setAAD(requiredPairs)
  cipher.final()
  return cipher.getAuthTag()
}

/** Whether a received header is authentic, as received. */
export function authenticates(suite: Suite, contentKey: KeyObject, header: Header, requiredPairs: Uint8Array): boolean {
  const decipher = createDecipheriv(suite.cipher, contentKey, header.iv)
  decipher.setAAD(header.body)
  if (requiredPairs.length > 0) decipher.setAAD(requiredPairs)
  decipher.setAuthTag(header.tag)
  try {
    decipher.final()
    return true
  } catch {
    return false
  }
}
