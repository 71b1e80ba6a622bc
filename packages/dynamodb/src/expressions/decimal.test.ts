import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addNumbers } from './decimal.ts'

describe('sums of numbers', () => {
  it.each([
    ['1', '2', 1, '3'],
    ['0.1', '0.2', 1, '0.3'],
    ['1', '1', -1, '0'],
    ['-0', '0', 1, '0'],
    ['1e3', '2.50', 1, '1002.5'],
    ['100', '0.001', -1, '99.999'],
    ['-5', '3', 1, '-2'],
    ['.5', '5.', 1, '5.5'],
    ['9999999999999999999999999999999999999', '1', 1, '10000000000000000000000000000000000000'],
    ['1e125', '0', 1, `1${'0'.repeat(125)}`],
    ['1e-130', '0', 1, `0.${'0'.repeat(129)}1`],
  ] as const)('%s and %s (%d) are exactly %s', (left, right, sign, expected) => {
    expect(addNumbers(left, right, sign)).toBe(expected)
  })

  it.each([
    ['9'.repeat(38), '0.1'],
    ['9e125', '9e125'],
    ['1e-131', '0'],
    ['', '1'],
    ['.', '1'],
    ['1e99999', '1'],
    ['1e900', '1'],
    ['0x10', '1'],
    ['1 ', '1'],
    ['9'.repeat(1000), '1'],
  ])('are undefined where DynamoDB could not hold them: %s and %s', (left, right) => {
    expect(addNumbers(left, right, 1)).toBeUndefined()
  })

  it('agree with whole numbers of any size', () => {
    const digits = fc.bigInt(-(10n ** 30n), 10n ** 30n)
    fc.assert(
      fc.property(digits, digits, (left, right) => {
        expect(addNumbers(String(left), String(right), 1)).toBe(String(left + right))
        expect(addNumbers(String(left), String(right), -1)).toBe(String(left - right))
      }),
    )
  })
})
