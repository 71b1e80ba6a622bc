import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evenRanges, HASH_KEY_SPACE, hashKeyOf } from './hash-key.ts'

describe('hash keys', () => {
  it('are the MD5 of the partition key', () => {
    expect(hashKeyOf('').toString(16)).toBe('d41d8cd98f00b204e9800998ecf8427e')
    expect(hashKeyOf('a').toString(16)).toBe('cc175b9c0f1b6a831c399e269772661')
  })

  it('belong to exactly one of any number of even ranges', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.bigInt({ min: 0n, max: HASH_KEY_SPACE - 1n }), (count, hashKey) => {
        const ranges = evenRanges(count)
        expect(ranges.filter(({ start, end }) => hashKey >= start && hashKey <= end)).toHaveLength(1)
        expect(ranges[0]?.start).toBe(0n)
        expect(ranges.at(-1)?.end).toBe(HASH_KEY_SPACE - 1n)
      }),
    )
  })
})
