import { S3Error } from './s3-error.ts'

const PREFIX = 'x-amz-meta-'
/** Bytes of all names and values, without the prefix. */
const MAX_BYTES = 2048
const MAX_WORD = 75

/**
 * The user metadata of a request. A value's bytes are taken as Latin-1, and RFC 2047 encoded words are decoded, as S3 does.
 *
 * @throws `MetadataTooLarge`
 */
export function readUserMetadata(headers: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const entries = Object.entries(headers).filter(([name]) => name.startsWith(PREFIX))
  const size = entries.reduce((sum, [name, value]) => sum + name.length - PREFIX.length + value.length, 0)
  if (size > MAX_BYTES) {
    throw new S3Error('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', 400, {
      Size: size,
      MaxSizeAllowed: MAX_BYTES,
    })
  }
  return new Map(entries.map(([name, value]) => [name.slice(PREFIX.length), decodeWords(value.trim())]))
}

/** The metadata as headers of an answer: what is not ASCII comes as RFC 2047 encoded words. */
export function userMetadataHeaders(metadata: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  return Object.fromEntries([...metadata].map(([name, value]) => [PREFIX + name, encodeWords(value)]))
}

function decodeWords(value: string): string {
  return value
    .replace(/(=\?[^?]+\?[bqBQ]\?[^?]*\?=)\s+(?==\?)/g, '$1')
    .replace(/=\?UTF-8\?([bq])\?([^?]*)\?=/gi, (_, encoding: string, text: string) =>
      encoding.toLowerCase() === 'b' ? Buffer.from(text, 'base64').toString() : decodeQuoted(text),
    )
}

function decodeQuoted(text: string): string {
  const bytes = text.replaceAll('_', ' ').replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}

function encodeWords(value: string): string {
  const ascii = [...value].filter((each) => each.charCodeAt(0) < 0x80).length
  const characters = [...value]
  if (ascii === characters.length) return value
  // Mostly ASCII is quoted, anything else base64.
  const encode = ascii > characters.length - ascii ? encodeQuoted : encodeBase64
  const words: string[] = []
  let word = ''
  for (const character of characters) {
    if (encode(word + character).length > MAX_WORD) {
      words.push(encode(word))
      word = ''
    }
    word += character
  }
  return [...words, encode(word)].join(' ')
}

function encodeBase64(text: string): string {
  return `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`
}

function encodeQuoted(text: string): string {
  const quoted = [...Buffer.from(text)].map((byte) => {
    const character = String.fromCharCode(byte)
    if (byte === 0x20) return '_'
    return /[A-Za-z0-9!*+/-]/.test(character) ? character : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
  })
  return `=?UTF-8?Q?${quoted.join('')}?=`
}
