/**
 * The text of a metadata value as its writer meant it.
 *
 * S3 takes the UTF-8 bytes of a header for Latin-1, and gives what is then not ASCII back as encoded words (RFC 2047), several for a long value.
 * This undoes both, where both were done; what is ASCII, or of neither kind, stays as it is.
 */
export function metadataText(value: string): string {
  return utf8OfLatin1(encodedWords(value))
}

const WORD = /=\?([^?\s]{1,40})\?([BbQq])\?([^?\s]*)\?=/g
const BETWEEN_WORDS = /(=\?[^?\s]{1,40}\?[BbQq]\?[^?\s]*\?=)[ \t\r\n]+(?==\?[^?\s]{1,40}\?[BbQq]\?[^?\s]*\?=)/g

function encodedWords(value: string): string {
  if (!value.includes('=?')) return value
  return value.replace(BETWEEN_WORDS, '$1').replace(WORD, (word, charset: string, encoding: string, text: string) => {
    const bytes = encoding.toUpperCase() === 'B' ? Buffer.from(text, 'base64') : quoted(text)
    const name = charset.toUpperCase()
    if (name === 'UTF-8') return bytes.toString('utf8')
    return name === 'ISO-8859-1' || name === 'US-ASCII' ? bytes.toString('latin1') : word
  })
}

function quoted(text: string): Buffer {
  return Buffer.from(
    text.replaceAll('_', ' ').replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
}

/** The text of UTF-8 bytes that were taken for Latin-1; a text that cannot be that stays as it is. */
function utf8OfLatin1(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is that of ASCII.
  if (/^[\x00-\x7f]*$/.test(text) || !/^[\x00-\xff]*$/.test(text)) return text
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(text, 'latin1'))
  } catch {
    return text
  }
}
