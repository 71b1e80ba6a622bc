import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { framedBodyLength, sealFrames } from '../esdk/body.ts'
import type { BodyKey } from '../esdk/frame.ts'
import { suiteById } from '../suite.ts'
import { PlaintextFrames } from './plaintext-frames.ts'

const key: BodyKey = { suite: suiteById('0478'), contentKey: createSecretKey(randomBytes(32)), messageId: randomBytes(32) }

function sealed(plaintext: Uint8Array, frameLength: number): Buffer {
  const out = Buffer.alloc(framedBodyLength(plaintext.length, frameLength))
  sealFrames(key, plaintext, frameLength, out, 0)
  return out
}

describe.each([1, 3, 64, 1000, 40_000, 65_536, 65_537, 200_000])('frames of %i bytes', (frameLength) => {
  const sizes = [0, 1, frameLength - 1, frameLength, frameLength + 1, 2 * frameLength, 70_000, 5 * frameLength].filter(
    (size) => size <= 300_000,
  )

  it('are what a whole plaintext is sealed to, in whatever parts it comes', () => {
    for (const size of sizes) {
      for (const chunk of [1 + Math.floor(size / 7), 4093, 65_536, 300_000]) {
        const plaintext = randomBytes(size)
        const frames = new PlaintextFrames(frameLength, () => key)
        const out: Uint8Array[] = []
        for (let at = 0; at < size; at += chunk) {
          frames.append(plaintext.subarray(at, at + chunk))
          while (frames.hasRegular) out.push(frames.sealRegular())
        }
        out.push(frames.sealRest(0))
        expect([size, chunk, Buffer.concat(out).equals(sealed(plaintext, frameLength))]).toEqual([size, chunk, true])
      }
    }
  })

  it('come out in memory that holds nothing but them', () => {
    const plaintext = randomBytes(Math.min(150_000, 3 * frameLength) + 1)
    const frames = new PlaintextFrames(frameLength, () => key)
    frames.append(plaintext)
    while (frames.hasRegular) {
      const part = frames.sealRegular()
      expect(part.buffer.byteLength).toBe(part.length)
    }
    const rest = frames.sealRest(5)
    expect(rest.buffer.byteLength).toBe(rest.length)
  })
})

describe('plaintext that waits to be sealed', () => {
  it('is in memory of its own', () => {
    const plaintext = randomBytes(100)
    const expected = sealed(plaintext, 64)
    const frames = new PlaintextFrames(64, () => key)
    frames.append(plaintext)
    plaintext.fill(0)
    expect(Buffer.from(frames.sealRest(0)).equals(expected)).toBe(true)
  })

  it('is gone when it is cleared', () => {
    const frames = new PlaintextFrames(4, () => key)
    frames.append(randomBytes(100_000))
    frames.clear()
    expect(frames.hasRegular).toBe(false)
    expect(frames.sealRest(0).equals(sealed(new Uint8Array(0), 4))).toBe(true)
  })
})
