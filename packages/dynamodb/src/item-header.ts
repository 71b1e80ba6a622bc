/**
 * The header of an encrypted item, in the attribute `aws_dbe_head` (integers big-endian, sizes in bytes).
 *
 *     version(1) | flavor(1) | messageId(32) | legendLength(2) legend | context | edks | commitment(32)
 *
 *     version: 2 where signed attributes are part of the encryption context, else 1
 *     flavor:  the second byte of the suite's identifier: 0 for 6700, 1 for 6701
 *     legend:  for each signed attribute, in the order of canonical paths: 'e' encrypted, 's' signed, 'c' signed and part of the context
 *     context: count(2), then for each pair, in ascending order of UTF-8 keys: keyLength(2) key valueLength(2) value
 *     edks:    count(1) > 0, for each idLength(2) id infoLength(2) info ciphertextLength(2) ciphertext
 *
 * Source: DB-ESDK specification, "Structured Encryption Header".
 */
import {
  type EncryptedDataKey,
  type EncryptionContext,
  type ItemSuiteId,
  itemSuiteById,
  type Suite,
  serialiseContext,
} from '@strongroom/core'
import { compareUtf8, contextFromEntries, Reader } from '@strongroom/core/keyring-tools'
import { limitExceeded, ValueError } from './errors.ts'

/** Bytes of a message id. */
export const MESSAGE_ID = 32
/** Bytes of a commitment, at the very end of the header. */
export const COMMITMENT = 32
const MAX_LENGTH = 0xffff
const NO_PAIRS = new Uint8Array(2)

/** Letters of the legend. */
export const ENCRYPTED = 0x65
export const SIGNED = 0x73
export const IN_CONTEXT = 0x63

/** What a header holds, but for its commitment. */
export interface ItemHeader {
  readonly version: 1 | 2
  readonly suite: Suite<ItemSuiteId>
  readonly messageId: Uint8Array
  readonly legend: Uint8Array
  /** The stored pairs of the encryption context. */
  readonly context: EncryptionContext
  readonly edks: readonly EncryptedDataKey[]
}

/** A received header. */
export interface ReceivedHeader extends ItemHeader {
  /** The header, commitment included, as it was received; a copy. */
  readonly bytes: Uint8Array
}

/** A context as header and signature hold it: the canonical form, with a count where there are no pairs. */
export function itemContext(context: EncryptionContext): Uint8Array {
  const bytes = serialiseContext(context)
  return bytes.length === 0 ? NO_PAIRS : bytes
}

/** Serialises a header, with room for its commitment at the end. */
export function writeHeader({ version, suite, messageId, legend, context, edks }: ItemHeader): Uint8Array {
  const stored = itemContext(context)
  const parts = edks.flatMap(({ providerId, providerInfo, ciphertext }) => [Buffer.from(providerId, 'utf8'), providerInfo, ciphertext])
  const edksLength = parts.reduce((sum, part) => sum + 2 + within(part.length, 'bytes in a part of an encrypted data key'), 0)
  const out = new Uint8Array(2 + MESSAGE_ID + 2 + within(legend.length, 'signed attributes') + stored.length + 1 + edksLength + COMMITMENT)
  let at = 0
  const put = (bytes: Uint8Array): void => {
    out.set(bytes, at)
    at += bytes.length
  }
  const putSized = (bytes: Uint8Array): void => {
    out[at] = bytes.length >>> 8
    out[at + 1] = bytes.length & 0xff
    at += 2
    put(bytes)
  }
  out[0] = version
  out[1] = suite.wireId & 0xff
  at = 2
  put(messageId)
  putSized(legend)
  put(stored)
  out[at] = edks.length
  at += 1
  for (const part of parts) putSized(part)
  return out
}

/**
 * Parses a header, unverified. Byte fields are views of `bytes`.
 *
 * @throws `ValueError` or what `Reader` throws where it is malformed; `LIMIT_EXCEEDED`
 */
export function parseHeader(bytes: Uint8Array, limits: { readonly maxEncryptedDataKeys: number }): ReceivedHeader {
  const reader = new Reader(bytes)
  const version = reader.u8()
  const flavor = reader.u8()
  if ((version !== 1 && version !== 2) || flavor > 1) throw new ValueError('has an unknown version or suite')
  const messageId = reader.take(MESSAGE_ID)
  const legend = reader.take(reader.u16())
  for (const letter of legend) {
    if (letter !== ENCRYPTED && letter !== SIGNED && !(letter === IN_CONTEXT && version === 2))
      throw new ValueError('has an unknown action')
  }
  const context = readContext(reader)
  const edks = readEdks(reader, limits.maxEncryptedDataKeys)
  reader.take(COMMITMENT)
  if (reader.remaining !== 0) throw new ValueError('has bytes behind its end')
  return { version, suite: itemSuiteById(flavor === 0 ? '6700' : '6701'), messageId, legend, context, edks, bytes }
}

function readContext(reader: Reader): EncryptionContext {
  const count = reader.u16()
  // A pair takes at least four bytes: a count that cannot fit allocates nothing.
  if (count * 4 > reader.remaining) throw new ValueError('counts more pairs than it has')
  const entries: [string, string][] = []
  for (let index = 0; index < count; index += 1) {
    const key = reader.text(reader.u16())
    const before = entries.at(-1)
    if (before !== undefined && compareUtf8(before[0], key) >= 0) throw new ValueError('has pairs out of order')
    entries.push([key, reader.text(reader.u16())])
  }
  return contextFromEntries(entries)
}

function readEdks(reader: Reader, most: number): readonly EncryptedDataKey[] {
  const count = reader.u8()
  if (count === 0) throw new ValueError('has no encrypted data key')
  if (count > most)
    throw limitExceeded(
      'maxEncryptedDataKeys',
      `The item carries ${count} encrypted data keys, more than maxEncryptedDataKeys (${most}) allows.`,
    )
  const edks: EncryptedDataKey[] = []
  for (let index = 0; index < count; index += 1) {
    const providerId = reader.text(reader.u16())
    const providerInfo = reader.take(reader.u16())
    edks.push(Object.freeze({ providerId, providerInfo, ciphertext: reader.take(reader.u16()) }))
  }
  return Object.freeze(edks)
}

function within(length: number, what: string): number {
  if (length <= MAX_LENGTH) return length
  throw limitExceeded(undefined, `An item cannot have ${length} ${what}; ${MAX_LENGTH} are the most that its format holds.`)
}
