import { describe, expect, it } from 'vitest'
import { readStringMap, writeStringMap } from './string-map.ts'

const read = (text: string) => readStringMap('x-amz-t', text)

describe('reading', () => {
  it.each<[string, Record<string, string>]>([
    ['{}', {}],
    [' \t\r\n{ \n} ', {}],
    ['{"a":"b"}', { a: 'b' }],
    ['{"tenant": "acme", "aws:x-amz-cek-alg": "115"}', { tenant: 'acme', 'aws:x-amz-cek-alg': '115' }],
    ['{"":"","\\"":"\\\\","\\\\":"\\""}', { '': '', '"': '\\', '\\': '"' }],
    ['{"a":"\\u00e4\\ud83d\\udd11","é":"ü"}', { a: 'ä🔑', é: 'ü' }],
    ['{"constructor":"1","toString":"2"}', { constructor: '1', toString: '2' } as unknown as Record<string, string>],
  ])('%s', (text, expected) => {
    const map = read(text)
    expect({ ...map }).toEqual(expected)
    expect(Object.getPrototypeOf(map)).toBe(null)
  })

  it('takes __proto__ for a name', () => {
    expect(Object.entries(read('{"__proto__":"x"}'))).toEqual([['__proto__', 'x']])
  })

  it.each([
    '',
    ' ',
    '{',
    '}',
    '{"a"}',
    '{"a":}',
    '{"a":"b"',
    '{"a":"b",}',
    '{,"a":"b"}',
    '{"a":"b"}}',
    '{"a":"b"} x',
    '{"a":1}',
    '{"a":null}',
    '{"a":["b"]}',
    '{"a":{"b":"c"}}',
    '[]',
    '"a"',
    'null',
    "{'a':'b'}",
    '{a:"b"}',
    '{"a":"b',
    '{"a":"b\\',
    '{"a":"\\x41"}',
    '{"a":"\\u12"}',
    '{"a":"\n"}',
    '{"a":"\\ud800"}',
    '{"\\udc00":"a"}',
    '{"a":"b" "c":"d"}',
    '\ufeff{"a":"b"}',
    '{"a":"b"}\u0000',
  ])('refuses %j', (text) => {
    expect(() => read(text)).toThrowError(expect.objectContaining({ code: 'MESSAGE_INVALID', message: expect.stringContaining('x-amz-t') }))
  })

  it.each(['{"a":"b","a":"c"}', '{"a":"b","\\u0061":"b"}'])('refuses a name that comes twice: %s', (text) => {
    expect(() => read(text)).toThrowError(expect.objectContaining({ code: 'MESSAGE_INVALID', message: expect.stringContaining('twice') }))
  })

  it('shows no value in errors', () => {
    expect(() => read('{"a":"pa55word",}')).toThrowError(expect.not.objectContaining({ message: expect.stringContaining('pa55word') }))
  })
})

describe('writing', () => {
  it('makes ASCII without blanks, which reads back', () => {
    const map = { a: 'b c', 'é"\\': '\u{1f511}\n\u007f\u0080\uffff', '': '' }
    const text = writeStringMap(map)
    expect(text).toBe('{"a":"b c","\\u00e9\\"\\\\":"\\ud83d\\udd11\\n\\u007f\\u0080\\uffff","":""}')
    expect({ ...read(text) }).toEqual(map)
    expect(JSON.parse(text)).toEqual(map)
  })
})
