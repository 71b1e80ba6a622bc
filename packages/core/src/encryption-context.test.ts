import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  contextFromEntries,
  type EncryptionContext,
  emptyContext,
  legacyContext,
  normaliseContext,
  serialiseContext,
  serialiseContextLegacyOrder,
  serialiseRequired,
} from './encryption-context.ts'

const runs = process.env['SLOW'] ? 5_000 : 100

/** Keys of a serialised context, in order. */
function keysOf(serialised: Uint8Array): string[] {
  const bytes = Buffer.from(serialised)
  const keys: string[] = []
  let at = 2
  for (let count = bytes.readUInt16BE(0); count > 0; count -= 1) {
    const length = bytes.readUInt16BE(at)
    keys.push(bytes.toString('utf8', at + 2, at + 2 + length))
    at += 2 + length
    at += 2 + bytes.readUInt16BE(at)
  }
  expect(at).toBe(bytes.length)
  return keys
}

describe('canonical order', () => {
  it('is the order of UTF-8 bytes, where UTF-16 would put an astral character before U+FF5E', () => {
    const context = { '\u{1f600}': 'astral', '\uff5e': 'plane 0', a: '', Z: '', '\ue000': '' }
    expect(keysOf(serialiseContext(context))).toEqual(['Z', 'a', '\ue000', '\uff5e', '\u{1f600}'])
    expect(['\u{1f600}', '\uff5e'].sort()).toEqual(['\u{1f600}', '\uff5e'])
  })

  it('puts a key before those it begins', () => {
    expect(keysOf(serialiseContext({ ab: '', a: '', '': '', abc: '' }))).toEqual(['', 'a', 'ab', 'abc'])
  })

  it('is the order of the bytes for all keys, whatever order they were given in', () => {
    const text = fc.string({
      unit: fc.oneof(
        fc.constantFrom('a', '\uffff', '\ue000', '\u{10000}', '\u{10ffff}', '\ud7ff'),
        fc.string({ unit: 'binary', maxLength: 1 }),
      ),
    })
    fc.assert(
      fc.property(fc.dictionary(text, fc.constant('v'), { noNullPrototype: false }), (context) => {
        const expected = Object.keys(context).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        const serialised = serialiseContext(context)
        expect(expected.length === 0 ? [] : keysOf(serialised)).toEqual(expected)
        const reversed = contextFromEntries(Object.entries(context).reverse())
        expect(serialiseContext(reversed)).toEqual(serialised)
      }),
      { numRuns: runs },
    )
  })

  it('differs from the legacy order of the official JavaScript keyrings where cases are mixed', () => {
    const context = { Zeta: '1', alpha: '2', Purpose: '3', 'aws-crypto-public-key': '4' }
    expect(keysOf(serialiseContext(context))).toEqual(['Purpose', 'Zeta', 'alpha', 'aws-crypto-public-key'])
    expect(keysOf(serialiseContextLegacyOrder(context))).toEqual(['alpha', 'aws-crypto-public-key', 'Purpose', 'Zeta'])
  })

  it('tries the legacy order only where it is another one, and not for a context that only a forger makes so long', () => {
    const legacyOf = (context: Record<string, string>) => legacyContext(context, serialiseContext(context))
    const pairs = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index % 2 ? 'K' : 'k'}${index}`, '']))
    expect(legacyOf({ Zeta: '1', alpha: '2' })).toEqual(serialiseContextLegacyOrder({ Zeta: '1', alpha: '2' }))
    expect(legacyOf({ alpha: '1', beta: '2' })).toBeUndefined()
    expect(legacyOf(pairs(256))).toBeDefined()
    expect(legacyOf(pairs(257))).toBeUndefined()
  })
})

describe('serialising', () => {
  it('writes count, lengths in bytes, and UTF-8', () => {
    expect(Buffer.from(serialiseContext({ b: 'ü', a: '' })).toString('hex')).toBe('0002' + '000161' + '0000' + '000162' + '0002c3bc')
  })

  it('writes nothing for no pairs', () => {
    expect(serialiseContext(emptyContext)).toHaveLength(0)
    expect(serialiseContext({})).toHaveLength(0)
    expect(serialiseRequired({ context: { a: '1' }, requiredKeys: [] })).toHaveLength(0)
  })

  it('takes the required pairs alone for the header tag', () => {
    expect(serialiseRequired({ context: { a: '1', b: '2', c: '3' }, requiredKeys: ['c', 'a'] })).toEqual(
      serialiseContext({ a: '1', c: '3' }),
    )
  })

  it('fills the format to its last byte, and refuses one more', () => {
    const fits = { k: 'v'.repeat(65_535 - 2 - 4 - 1) }
    expect(serialiseContext(fits)).toHaveLength(65_535)
    for (const tooLong of [{ k: `${fits.k}v` }, { k: 'ü'.repeat(32_768) }, { k: 'x'.repeat(70_000) }, { ['k'.repeat(65_536)]: '' }]) {
      expect(() => serialiseContext(tooLong)).toThrowError(
        expect.objectContaining({ code: 'CONTEXT_INVALID', option: 'encryptionContext' }),
      )
    }
  })

  it('refuses more pairs than two bytes count', () => {
    const many = contextFromEntries(Array.from({ length: 65_536 }, (_, index): [string, string] => [index.toString(36), '']))
    expect(() => serialiseContext(many)).toThrowError(expect.objectContaining({ code: 'CONTEXT_INVALID' }))
  })
})

describe('a context that a caller gives', () => {
  it.each<[string, unknown]>([
    ['a string', 'purpose=orders'],
    ['null', null],
    ['a number', 7],
    ['an array', ['purpose', 'orders']],
    ['a Map', new Map([['purpose', 'orders']])],
    ['a Set', new Set(['purpose'])],
    ['a Date', new Date(0)],
    ['URLSearchParams', new URLSearchParams('purpose=orders')],
    ['Headers', new Headers({ purpose: 'orders' })],
    [
      'an instance of a class',
      new (class {
        get purpose(): string {
          return 'orders'
        }
      })(),
    ],
    ['a number as value', { purpose: 7 }],
    ['null as value', { purpose: null }],
    ['undefined as value', { purpose: undefined }],
    ['a nested object', { purpose: { is: 'orders' } }],
    ['a lone surrogate in a key', { '\ud800': 'x' }],
    ['a lone surrogate in a value', { x: 'a\udc00' }],
    ['the reserved prefix', { 'aws-crypto-anything': 'x' }],
    ['the key of the public key', { 'aws-crypto-public-key': 'AAAA' }],
  ])('is refused when it is or has %s', (_what, input) => {
    expect(() => normaliseContext(input)).toThrowError(expect.objectContaining({ code: 'CONTEXT_INVALID' }))
  })

  it('is named by its key in the error, never by its value', () => {
    const error = (() => {
      try {
        return normaliseContext({ purpose: '\ud800-do-not-print' })
      } catch (caught) {
        return caught as Error & { contextKey?: string }
      }
    })()
    expect(error).toMatchObject({ contextKey: 'purpose' })
    expect((error as Error).message).not.toContain('do-not-print')
  })

  it('is empty where there is none', () => {
    expect(normaliseContext(undefined)).toBe(emptyContext)
    expect(normaliseContext({})).toBe(emptyContext)
  })

  it('may have a key called __proto__, which stays a plain entry', () => {
    const context = normaliseContext(JSON.parse('{"__proto__":"x","constructor":"y","toString":"z"}'))
    expect(Object.getPrototypeOf(context)).toBeNull()
    expect(Object.entries(context)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
      ['toString', 'z'],
    ])
    expect(keysOf(serialiseContext(context))).toEqual(['__proto__', 'constructor', 'toString'])
  })

  it('is copied: what the caller does to it later changes nothing', () => {
    const given: Record<string, string> = { purpose: 'orders' }
    const context = normaliseContext(given)
    given['purpose'] = 'changed'
    given['more'] = 'added'
    expect({ ...context }).toEqual({ purpose: 'orders' })
    expect(() => {
      ;(context as Record<string, string>)['purpose'] = 'changed'
    }).toThrow(TypeError)
  })
})

describe('the memory for frozen contexts', () => {
  it('answers the same copy for the same frozen object', () => {
    const frozen = Object.freeze({ purpose: 'orders' })
    expect(normaliseContext(frozen)).toBe(normaliseContext(frozen))
  })

  it('is not used for an object that can still change', () => {
    const given: Record<string, string> = { purpose: 'orders' }
    normaliseContext(given)
    given['purpose'] = 'invoices'
    expect({ ...normaliseContext(given) }).toEqual({ purpose: 'invoices' })
    Object.preventExtensions(given)
    normaliseContext(given)
    given['purpose'] = 'refunds'
    expect({ ...normaliseContext(given) }).toEqual({ purpose: 'refunds' })
  })

  it('is not fooled by a getter on a frozen object', () => {
    let tenant = 'a'
    const frozen: EncryptionContext = Object.freeze({
      get tenant() {
        return tenant
      },
    })
    expect({ ...normaliseContext(frozen) }).toEqual({ tenant: 'a' })
    tenant = 'b'
    expect({ ...normaliseContext(frozen) }).toEqual({ tenant: 'b' })
  })

  it('does not remember what was refused', () => {
    const frozen = Object.freeze({ 'aws-crypto-x': 'y' })
    for (let attempt = 0; attempt < 2; attempt += 1) expect(() => normaliseContext(frozen)).toThrow(/reserved/)
  })
})
