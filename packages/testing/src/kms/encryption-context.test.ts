import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contextBytes } from './encryption-context.ts'

const context = fc.dictionary(fc.string({ unit: 'binary', maxLength: 6 }), fc.string({ unit: 'binary', maxLength: 6 }), { maxKeys: 4 })
const bytes = (pairs: Record<string, string>): string => Buffer.from(contextBytes(new Map(Object.entries(pairs)))).toString('hex')

describe('additional data of an encryption context', () => {
  it('is the pairs in the order of their UTF-8 keys, each with its length', () => {
    expect(bytes({ b: '2', a: '11' })).toBe('0000000161000000023131000000016200000001'.concat('32'))
    expect(bytes({})).toBe('')
  })

  it('does not depend on the order of the pairs', () => {
    fc.assert(
      fc.property(context, (pairs) => {
        expect(bytes(Object.fromEntries(Object.entries(pairs).reverse()))).toBe(bytes(pairs))
      }),
    )
  })

  it('differs between any two contexts that differ', () => {
    fc.assert(
      fc.property(context, context, (a, b) => {
        const same = JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())
        expect(bytes(a) === bytes(b)).toBe(same)
      }),
      // The boundaries that a plain concatenation would lose.
      {
        examples: [
          [{ a: '1', b: '2' }, { a: '1b2' }],
          [{ a: '' }, { '': 'a' }],
          [{ ab: 'c' }, { a: 'bc' }],
        ],
      },
    )
  })
})
