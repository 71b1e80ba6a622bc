import { expect, it } from 'vitest'
import { metadataText } from './metadata-text.ts'

const json = '{"name":"Zoë 🔑"}'
const garbled = Buffer.from(json).toString('latin1')

it.each([
  ['plain ASCII', '{"a":"b"}', '{"a":"b"}'],
  ['UTF-8 as it was written', json, json],
  ['UTF-8 that was taken for Latin-1', garbled, json],
  ['the same as one encoded word', `=?UTF-8?B?${Buffer.from(garbled).toString('base64')}?=`, json],
  ['the same in lower case', `=?utf-8?b?${Buffer.from(garbled).toString('base64')}?=`, json],
  ['a quoted word', '=?UTF-8?Q?=7B"a":"b=5Fc_=C3=A4"}?=', '{"a":"b_c ä"}'],
  ['a word in Latin-1', `=?ISO-8859-1?B?${Buffer.from(json).toString('base64')}?=`, json],
  [
    'several words with blanks between',
    `=?UTF-8?B?${Buffer.from(garbled.slice(0, 9)).toString('base64')}?= \r\n =?UTF-8?B?${Buffer.from(garbled.slice(9)).toString('base64')}?=`,
    json,
  ],
  ['words within text', `{"a":"=?UTF-8?Q?=C3=A4?="}`, '{"a":"ä"}'],
  ['a charset that is not known', '=?KOI8-R?B?eA==?=', '=?KOI8-R?B?eA==?='],
  ['what only begins like a word', '=?UTF-8?X?eA==?= =?', '=?UTF-8?X?eA==?= =?'],
  ['Latin-1 that is no UTF-8', '{"a":"\xe4"}', '{"a":"\xe4"}'],
  ['nothing', '', ''],
])('%s', (_what, value, expected) => {
  expect(metadataText(value)).toBe(expected)
})

it('takes no more than a moment for what was made to take long', () => {
  for (const part of ['=?', '=?a?B?', '=?UTF-8?B?eA==?= ', '=?UTF-8?B?eA==', '?=', ' ']) {
    const value = part.repeat(65_536 / part.length)
    expect(metadataText(value).length).toBeLessThanOrEqual(value.length)
  }
})
