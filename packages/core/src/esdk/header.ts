/**
 * The header of an ESDK message (integers big-endian, sizes in bytes).
 *
 *     v1: version(1)=01 type(1)=80 suite(2) messageId(16) | context | edks | contentType(1) reserved(4)=0 ivLength(1)=12 frameLength(4)
 *         authentication: iv(12) tag(16)
 *     v2: version(1)=02 suite(2) messageId(32) | context | edks | contentType(1) frameLength(4) commitKey(32)
 *         authentication: tag(16), under an IV of zeros
 *     context:     length(2), then nothing or count(2) and for each pair keyLength(2) key valueLength(2) value
 *     edks:        count(2) > 0, for each idLength(2) id infoLength(2) info ciphertextLength(2) ciphertext
 *     contentType: 1 unframed (frameLength 0), 2 framed
 *
 * Source: AWS Encryption SDK specification, "Message Header".
 */
import { contextFromEntries, type EncryptionContext, emptyContext } from '../encryption-context.ts'
import { StrongroomError } from '../errors.ts'
import type { EncryptedDataKey } from '../keyring.ts'
import { type Suite, type SuiteId, suiteByWireId } from '../suite.ts'
import type { HeaderMemo } from './header-memo.ts'
import { messageInvalid, TRUNCATED } from './message-invalid.ts'
import { Reader } from './reader.ts'

export const TAG_LENGTH = 16
export const IV_LENGTH = 12
const COMMIT_KEY_LENGTH = 32
const UNFRAMED = 1
export const FRAMED = 2
const CUSTOMER_AUTHENTICATED_DATA = 0x80
const ZERO_IV = new Uint8Array(IV_LENGTH)

/** What a parser of received messages is bound by. */
export interface ParseLimits {
  /** Most encrypted data keys that a message may carry. */
  readonly maxEncryptedDataKeys: number
}

/** A received header. Byte fields are views of the message. */
export interface Header {
  readonly suite: Suite<SuiteId>
  readonly messageId: Uint8Array
  readonly context: EncryptionContext
  readonly edks: readonly EncryptedDataKey[]
  readonly framed: boolean
  /** Plaintext bytes of a regular frame; 0 where unframed. */
  readonly frameLength: number
  readonly commitKey: Uint8Array | undefined
  /** Everything before the header's authentication, as received: this is what is authenticated. */
  readonly body: Uint8Array
  readonly iv: Uint8Array
  readonly tag: Uint8Array
  /** Where the message body starts. */
  readonly end: number
}

/**
 * Parses the header at the start of a message, without authenticating it.
 *
 * @throws `TRUNCATED` (a symbol) where bytes are missing, `MESSAGE_INVALID`, or `LIMIT_EXCEEDED` for too many encrypted data keys.
 */
export function parseHeader(message: Uint8Array, limits: ParseLimits, memo?: HeaderMemo): Header {
  const reader = new Reader(message)
  const version = reader.u8()
  if (version !== 1 && version !== 2) throw messageInvalid()
  if (version === 1 && reader.u8() !== CUSTOMER_AUTHENTICATED_DATA) throw messageInvalid()
  const suite = suiteByWireId(reader.u16())
  if (suite === undefined || suite.messageVersion !== version) throw messageInvalid()
  const messageId = reader.take(messageIdLength(suite))
  const { context, edks } = memo?.recall(reader, limits) ?? readMiddle(reader, limits, memo)
  const contentType = reader.u8()
  if (contentType !== FRAMED && contentType !== UNFRAMED) throw messageInvalid()
  if (version === 1 && (reader.u32() !== 0 || reader.u8() !== IV_LENGTH)) throw messageInvalid()
  const frameLength = reader.u32()
  if ((contentType === FRAMED) !== frameLength > 0) throw messageInvalid()
  const commitKey = suite.commits ? reader.take(COMMIT_KEY_LENGTH) : undefined
  const body = reader.bytes.subarray(0, reader.position)
  const iv = version === 1 ? reader.take(IV_LENGTH) : ZERO_IV
  const tag = reader.take(TAG_LENGTH)
  return { suite, messageId, context, edks, framed: contentType === FRAMED, frameLength, commitKey, body, iv, tag, end: reader.position }
}

/** The part of a header that all messages under one cached data key share. Deeply frozen, but for the bytes. */
export interface HeaderMiddle {
  readonly context: EncryptionContext
  readonly edks: readonly EncryptedDataKey[]
}

function readMiddle(reader: Reader, limits: ParseLimits, memo: HeaderMemo | undefined): HeaderMiddle {
  const start = reader.position
  const middle = { context: readContext(reader), edks: readEncryptedDataKeys(reader, limits) }
  memo?.remember(reader, start, middle)
  return middle
}

/** 16 bytes in v1, 32 in v2. */
export function messageIdLength(suite: Suite): 16 | 32 {
  return suite.messageVersion === 1 ? 16 : 32
}

function readContext(reader: Reader): EncryptionContext {
  const length = reader.u16()
  if (length === 0) return emptyContext
  const end = reader.position + length
  if (length > reader.remaining) throw TRUNCATED
  const count = reader.u16()
  // A pair takes at least four bytes: a count that cannot fit allocates nothing.
  if (count === 0 || count * 4 > length - 2) throw messageInvalid()
  const entries = new Map<string, string>()
  for (let index = 0; index < count; index += 1) {
    const key = readText(reader, end)
    if (entries.has(key)) throw messageInvalid()
    entries.set(key, readText(reader, end))
  }
  if (reader.position !== end) throw messageInvalid()
  return contextFromEntries(entries)
}

function readText(reader: Reader, end: number): string {
  const length = reader.u16()
  if (reader.position + length > end) throw messageInvalid()
  return reader.text(length)
}

function readEncryptedDataKeys(reader: Reader, limits: ParseLimits): readonly EncryptedDataKey[] {
  const count = reader.u16()
  if (count === 0) throw messageInvalid()
  if (count > limits.maxEncryptedDataKeys) {
    throw new StrongroomError(
      'LIMIT_EXCEEDED',
      `The message carries ${count} encrypted data keys, more than maxEncryptedDataKeys (${limits.maxEncryptedDataKeys}) allows.`,
      { option: 'maxEncryptedDataKeys' },
    )
  }
  const edks: EncryptedDataKey[] = []
  for (let index = 0; index < count; index += 1) {
    const providerId = reader.text(reader.u16())
    // Copies: these reach keyrings, which are asynchronous, while the caller may reuse the message's buffer.
    const providerInfo = Uint8Array.from(reader.take(reader.u16()))
    edks.push(Object.freeze({ providerId, providerInfo, ciphertext: Uint8Array.from(reader.take(reader.u16())) }))
  }
  return Object.freeze(edks)
}
