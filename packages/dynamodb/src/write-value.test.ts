import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from './byte-writer.ts'
import { ValueError } from './errors.ts'
import { readValue } from './read-value.ts'
import { writeValue } from './write-value.ts'

function written(value: AttributeValue): Buffer {
  const out = new ByteWriter(1)
  writeValue(out, value)
  return Buffer.from(out.bytes)
}

/** `levels` deep: a scalar is one. */
function nested(levels: number): AttributeValue {
  let value: AttributeValue = { S: 'core' }
  for (let level = 1; level < levels; level += 1) value = level % 2 === 0 ? { L: [value] } : { M: { k: value } }
  return value
}

/** From the tables of the specification, by hand. */
const known: [AttributeValue, string][] = [
  [{ NULL: true }, '0000'],
  [{ S: '' }, '0001'],
  [{ S: 'é\u{10001}' }, '0001c3a9f0908081'],
  [{ N: '001.50' }, '0002312e35'],
  [{ BOOL: true }, '000401'],
  [{ BOOL: false }, '000400'],
  [{ B: Uint8Array.of(1, 2) }, 'ffff0102'],
  [{ SS: ['b', 'a'] }, '010100000002000000016100000001' + '62'],
  [{ SS: [] }, '010100000000'],
  [{ NS: ['10', '9', '1.0'] }, '010200000003' + '0000000131' + '000000023130' + '0000000139'],
  [{ BS: [Uint8Array.of(2), Uint8Array.of(), Uint8Array.of(1, 9)] }, '01ff00000003' + '00000000' + '000000020109' + '0000000102'],
  [{ M: {} }, '020000000000'],
  [{ M: { b: { S: 'x' }, a: { NULL: true } } }, '020000000002' + '00010000000161' + '000000000000' + '00010000000162' + '00010000000178'],
  [{ L: [{ S: 'x' }, { L: [] }] }, '030000000002' + '00010000000178' + '0300' + '00000004' + '00000000'],
]

describe('a value', () => {
  it.each(known)('%j is written as %s, and read back', (value, hex) => {
    const bytes = written(value)
    expect(bytes.toString('hex')).toBe(hex)
    expect(written(readValue(bytes.readUInt16BE(0), bytes.subarray(2))).toString('hex')).toBe(hex)
  })

  it('has its sets and maps in the order of UTF-16 code units, not of code points', () => {
    // U+10001 is two surrogates, below U+FE4C in UTF-16 and above it in UTF-8.
    const [high, low] = ['\u{10001}', '\ufe4c']
    const value = readValue(0x0101, written({ SS: [low, high] }).subarray(2))
    expect(value).toEqual({ SS: [high, low] })
    const map = readValue(0x0200, written({ M: { [low]: { S: '1' }, [high]: { S: '2' } } }).subarray(2))
    expect(Object.keys(map.M ?? {})).toEqual([high, low])
  })

  it('may be 32 levels deep, and no deeper', () => {
    const bytes = written(nested(32))
    expect(readValue(bytes.readUInt16BE(0), bytes.subarray(2))).toEqual(nested(32))
    expect(() => written(nested(33))).toThrow(ValueError)
    const wrapped = Buffer.concat([Buffer.from('00000001', 'hex'), bytes.subarray(0, 2), lengthOf(bytes), bytes.subarray(2)])
    expect(() => readValue(0x0300, wrapped)).toThrow(ValueError)
  })

  it('may have a key __proto__', () => {
    const value: AttributeValue = { M: JSON.parse('{"__proto__":{"S":"x"}}') }
    const bytes = written(value)
    const read = readValue(bytes.readUInt16BE(0), bytes.subarray(2))
    expect(Object.entries(read.M ?? {})).toEqual([['__proto__', { S: 'x' }]])
    expect(Object.getPrototypeOf(read.M)).toBe(Object.prototype)
  })

  it.each<[string, unknown]>([
    ['no type', {}],
    ['two types', { S: 'x', N: '1' }],
    ['an unknown type', { X: 'x' }],
    ['an inherited type', Object.create({ S: 'x' })],
    ['null', null],
    ['a text', 'x'],
    ['an S of a number', { S: 1 }],
    ['a lone surrogate', { S: '\ud800' }],
    ['an N of a number', { N: 1 }],
    ['an N that is none', { N: 'x' }],
    ['a B of a text', { B: 'x' }],
    ['a BOOL of a text', { BOOL: 'true' }],
    ['a false NULL', { NULL: false }],
    ['an SS of a text', { SS: 'x' }],
    ['an SS with a number', { SS: [1] }],
    ['a text twice in a set', { SS: ['a', 'b', 'a'] }],
    ['a number twice in a set', { NS: ['1', '1.0'] }],
    ['bytes twice in a set', { BS: [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(1)] }],
    ['a list of what is none', { L: ['x'] }],
    ['an L of an object', { L: {} }],
    ['an M of an array', { M: [] }],
    ['an M of a lone surrogate', { M: { '\udc00': { S: 'x' } } }],
    ['a map with undefined', { M: { a: undefined } }],
  ])('is not %s', (_what, value) => {
    expect(() => written(value as AttributeValue)).toThrow(ValueError)
  })
})

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length - 2)
  return length
}

describe('received bytes', () => {
  it.each(known)('of %j are refused when they are cut or go on', (_value, hex) => {
    const bytes = Buffer.from(hex, 'hex')
    const content = bytes.subarray(2)
    const type = bytes.readUInt16BE(0)
    const ends = [0x0001, 0x0002, 0xffff].includes(type) ? [] : [Buffer.concat([content, Buffer.of(0)])]
    const cuts = [0x0001, 0x0002, 0xffff].includes(type) ? [] : Array.from({ length: content.length }, (_, end) => content.subarray(0, end))
    for (const wrong of [...ends, ...cuts]) expect(() => readValue(type, wrong)).toThrow()
  })

  it.each([
    ['an unknown type', 0x0003, ''],
    ['a BOOL of 2', 0x0004, '02'],
    ['malformed UTF-8', 0x0001, 'ff'],
    ['a count that cannot be', 0x0101, 'ffffffff'],
    ['a count that cannot be, of a list', 0x0300, 'ffffffff00'],
    ['a count that cannot be, of a map', 0x0200, '7fffffff00'],
    ['a key that is no string', 0x0200, '00000001' + '00020000000161' + '00010000000178'],
    ['a key twice', 0x0200, '00000002' + '00010000000161' + '000000000000' + '00010000000161' + '000000000000'],
    ['an element longer than the list', 0x0300, '00000001' + '0001' + 'ffffffff' + '78'],
  ])('with %s are refused', (_what, type, hex) => {
    expect(() => readValue(type, Buffer.from(hex, 'hex'))).toThrow()
  })
})
