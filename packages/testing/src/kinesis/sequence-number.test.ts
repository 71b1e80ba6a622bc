import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseSequenceNumber, sequenceNumber } from './sequence-number.ts'

const position = fc.record({
  shardCreatedAt: fc.integer({ min: 0, max: 9_999_999_999_999 }),
  position: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  shardNumber: fc.integer({ min: 0, max: 9999 }),
})

describe('sequence numbers', () => {
  it('have 56 digits and read back', () => {
    fc.assert(
      fc.property(position, fc.integer({ min: 0, max: 9_999_999_999_999 }), (where, arrivedAt) => {
        const text = sequenceNumber(where, arrivedAt)
        expect(text).toMatch(/^49\d{54}$/)
        expect(parseSequenceNumber(text)).toEqual(where)
      }),
    )
  })

  it('grow with the position though the clock goes back', () => {
    fc.assert(
      fc.property(position, fc.nat(1e12), fc.nat(1e12), (where, first, second) => {
        fc.pre(where.position < Number.MAX_SAFE_INTEGER)
        const next = sequenceNumber({ ...where, position: where.position + 1 }, second)
        expect(BigInt(next) > BigInt(sequenceNumber(where, first))).toBe(true)
      }),
    )
  })

  it.each(['', '0', '49', '1'.repeat(56), '4'.repeat(57)])('%j is none of ours', (text) => {
    expect(parseSequenceNumber(text)).toBeUndefined()
  })
})
