import { StrongroomError } from '@strongroom/core'
import { envelopeInvalid } from '../errors.ts'
import { INSTRUCTION_FILE, isEnvelopeKey, isReservedKey, v3ObjectKeys } from './map-keys.ts'
import { metadataText } from './metadata-text.ts'
import { readStringMap } from './string-map.ts'

/** Entries of an envelope by their names in lower case. */
export type Entries = ReadonlyMap<string, string>

/** User metadata of an object, as the SDK answers and takes it: without `x-amz-meta-` before the names. */
export type ObjectMetadata = Readonly<Record<string, string | undefined>>

/** Entries whose values are for people as well, so that S3 may have garbled them. */
const texts: ReadonlySet<string> = new Set(['x-amz-matdesc', 'x-amz-t', 'x-amz-m'])

/**
 * Picks the entries of an envelope out of an object's metadata. There are stores that change the case of names.
 *
 * @throws `MESSAGE_INVALID`, `LIMIT_EXCEEDED`
 */
export function entriesOfMetadata(metadata: ObjectMetadata, maxBytes: number): Entries {
  const entries = new Map<string, string>()
  let length = 0
  for (const [given, value] of Object.entries(metadata)) {
    if (value === undefined || !isReservedKey(given)) continue
    const name = given.toLowerCase()
    if (typeof value !== 'string')
      throw new StrongroomError('INPUT_INVALID', `The metadata ${name} is not a string.`, { option: 'metadata' })
    if (entries.has(name)) throw envelopeInvalid(`its metadata has ${name} twice, in different case`)
    length += name.length + value.length
    if (length > maxBytes) throw tooLong(maxBytes)
    entries.set(name, texts.has(name) ? metadataText(value) : value)
  }
  return entries
}

/**
 * Reads an instruction file, which is a JSON object of strings. What binds a body to its key must not stand there: whoever may write the file could
 * make one body open in two ways.
 *
 * @throws `MESSAGE_INVALID`, `LIMIT_EXCEEDED`
 */
export function entriesOfInstructionFile(body: Uint8Array, maxBytes: number): Entries {
  if (body.length > maxBytes) throw tooLong(maxBytes)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw envelopeInvalid('its instruction file is not UTF-8')
  }
  const entries = new Map<string, string>()
  for (const [name, value] of Object.entries(readStringMap('its instruction file', text))) {
    if ((v3ObjectKeys as readonly string[]).includes(name.toLowerCase()))
      throw envelopeInvalid(`its instruction file has ${name}, which belongs with the object`)
    const isOurs = isEnvelopeKey(name) || (isReservedKey(name) && name.startsWith('x-amz-') && name === name.toLowerCase())
    if (isOurs) entries.set(name, value)
    // What a later client may mean by it cannot be guessed.
    else if (/^(x-amz-|strongroom-)/i.test(name)) throw envelopeInvalid('its instruction file has an entry that is not known')
  }
  entries.delete(INSTRUCTION_FILE)
  return entries
}

function tooLong(maxBytes: number): StrongroomError {
  return new StrongroomError('LIMIT_EXCEEDED', `The object's envelope is longer than maxEnvelopeBytes (${maxBytes}) allows.`, {
    option: 'maxEnvelopeBytes',
  })
}
