import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { backingKeyIdOf, openBlob, sealBlob } from './ciphertext-blob.ts'
import type { BackingKey } from './kms-key.ts'

const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length))
const backingKey: BackingKey = { id: random(32), material: random(32), createdAt: 0 }
const context = new Map([['purpose', 'test']])

describe('the ciphertext blob', () => {
  it('is as long as AWS makes it: 152 bytes more than the plaintext', () => {
    expect(sealBlob(random(32), backingKey, context, random)).toHaveLength(184)
    expect(sealBlob(random(4096), backingKey, context, random)).toHaveLength(4096 + 152)
  })

  it('opens to its plaintext and names its backing key', () => {
    const plaintext = random(32)
    const blob = sealBlob(plaintext, backingKey, context, random)
    expect(openBlob(blob, backingKey, context)).toEqual(plaintext)
    expect(Uint8Array.from(backingKeyIdOf(blob))).toEqual(backingKey.id)
  })

  it('does not open with any one bit changed behind the marker', () => {
    const blob = sealBlob(random(32), backingKey, context, random)
    for (let bit = 16; bit < blob.length * 8; bit += 1) {
      const changed = Uint8Array.from(blob)
      const index = bit >> 3
      changed[index] = (changed[index] ?? 0) ^ (1 << (bit & 7))
      expect(() => openBlob(changed, backingKey, context)).toThrow(expect.objectContaining({ name: 'InvalidCiphertextException' }))
    }
  })

  it('is refused when it is too short or has another marker', () => {
    const blob = sealBlob(random(1), backingKey, context, random)
    for (let length = 0; length < blob.length; length += 1) {
      expect(() => backingKeyIdOf(blob.subarray(0, length))).toThrow(expect.objectContaining({ name: 'InvalidCiphertextException' }))
    }
    expect(() => backingKeyIdOf(Uint8Array.from(blob).fill(0, 0, 1))).toThrow(
      expect.objectContaining({ name: 'InvalidCiphertextException' }),
    )
  })
})
