import type { DecipherGCM, Decipheriv } from 'node:crypto'
import { objectInvalid } from '../errors.ts'
import { type ContentKey, cbcDecipher, gcmDecipher, TAG_LENGTH } from './content-key.ts'
import { type ContentTransform, NO_BYTES } from './content-transform.ts'

/**
 * A decryptor of one whole body.
 *
 * **What it answers is authentic only once `final` did not throw**, and for AES-CBC never. Whoever hands it on before that has chosen to.
 *
 * @param bodyLength - bytes of the body, where they are said to be known: it saves a copy. A body of another length does not open.
 */
export function contentDecryptor(key: ContentKey, bodyLength?: number): ContentTransform {
  if (key.suite.id === '0070') return new CbcDecryptor(key)
  return bodyLength === undefined ? new GcmDecryptor(key) : new MeasuredGcmDecryptor(key, bodyLength)
}

/**
 * Decrypts a whole body that is at hand, and answers nothing of one that is not as it was written.
 *
 * @throws `MESSAGE_INVALID`
 */
export function decryptContent(key: ContentKey, body: Uint8Array): Uint8Array {
  if (key.suite.id === '0070') return joined(new CbcDecryptor(key), body)
  const end = body.length - TAG_LENGTH
  if (end < 0) throw objectInvalid()
  const decipher = gcmDecipher(key)
  decipher.setAuthTag(body.subarray(end))
  const plaintext = decipher.update(body.subarray(0, end))
  try {
    decipher.final()
  } catch {
    plaintext.fill(0)
    throw objectInvalid()
  }
  // A short one lies in a pool that belongs to the whole process.
  if (plaintext.buffer.byteLength === plaintext.length) return new Uint8Array(plaintext.buffer)
  const own = Uint8Array.from(plaintext)
  plaintext.fill(0)
  return own
}

function joined(decryptor: ContentTransform, body: Uint8Array): Uint8Array {
  const first = decryptor.update(body)
  try {
    return Uint8Array.from(Buffer.concat([first, decryptor.final()]))
  } finally {
    first.fill(0)
  }
}

/** Holds the last 16 bytes back, which may be the tag. */
class GcmDecryptor implements ContentTransform {
  readonly #decipher: DecipherGCM
  readonly #held = Buffer.alloc(TAG_LENGTH)
  #heldLength = 0

  constructor(key: ContentKey) {
    this.#decipher = gcmDecipher(key)
  }

  update(chunk: Uint8Array): Uint8Array {
    const free = this.#heldLength + chunk.length - TAG_LENGTH
    if (free <= 0) {
      this.#held.set(chunk, this.#heldLength)
      this.#heldLength += chunk.length
      return NO_BYTES
    }
    const ofHeld = Math.min(free, this.#heldLength)
    const ofChunk = free - ofHeld
    const plaintext = Buffer.allocUnsafeSlow(free)
    if (ofHeld > 0) plaintext.set(this.#decipher.update(this.#held.subarray(0, ofHeld)))
    if (ofChunk > 0) plaintext.set(this.#decipher.update(chunk.subarray(0, ofChunk)), ofHeld)
    this.#held.copyWithin(0, ofHeld, this.#heldLength)
    this.#held.set(chunk.subarray(ofChunk), this.#heldLength - ofHeld)
    this.#heldLength = TAG_LENGTH
    return plaintext
  }

  final(): Uint8Array {
    if (this.#heldLength < TAG_LENGTH) throw objectInvalid()
    this.#decipher.setAuthTag(this.#held)
    try {
      this.#decipher.final()
    } catch {
      throw objectInvalid()
    }
    return NO_BYTES
  }
}

/** Knows where the tag begins. */
class MeasuredGcmDecryptor implements ContentTransform {
  readonly #decipher: DecipherGCM
  readonly #tag = Buffer.alloc(TAG_LENGTH)
  readonly #end: number
  #at = 0

  constructor(key: ContentKey, bodyLength: number) {
    this.#end = bodyLength - TAG_LENGTH
    if (this.#end < 0) throw objectInvalid()
    this.#decipher = gcmDecipher(key)
  }

  update(chunk: Uint8Array): Uint8Array {
    const content = Math.max(0, Math.min(chunk.length, this.#end - this.#at))
    const rest = chunk.subarray(content)
    const inTag = this.#at + content - this.#end
    if (inTag + rest.length > TAG_LENGTH) throw objectInvalid()
    if (rest.length > 0) this.#tag.set(rest, inTag)
    this.#at += chunk.length
    return content === 0 ? NO_BYTES : this.#decipher.update(rest.length === 0 ? chunk : chunk.subarray(0, content))
  }

  final(): Uint8Array {
    if (this.#at !== this.#end + TAG_LENGTH) throw objectInvalid()
    this.#decipher.setAuthTag(this.#tag)
    try {
      this.#decipher.final()
    } catch {
      throw objectInvalid()
    }
    return NO_BYTES
  }
}

class CbcDecryptor implements ContentTransform {
  readonly #decipher: Decipheriv

  constructor(key: ContentKey) {
    this.#decipher = cbcDecipher(key)
  }

  update(chunk: Uint8Array): Uint8Array {
    return this.#decipher.update(chunk)
  }

  final(): Uint8Array {
    try {
      return this.#decipher.final()
    } catch {
      throw objectInvalid()
    }
  }
}
