import { describe, expect, it } from 'vitest'
import { canonicalPath, compareAttributes } from './canonical-path.ts'

const hex = (text: string): string => Buffer.from(text, 'utf8').toString('hex')

describe('a canonical path', () => {
  it.each([
    ['a', '0000000000000001' + '24' + '0000000000000001' + '61'],
    ['é', '0000000000000001' + '24' + '0000000000000001' + 'c3a9'],
    // One code point, two UTF-16 code units, four bytes.
    ['\u{10001}', '0000000000000001' + '24' + '0000000000000002' + 'f0908081'],
  ])('of %s counts UTF-16 code units', (name, rest) => {
    expect(Buffer.from(canonicalPath('tå', name)).toString('hex')).toBe(hex('tå') + rest)
  })

  it('orders attributes', () => {
    const names = ['b', 'a', 'aa', 'Z', '', 'é', '\u{10001}', '\ufe4c', '\ufe4c\ufe4c', 'ab', 'zz', '\u{10001}\u{10001}', '\ud7ff']
    const byPath = [...names].sort((a, b) => Buffer.compare(canonicalPath('t', a), canonicalPath('t', b)))
    expect([...names].sort(compareAttributes)).toEqual(byPath)
  })
})
