import { createHmac, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Hmac, type HmacHash, hmacOf } from './hmac.ts'

describe.each(['sha256', 'sha384', 'sha512'] satisfies HmacHash[])('HMAC with %s', (hash) => {
  const block = hash === 'sha256' ? 64 : 128

  it('equals the HMAC of node:crypto for every length of key and data', () => {
    const hmac = new Hmac(hash)
    const bytes = randomBytes(256)
    for (let length = 0; length <= 128; length += 1) {
      const key = bytes.subarray(0, Math.min(length, block))
      const data = bytes.subarray(128, 128 + length)
      hmac.key(key)
      expect(Buffer.from(hmac.of(data)).toString('hex')).toBe(createHmac(hash, key).update(data).digest('hex'))
    }
  })

  it('keeps a key for several outputs and forgets it when wiped', () => {
    const hmac = new Hmac(hash)
    const key = randomBytes(32)
    const expected = (data: string) => createHmac(hash, key).update(data).digest('hex')
    hmac.key(key)
    expect(Buffer.from(hmac.of(Buffer.from('long first input'))).toString('hex')).toBe(expected('long first input'))
    expect(Buffer.from(hmac.of(Buffer.from('short'))).toString('hex')).toBe(expected('short'))
    hmac.wipe()
    expect(Buffer.from(hmac.of(Buffer.from('short'))).toString('hex')).not.toBe(expected('short'))
  })

  it('refuses a key longer than a block, which HMAC would hash first', () => {
    expect(() => new Hmac(hash).key(randomBytes(block + 1))).toThrow(RangeError)
  })

  it('equals it in one call, for data of any length', () => {
    const bytes = randomBytes(block + 5000)
    for (const length of [0, 1, 127, 128, 129, 5000]) {
      const [key, data] = [bytes.subarray(0, Math.min(length, block)), bytes.subarray(block, block + length)]
      expect(Buffer.from(hmacOf(hash, key, data)).toString('hex')).toBe(createHmac(hash, key).update(data).digest('hex'))
    }
    expect(() => hmacOf(hash, bytes.subarray(0, block + 1), bytes)).toThrow(RangeError)
  })
})
