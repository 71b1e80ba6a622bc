import type { EncryptionContext } from '@strongroom/core'
import { emptyContext } from '@strongroom/core/keyring-tools'
import { type ContentSuite, cbcSuite, committingSuite, gcmSuite } from '../content-suite.ts'
import { envelopeInvalid } from '../errors.ts'
import { type WrapAlgorithm, wrapByCode, wrapByName } from '../keys/wrap-algorithm.ts'
import { readBase64, readFixed } from './base64.ts'
import { type Entries, entriesOfInstructionFile, entriesOfMetadata, type ObjectMetadata } from './entries.ts'
import type { Envelope, EnvelopeV1, EnvelopeV2, EnvelopeV3 } from './envelope.ts'
import { ESDK_FORMAT, FORMAT, isEnvelopeKey, v1Keys, v2Keys, v3ObjectKeys, v3WrapKeys } from './map-keys.ts'
import { readStringMap } from './string-map.ts'

/** Bytes of a V3 message id and of its key commitment. */
export const COMMITMENT_LENGTH = 28
const dataKeyEntries = ['x-amz-key', 'x-amz-key-v2', 'x-amz-3'] as const
const binding: ReadonlySet<string> = new Set(v3ObjectKeys)

/** Where the envelope of an object is, as far as its metadata tells. */
export type Placement =
  /** All of it is with the object. */
  | { readonly kind: 'whole'; readonly entries: Entries }
  /** V3: the wrapped data key is in an instruction file. */
  | { readonly kind: 'split'; readonly entries: Entries }
  /** V1 or V2 in an instruction file, or there is none. */
  | { readonly kind: 'elsewhere' }
  /** There is none: the body is a message that brings everything. */
  | { readonly kind: 'esdk' }

/**
 * Finds out from an object's metadata where its envelope is. A set of entries that belongs to no format, or to two, is refused here: it was made up
 * to have an object read in another way than it was written.
 *
 * @throws `MESSAGE_INVALID`, `LIMIT_EXCEEDED`
 */
export function placeEnvelope(metadata: ObjectMetadata, maxBytes: number): Placement {
  const entries = entriesOfMetadata(metadata, maxBytes)
  const names = [...entries.keys()].filter(isEnvelopeKey)
  const format = entries.get(FORMAT)
  if (format !== undefined) {
    if (format !== ESDK_FORMAT) throw envelopeInvalid(`its metadata ${FORMAT} has a value that is not known`)
    if (names.length > 0) throw envelopeInvalid('its metadata has the entries of several formats')
    return { kind: 'esdk' }
  }
  if (names.length === 0) return { kind: 'elsewhere' }
  if (names.length === binding.size && names.every((name) => binding.has(name))) return { kind: 'split', entries }
  assertOneFormat(entries)
  return { kind: 'whole', entries }
}

/** Reads an envelope that is with its object. */
export function wholeEnvelope(entries: Entries): Envelope {
  return entries.has('x-amz-3') ? readV3(entries) : entries.has('x-amz-key-v2') ? readV2(entries) : readV1(entries)
}

/** Reads a V3 envelope whose wrapped data key is in an instruction file. */
export function splitEnvelope(entries: Entries, file: Uint8Array, maxBytes: number): EnvelopeV3 {
  const others = entriesOfInstructionFile(file, maxBytes)
  const strangers = [...others.keys()].filter((name) => isEnvelopeKey(name) && !(v3WrapKeys as readonly string[]).includes(name))
  if (strangers.length > 0) throw envelopeInvalid('its instruction file is not one of V3, as the object is')
  return readV3(new Map([...entries, ...others]))
}

/** Reads an envelope of V1 or V2 that is in an instruction file as a whole. */
export function instructionEnvelope(file: Uint8Array, maxBytes: number): EnvelopeV1 | EnvelopeV2 {
  const entries = entriesOfInstructionFile(file, maxBytes)
  assertOneFormat(entries)
  if (entries.has('x-amz-3')) throw envelopeInvalid('its instruction file is one of V3, and the object has nothing of V3')
  return entries.has('x-amz-key-v2') ? readV2(entries) : readV1(entries)
}

function assertOneFormat(entries: Entries): void {
  const dataKeys = dataKeyEntries.filter((name) => entries.has(name))
  if (dataKeys.length === 0) throw envelopeInvalid('its metadata lacks the wrapped data key')
  if (dataKeys.length > 1) throw envelopeInvalid('its metadata has the entries of several formats')
  const allowed: readonly string[] =
    dataKeys[0] === 'x-amz-key' ? v1Keys : dataKeys[0] === 'x-amz-key-v2' ? v2Keys : [...v3ObjectKeys, ...v3WrapKeys]
  for (const name of entries.keys()) {
    if (isEnvelopeKey(name) && !allowed.includes(name)) throw envelopeInvalid('its metadata has the entries of several formats')
  }
}

function readV1(entries: Entries): EnvelopeV1 {
  return {
    format: 'v1',
    suite: cbcSuite,
    wrap: undefined,
    iv: readFixed('x-amz-iv', need(entries, 'x-amz-iv'), cbcSuite.ivLength),
    encryptedDataKey: dataKey(entries, 'x-amz-key'),
    description: description(entries, 'x-amz-matdesc'),
  }
}

function readV2(entries: Entries): EnvelopeV2 {
  const wrap = wrapByName(need(entries, 'x-amz-wrap-alg'))
  if (wrap === undefined) throw envelopeInvalid('x-amz-wrap-alg names no known wrap')
  const suite = contentSuite(need(entries, 'x-amz-cek-alg'))
  // Go and Python leave it out. It is in bits, and no other length is safe.
  if ((entries.get('x-amz-tag-len') ?? '128') !== '128') throw envelopeInvalid('x-amz-tag-len is not 128')
  if (suite === cbcSuite && !wrap.legacy) throw envelopeInvalid('its wrap is never used with AES-CBC')
  return {
    format: 'v2',
    suite,
    wrap,
    iv: readFixed('x-amz-iv', need(entries, 'x-amz-iv'), suite.ivLength),
    encryptedDataKey: dataKey(entries, 'x-amz-key-v2'),
    description: description(entries, 'x-amz-matdesc'),
  }
}

function readV3(entries: Entries): EnvelopeV3 {
  if (need(entries, 'x-amz-c') !== committingSuite.algorithm) throw envelopeInvalid('x-amz-c names no known algorithm')
  const wrap: WrapAlgorithm | undefined = wrapByCode(need(entries, 'x-amz-w'))
  if (wrap === undefined) throw envelopeInvalid('x-amz-w names no known wrap')
  const messageId = readFixed('x-amz-i', need(entries, 'x-amz-i'), COMMITMENT_LENGTH)
  if (messageId.every((byte) => byte === 0)) throw envelopeInvalid('x-amz-i is all zeros')
  return {
    format: 'v3',
    suite: committingSuite,
    wrap,
    messageId,
    commitment: readFixed('x-amz-d', need(entries, 'x-amz-d'), COMMITMENT_LENGTH),
    encryptedDataKey: dataKey(entries, 'x-amz-3'),
    description: description(entries, wrap.kind === 'kms' ? 'x-amz-t' : 'x-amz-m'),
  }
}

function contentSuite(algorithm: string): ContentSuite {
  if (algorithm === gcmSuite.algorithm) return gcmSuite
  if (algorithm === cbcSuite.algorithm) return cbcSuite
  throw envelopeInvalid('x-amz-cek-alg names no known algorithm')
}

function dataKey(entries: Entries, name: string): Uint8Array {
  const bytes = readBase64(name, need(entries, name))
  if (bytes.length === 0) throw envelopeInvalid(`${name} is empty`)
  return bytes
}

/** Go writes an empty string where there is nothing to say. */
function description(entries: Entries, name: string): EncryptionContext {
  const text = entries.get(name) ?? ''
  return text === '' ? emptyContext : readStringMap(name, text)
}

function need(entries: Entries, name: string): string {
  const value = entries.get(name)
  if (value === undefined) throw envelopeInvalid(`${name} is missing`)
  return value
}
