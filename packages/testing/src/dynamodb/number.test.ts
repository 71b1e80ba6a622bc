import { expect, it } from 'vitest'
import { canonicalNumber, compareNumbers } from './number.ts'

it('one number has one canonical text, however it is written', () => {
  for (const forms of [
    ['1', '1.0', '01', '10e-1', '0.1e1', '+1', '1E0'],
    ['0', '-0', '0.000', '0e5'],
    ['-1200', '-1.2e3', '-01200.00'],
  ]) {
    expect(new Set(forms.map(canonicalNumber)).size).toBe(1)
  }
  expect(canonicalNumber('1')).not.toBe(canonicalNumber('-1'))
  expect(canonicalNumber('1')).not.toBe(canonicalNumber('10'))
})

it('numbers are ordered by value, beyond what a double holds', () => {
  const ascending = [
    '-1e20',
    '-10',
    '-9.99',
    '-0.1',
    '0',
    '1e-130',
    '0.09',
    '0.1',
    '9',
    '9.000000000000000000000000000000000001',
    '10',
    '1e125',
  ]
  for (const [index, less] of ascending.entries()) {
    expect(compareNumbers(less, less)).toBe(0)
    for (const greater of ascending.slice(index + 1)) {
      expect(compareNumbers(less, greater)).toBeLessThan(0)
      expect(compareNumbers(greater, less)).toBeGreaterThan(0)
    }
  }
})
