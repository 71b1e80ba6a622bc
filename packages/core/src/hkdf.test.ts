import { hkdfSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { hkdfSha512 } from './hkdf.ts'
import { SecretBytes } from './secret-bytes.ts'

const bytesOf = (length: number, value: number) => new Uint8Array(length).fill(value)

describe('HKDF-SHA512 without salt', () => {
  it.each([0, 1, 32, 64])('derives what node:crypto derives, from %i bytes', (length) => {
    const key = bytesOf(length, 7)
    const infos = [bytesOf(0, 0), bytesOf(32, 1), bytesOf(127, 2)] as const
    const derived = hkdfSha512(SecretBytes.copyOf(key), ...infos)
    expect(derived.map((out) => Buffer.from(out).toString('hex'))).toEqual(
      infos.map((info) => Buffer.from(hkdfSync('sha512', key, new Uint8Array(0), info, 32)).toString('hex')),
    )
  })

  it('refuses an info that leaves no room for the counter', () => {
    expect(() => hkdfSha512(SecretBytes.random(32), bytesOf(128, 1))).toThrow(RangeError)
  })
})
