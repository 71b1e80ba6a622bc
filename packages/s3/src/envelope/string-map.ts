import type { EncryptionContext } from '@strongroom/core'
import { contextFromEntries } from '@strongroom/core/keyring-tools'
import { envelopeInvalid } from '../errors.ts'

const WHITESPACE = /[ \t\r\n]*/y

/**
 * Reads a JSON object of strings. Stricter than `JSON.parse`: a name that comes twice, a value that is no string and a lone surrogate are refused,
 * since two readers could take them for different things. Names like `__proto__` are names.
 *
 * @param where - names the text in errors.
 * @throws `MESSAGE_INVALID`
 */
export function readStringMap(where: string, text: string): EncryptionContext {
  const entries = new Map<string, string>()
  let at = 0
  const skip = (): void => {
    WHITESPACE.lastIndex = at
    WHITESPACE.test(text)
    at = WHITESPACE.lastIndex
  }
  const take = (character: string): boolean => {
    skip()
    if (text[at] !== character) return false
    at += 1
    return true
  }
  const expect = (character: string): void => {
    if (!take(character)) throw malformed(where)
  }
  const string = (): string => {
    expect('"')
    const start = at - 1
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
    at += 1
    return parsed(where, text.slice(start, at))
  }

  expect('{')
  if (!take('}')) {
    do {
      const name = string()
      expect(':')
      const value = string()
      if (entries.has(name)) throw envelopeInvalid(`${where} has a name twice`)
      entries.set(name, value)
    } while (take(','))
    expect('}')
  }
  skip()
  if (at !== text.length) throw malformed(where)
  return contextFromEntries(entries)
}

/**
 * Writes an object of strings as JSON without blanks, in ASCII alone: there are readers that stop at a blank, and S3 garbles what is not ASCII.
 */
export function writeStringMap(map: Readonly<Record<string, string>>): string {
  return JSON.stringify({ ...map }).replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function parsed(where: string, token: string): string {
  let value: unknown
  try {
    value = JSON.parse(token)
  } catch {
    throw malformed(where)
  }
  if (typeof value !== 'string' || !value.isWellFormed()) throw malformed(where)
  return value
}

function malformed(where: string): Error {
  return envelopeInvalid(`${where} is not a JSON object of strings`)
}
