import type { CipherGCM } from 'node:crypto'
import type { StrongroomError } from '@strongroom/core'
import { s3Error } from '../errors.ts'
import { type ContentKey, contentCipher } from './content-key.ts'
import type { ContentTransform } from './content-transform.ts'

/** All that AES-GCM encrypts under one key and IV, in bytes. Source: NIST SP 800-38D, 5.2.1.1. */
export const MOST_PLAINTEXT_BYTES: number = 2 ** 36 - 32

/** Encrypts one body, once: a second body under the same key would give both away. */
export class ContentEncryptor implements ContentTransform {
  readonly #cipher: CipherGCM
  readonly #expected: number | undefined
  readonly #most: number
  #length = 0

  /**
   * @param expected - bytes of the plaintext, where they were told beforehand.
   * @param most - given in by tests.
   */
  constructor(key: ContentKey, expected?: number, most: number = MOST_PLAINTEXT_BYTES) {
    assertEncryptable(expected ?? 0, most)
    this.#cipher = contentCipher(key)
    this.#expected = expected
    this.#most = most
  }

  /** Plaintext bytes so far. */
  get length(): number {
    return this.#length
  }

  update(chunk: Uint8Array): Uint8Array {
    this.#length += chunk.length
    if (this.#expected !== undefined && this.#length > this.#expected) throw mismatch(this.#expected, `at least ${this.#length}`)
    assertEncryptable(this.#length, this.#most)
    return this.#cipher.update(chunk)
  }

  /** The tag, which ends the body. */
  final(): Uint8Array {
    if (this.#expected !== undefined && this.#length !== this.#expected) throw mismatch(this.#expected, String(this.#length))
    this.#cipher.final()
    return this.#cipher.getAuthTag()
  }
}

/** @throws `OBJECT_TOO_LARGE` */
export function assertEncryptable(length: number, most: number = MOST_PLAINTEXT_BYTES): void {
  if (length <= most) return
  throw s3Error('OBJECT_TOO_LARGE', `An object of more than ${most} bytes cannot be encrypted as one: the limit is that of AES-GCM.`)
}

function mismatch(expected: number, found: string): StrongroomError<'LENGTH_MISMATCH'> {
  return s3Error('LENGTH_MISMATCH', `The plaintext was said to have ${expected} bytes, and has ${found}.`)
}
