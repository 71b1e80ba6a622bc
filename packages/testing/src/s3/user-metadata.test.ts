import { expect, it } from 'vitest'
import { readUserMetadata, userMetadataHeaders } from './user-metadata.ts'

const roundTrip = (value: string): string | undefined =>
  userMetadataHeaders(readUserMetadata({ 'x-amz-meta-name': value, 'content-type': 'text/plain' }))['x-amz-meta-name']

/** What a careful client does with a value: decode the words, take the characters as bytes, and the bytes as UTF-8. */
function readBack(value: string): string {
  const words = value.replace(/\?=\s+=\?/g, '?==?').replace(/=\?UTF-8\?([BQ])\?([^?]*)\?=/g, (_, encoding: string, text: string) => {
    if (encoding === 'B') return Buffer.from(text, 'base64').toString()
    return Buffer.from(
      text.replaceAll('_', ' ').replace(/=(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      'latin1',
    ).toString()
  })
  return Buffer.from(words, 'latin1').toString()
}

it('ASCII is not touched', () => {
  for (const value of ['', 'plain', '{"a":"b"}', '=?not a word?=']) expect(roundTrip(value)).toBe(value)
})

it('UTF-8 in a header is taken as Latin-1 and comes back as encoded words', () => {
  // A header carries bytes, and each of them arrives as one character.
  const sent = Buffer.from('große Ware').toString('latin1')
  expect(roundTrip(sent)).toBe('=?UTF-8?Q?gro=C3=83=C2=9Fe_Ware?=')
  expect(readBack(roundTrip(sent) ?? '')).toBe('große Ware')
  const mostly = Buffer.from('ключ').toString('latin1')
  expect(roundTrip(mostly)).toMatch(/^=\?UTF-8\?B\?/)
  expect(readBack(roundTrip(mostly) ?? '')).toBe('ключ')
})

it('long values come back in several words of at most 75 characters', () => {
  const text = 'ключ от дома '.repeat(8)
  const value = roundTrip(Buffer.from(text).toString('latin1').trim()) ?? ''
  expect(value.split(' ').length).toBeGreaterThan(1)
  for (const word of value.split(' ')) expect(word.length).toBeLessThanOrEqual(75)
  expect(readBack(value)).toBe(text.trim())
})

it('encoded words are decoded before they are stored', () => {
  expect(readUserMetadata({ 'x-amz-meta-name': '=?UTF-8?B?w6k=?= =?UTF-8?q?=C3=A9_x?=' }).get('name')).toBe('éé x')
})

it('the limit counts names without their prefix', () => {
  const header = (value: string): Record<string, string> => ({ 'x-amz-meta-ab': value, 'x-amz-meta-c': 'd' })
  expect(readUserMetadata(header('x'.repeat(2044))).size).toBe(2)
  expect(() => readUserMetadata(header('x'.repeat(2045)))).toThrow(expect.objectContaining({ name: 'MetadataTooLarge' }))
})
