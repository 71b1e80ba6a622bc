import { describe, expect, it } from 'vitest'
import { parseRange, resolveRange } from './byte-range.ts'

describe('a Range header', () => {
  it.each([
    ['bytes=0-0', { first: 0, last: 0 }],
    ['bytes=5-', { first: 5, last: undefined }],
    ['bytes=-5', { suffix: 5 }],
    ['BYTES = 1 - 2 ', { first: 1, last: 2 }],
    ['bytes=9007199254740991-', { first: 9_007_199_254_740_991, last: undefined }],
  ])('%s is read', (header, range) => {
    expect(parseRange(header)).toEqual(range)
  })

  it.each([
    '',
    'bytes=',
    'bytes=-',
    'bytes=2-1',
    'bytes=0-1,3-4',
    'bytes=a-b',
    'items=0-1',
    'bytes=0x1-2',
    'bytes=+1-2',
    'bytes=1e1-',
    'bytes=99999999999999999-',
  ])('%j is none', (header) => {
    expect(parseRange(header)).toBeUndefined()
  })

  it.each([
    [{ first: 0, last: 0 }, 10, { start: 0, end: 1 }],
    [{ first: 5, last: undefined }, 10, { start: 5, end: 10 }],
    [{ first: 5, last: 100 }, 10, { start: 5, end: 10 }],
    [{ first: 9, last: 9 }, 10, { start: 9, end: 10 }],
    [{ first: 10, last: 12 }, 10, undefined],
    [{ first: 0, last: undefined }, 0, undefined],
    [{ suffix: 3 }, 10, { start: 7, end: 10 }],
    [{ suffix: 30 }, 10, { start: 0, end: 10 }],
    [{ suffix: 0 }, 10, undefined],
    [{ suffix: 3 }, 0, undefined],
  ])('%j of %i bytes means %j', (range, length, bytes) => {
    expect(resolveRange(range, length)).toEqual(bytes)
  })
})
