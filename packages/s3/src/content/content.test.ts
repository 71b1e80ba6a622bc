import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { cbcSuite, committingSuite, gcmSuite } from '../content-suite.ts'
import { contentDecryptor, decryptContent } from './content-decryptor.ts'
import { ContentEncryptor, MOST_PLAINTEXT_BYTES } from './content-encryptor.ts'
import { type ContentKey, cbcDecipher, committingKey } from './content-key.ts'
import type { ContentTransform } from './content-transform.ts'
import { coveringRange, rangeDecryptor } from './range-decryptor.ts'

const keyOf = () => createSecretKey(randomBytes(32))
const gcm: ContentKey = { suite: gcmSuite, key: keyOf(), iv: randomBytes(12) }
const committing = committingKey(committingSuite, keyOf())
const plaintext = Buffer.from(Array.from({ length: 100 }, (_, at) => at))

function all(transform: ContentTransform, bytes: Uint8Array, size = bytes.length): Buffer {
  const parts: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += Math.max(1, size)) parts.push(transform.update(bytes.subarray(at, at + size)))
  parts.push(transform.final())
  return Buffer.concat(parts)
}

describe.each([
  ['V2', gcm],
  ['V3', committing],
] as const)('the body of %s', (_format, key) => {
  const body = all(new ContentEncryptor(key), plaintext)

  it('is decrypted in chunks of any size, and again', () => {
    for (let size = 1; size < 40; size += 1) expect(all(contentDecryptor(key), body, size).equals(plaintext)).toBe(true)
    expect(Buffer.from(decryptContent(key, body)).equals(plaintext)).toBe(true)
  })

  it('keeps no chunk that its caller may change', () => {
    const chunk = new Uint8Array(7)
    const decryptor = contentDecryptor(key)
    const parts: Uint8Array[] = []
    for (let at = 0; at < body.length; at += 7) {
      const part = body.subarray(at, at + 7)
      chunk.set(part)
      parts.push(decryptor.update(chunk.subarray(0, part.length)))
      chunk.fill(0xff)
    }
    expect(Buffer.concat([...parts, decryptor.final()]).equals(plaintext)).toBe(true)
  })

  it('is read in parts, whatever the chunks that they come in', () => {
    for (let start = 0; start < plaintext.length; start += 7) {
      for (const end of [start, start + 1, start + 20, 100, 116, 200]) {
        const range = { start, end }
        for (const fetched of [{ start, end: Math.min(body.length, end) }, coveringRange(range, body.length)]) {
          for (const size of [1, 16, 1000]) {
            const part = all(rangeDecryptor(key, range, fetched, body.length), body.subarray(fetched.start, fetched.end), size)
            expect(part.equals(plaintext.subarray(start, end))).toBe(true)
          }
        }
      }
    }
  })
})

it('a part far into a body is found by its block', () => {
  // The counter of the last block that AES-GCM has under one key.
  const start = MOST_PLAINTEXT_BYTES - 16
  const total = MOST_PLAINTEXT_BYTES + 16
  const decryptor = rangeDecryptor(gcm, { start, end: total }, { start, end: total }, total)
  expect(all(decryptor, new Uint8Array(32)).length).toBe(16)
})

describe('AES-CBC', () => {
  it('is read in parts of whole blocks and the one before', () => {
    expect(coveringRange({ start: 0, end: 1 }, 112)).toEqual({ start: 0, end: 16 })
    expect(coveringRange({ start: 16, end: 33 }, 112)).toEqual({ start: 0, end: 48 })
    expect(coveringRange({ start: 40, end: 500 }, 112)).toEqual({ start: 16, end: 112 })
  })

  it('in a length that it never has is refused', () => {
    const key: ContentKey = { suite: cbcSuite, key: keyOf(), iv: randomBytes(16) }
    for (const total of [0, 1, 15, 17]) {
      expect(() => rangeDecryptor(key, { start: 0, end: 1 }, { start: 0, end: 1 }, total)).toThrowError(
        expect.objectContaining({ code: 'MESSAGE_INVALID' }),
      )
      expect(() => decryptContent(key, new Uint8Array(total))).toThrowError(expect.objectContaining({ code: 'MESSAGE_INVALID' }))
    }
    expect(cbcDecipher(key).update(new Uint8Array(16))).toHaveLength(0)
  })
})

describe('an encryption', () => {
  it('ends before AES-GCM’s limit is passed', () => {
    const encryptor = new ContentEncryptor(gcm, undefined, 100)
    encryptor.update(new Uint8Array(100))
    expect(() => encryptor.update(new Uint8Array(1))).toThrowError(expect.objectContaining({ code: 'OBJECT_TOO_LARGE' }))
    expect(() => new ContentEncryptor(gcm, 101, 100)).toThrowError(expect.objectContaining({ code: 'OBJECT_TOO_LARGE' }))
    expect(MOST_PLAINTEXT_BYTES).toBe(68_719_476_704)
  })

  it('happens once', () => {
    const encryptor = new ContentEncryptor(gcm)
    encryptor.final()
    expect(() => encryptor.update(plaintext)).toThrow()
    expect(() => encryptor.final()).toThrow()
  })
})
