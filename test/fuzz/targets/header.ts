import { isStrongroomError, parseMessage } from '@strongroom/core'
import { mutateBytes } from '../engine/mutate-bytes.ts'
import type { SeededRandom } from '../engine/random.ts'
import type { Target } from '../engine/target.ts'
import { type ReferenceHeader, referenceHeader } from '../reference-reader.ts'
import { wrongRefusal } from './judge.ts'
import { allSpecimens } from './specimens.ts'

interface HeaderInput {
  readonly [name: string]: number | Uint8Array
  readonly bytes: Uint8Array
  readonly maxEdks: number
}

const LIMITS = [1, 2, 3, 16, 65_535]

/** The parser without keys: context, encrypted data keys, every field. What it answers is what the other reader reads. */
export const headerTarget: Target<HeaderInput> = {
  name: 'header',
  async seeds() {
    const messages = (await allSpecimens()).map(({ message }) => message)
    const texts = messages.slice(0, 2).map((message) => Buffer.from(message.toString('base64')))
    return [...messages, ...texts, manyPairs(), manyDataKeys()].map((bytes) => ({ bytes, maxEdks: 65_535 }))
  },
  mutate(input: HeaderInput, other: HeaderInput, random: SeededRandom) {
    return {
      bytes: mutateBytes(input.bytes, other.bytes, random),
      maxEdks: random.once(8) ? random.pick(LIMITS) : input.maxEdks,
    }
  },
  async run({ bytes, maxEdks }) {
    const before = Buffer.from(bytes)
    const reference = referenceHeader(bytes, maxEdks)
    try {
      const parsed = parseMessage(bytes, { maxEncryptedDataKeys: maxEdks })
      if (!before.equals(bytes)) return 'parsing changed the message'
      return reference === undefined ? 'parsed, but must not' : differs(parsed, reference)
    } catch (error) {
      const wrong = wrongRefusal(error)
      if (wrong !== undefined || reference !== undefined) return wrong ?? 'refused, but is a header'
      // The hint is for what is text for certain, and says nothing of anything else.
      return isStrongroomError(error) && error.message.includes('base64') && bytes[0] !== 0x41 ? 'took for base64 what is none' : undefined
    }
  },
}

function differs(parsed: ReturnType<typeof parseMessage>, reference: ReferenceHeader): string | undefined {
  const { encryptionContext, encryptedDataKeys } = parsed
  const fields: readonly (readonly [string, unknown, unknown])[] = [
    ['version', parsed.version, reference.version],
    ['suite', parsed.suite.id, reference.suite],
    ['message id', Buffer.from(parsed.messageId).toString('hex'), reference.messageId.toString('hex')],
    ['content type', parsed.contentType === 'framed', reference.framed],
    ['frame length', parsed.frameLength, reference.frameLength],
    ['header length', parsed.headerLength, reference.end],
    ['pairs', Object.keys(encryptionContext).length, reference.context.size],
    ['data keys', encryptedDataKeys.length, reference.edks.length],
    ['prototype', Object.getPrototypeOf(encryptionContext), null],
  ]
  for (const [name, ours, theirs] of fields) if (ours !== theirs) return `another ${name}: ${String(ours)} instead of ${String(theirs)}`
  for (const [key, value] of reference.context) if (encryptionContext[key] !== value) return `another value of ${JSON.stringify(key)}`
  for (const [index, theirs] of reference.edks.entries()) {
    const ours = encryptedDataKeys[index]
    if (ours?.providerId !== theirs.providerId) return `another provider id ${index}`
    if (!theirs.providerInfo.equals(ours.providerInfo) || !theirs.ciphertext.equals(ours.ciphertext)) return `another data key ${index}`
  }
  return undefined
}

const start = (): Buffer => Buffer.concat([Buffer.of(2, 4, 0x78), Buffer.alloc(32, 7)])
const end = (): Buffer => Buffer.concat([Buffer.of(2, 0, 0, 0, 16), Buffer.alloc(48, 9)])
const u16 = (value: number): Buffer => Buffer.of(value >>> 8, value & 0xff)

/** A header whose context is full of short pairs. */
function manyPairs(): Buffer {
  const pairs = Array.from({ length: 400 }, (_, index) => Buffer.concat([u16(2), u16(index), u16(0)]).fill(0x41 + (index % 20), 2, 3))
  const context = Buffer.concat([u16(pairs.length), ...pairs.map((pair) => Buffer.from(pair.map((byte) => byte & 0x7f)))])
  return Buffer.concat([start(), u16(context.length), context, u16(1), Buffer.alloc(6), end()])
}

/** A header with many encrypted data keys of nothing. */
function manyDataKeys(): Buffer {
  return Buffer.concat([start(), u16(0), u16(500), Buffer.alloc(3000), end()])
}
