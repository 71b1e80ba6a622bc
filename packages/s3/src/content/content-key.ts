import { type CipherGCM, createCipheriv, createDecipheriv, type DecipherGCM, type Decipheriv, type KeyObject } from 'node:crypto'
import type { ContentSuite } from '../content-suite.ts'

/** Bytes of the tag that ends a body of AES-GCM. */
export const TAG_LENGTH = 16
/** Twelve bytes of one, and not of zero: what tells V3 objects apart is their key. */
const COMMITTING_IV: Uint8Array = new Uint8Array(12).fill(1)
const COMMITTING_AAD: Uint8Array = Uint8Array.of(0x00, 0x73)
const NO_AAD: Uint8Array = new Uint8Array(0)
/** GCM encrypts its first block under counter 2: 1 is the tag's. */
const FIRST_COUNTER = 2
/** Bytes of a block of AES. */
export const BLOCK_LENGTH = 16

/** The key of one body, with everything else that its cipher takes. Holds no bytes that could be wiped: a `KeyObject` keeps them in OpenSSL. */
export interface ContentKey {
  readonly suite: ContentSuite
  readonly key: KeyObject
  readonly iv: Uint8Array
}

/** The content key of a V3 object. */
export function committingKey(suite: ContentSuite, key: KeyObject): ContentKey {
  return { suite, key, iv: COMMITTING_IV }
}

/** A cipher for the whole body. A content key encrypts one body only, once. */
export function contentCipher({ key, iv, suite }: ContentKey): CipherGCM {
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_LENGTH })
  cipher.setAAD(suite.commits ? COMMITTING_AAD : NO_AAD)
  return cipher
}

/** A decipher for the whole body of AES-GCM. */
export function gcmDecipher({ key, iv, suite }: ContentKey): DecipherGCM {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_LENGTH })
  decipher.setAAD(suite.commits ? COMMITTING_AAD : NO_AAD)
  return decipher
}

/** A decipher for a part of a body of AES-GCM, from a block on, without its tag: nothing is authenticated. */
export function counterDecipher({ key, iv }: ContentKey, block: number): Decipheriv {
  const counter = Buffer.alloc(BLOCK_LENGTH)
  counter.set(iv)
  counter.writeUInt32BE(FIRST_COUNTER + block, iv.length)
  return createDecipheriv('aes-256-ctr', key, counter)
}

/** A decipher of AES-CBC, from a block on where it is given the one before. */
export function cbcDecipher({ key, iv }: ContentKey, previousBlock: Uint8Array = iv): Decipheriv {
  return createDecipheriv(`aes-${(key.symmetricKeySize as number) * 8}-cbc`, key, previousBlock)
}
