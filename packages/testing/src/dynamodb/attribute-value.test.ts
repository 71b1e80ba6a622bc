import { expect, it } from 'vitest'
import { itemSize } from './attribute-value.ts'

it('an item is as large as its names and values by the rules of the developer guide', () => {
  expect(itemSize({ pk: { S: 'é' } })).toBe(4)
  expect(itemSize({ n: { N: '0' } })).toBe(2)
  expect(itemSize({ n: { N: '-123' } })).toBe(5)
  expect(itemSize({ b: { B: 'AAEC' } })).toBe(4)
  expect(itemSize({ t: { BOOL: true }, n: { NULL: true } })).toBe(4)
  expect(itemSize({ s: { SS: ['ab', 'c'] }, n: { NS: ['1', '22'] }, b: { BS: ['AA=='] } })).toBe(11)
  expect(itemSize({ l: { L: [{ S: 'a' }, { BOOL: false }] } })).toBe(8)
  expect(itemSize({ m: { M: { x: { S: 'a' } } } })).toBe(7)
})
