import { describe, expect, it } from 'vitest'
import { parseKeyringUri } from './keyring-uri.ts'

describe('parseKeyringUri', () => {
  it('takes a URI apart, and decodes every part', () => {
    expect(parseKeyringUri('raw-aes://my%20ns/a%2Fb?file=%2Frun%2Fkey+1&encoding=base64')).toEqual({
      scheme: 'raw-aes',
      authority: 'my ns',
      path: ['a/b'],
      parameters: new Map([
        ['file', '/run/key+1'],
        ['encoding', 'base64'],
      ]),
    })
  })

  it('keeps what an ARN is made of, and values with an equals sign', () => {
    const { authority, path, parameters } = parseKeyringUri(
      'aws-kms://arn:aws:kms:eu-west-1:111122223333:key/mrk-1?endpoint=http://h:1/?a=b',
    )
    expect([authority, ...path].join('/')).toBe('arn:aws:kms:eu-west-1:111122223333:key/mrk-1')
    expect(parameters.get('endpoint')).toBe('http://h:1/?a=b')
  })

  it('takes a URI without path and parameters', () => {
    expect(parseKeyringUri('hsm://token')).toEqual({ scheme: 'hsm', authority: 'token', path: [], parameters: new Map() })
  })

  it.each([
    '',
    'raw-aes',
    'raw-aes:ns/name',
    'raw-aes://',
    'raw-aes:///name',
    'RAW-AES://ns/name',
    'raw-aes://ns/name/',
    'raw-aes://ns//name',
    'raw-aes://ns/name?',
    'raw-aes://ns/name?file',
    'raw-aes://ns/name?file=',
    'raw-aes://ns/name?=x',
    'raw-aes://ns/name?File=x',
    'raw-aes://ns/name?file=a&file=b',
    'raw-aes://ns/name?file=a&',
    'raw-aes://ns/name#fragment',
    'raw-aes://ns/na me',
    'raw-aes://ns/name\n',
    'raw-aes://ns/%zz',
    'raw-aes://ns/%ff',
    7,
  ])('refuses %j', (uri) => {
    expect(() => parseKeyringUri(uri as string)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', option: 'uri' }))
  })
})
