import { expect, it } from 'vitest'
import { CKA } from '../constants.ts'
import { nativeTemplate } from './template.ts'

it('hands attributes over with copies of their bytes', () => {
  const id = Uint8Array.of(1, 2)
  const native = nativeTemplate([
    [CKA.LABEL, 'ä'],
    [CKA.TOKEN, true],
    [CKA.VALUE_LEN, 32],
    [CKA.ID, id],
  ])
  id.fill(0)
  expect(native).toEqual([
    { type: 3, value: 'ä' },
    { type: 1, value: true },
    { type: 0x161, value: 32 },
    { type: 0x102, value: Uint8Array.of(1, 2) },
  ])
})

it.each([
  ['a type that is no number', 'label', 'x'],
  ['a type of more than 32 bits', 2 ** 32, 'x'],
  ['a negative number', CKA.VALUE_LEN, -1],
  ['a broken number', CKA.VALUE_LEN, 1.5],
  ['a number of more than 32 bits', CKA.VALUE_LEN, 2 ** 32],
  ['a bigint', CKA.VALUE_LEN, 1n],
  ['nothing', CKA.VALUE_LEN, undefined],
  ['an object', CKA.ID, { length: 2 }],
  ['an ArrayBuffer', CKA.ID, new ArrayBuffer(2)],
  ['text that ends early', CKA.LABEL, 'a\0b'],
  ['text without a UTF-8 form', CKA.LABEL, '\udc00'],
])('refuses %s', (_what, type, value) => {
  expect(() => nativeTemplate([[type as number, value as string]])).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', option: 'template' }),
  )
})
