import { type EncryptionClient, isStrongroomError } from '@strongroom/core'
import type { ReferenceReading } from '../reference-reader.ts'
import { decryptInChunks } from '../stream-attempt.ts'

/** Codes in which a message that cannot be opened may end. */
const refusals = ['MESSAGE_INVALID', 'LIMIT_EXCEEDED']

/** Why an error is not what a refused input may end in; undefined where it is. */
export function wrongRefusal(error: unknown, codes: readonly string[] = refusals): string | undefined {
  if (!isStrongroomError(error)) return `threw ${error instanceof Error ? error.stack : String(error)}`
  return codes.includes(error.code) ? undefined : `threw ${error.code}: ${error.message}`
}

/** Decrypts a message as a whole. Answers what differs from what the other reader says of it. */
export async function judgeWhole(client: EncryptionClient, message: Uint8Array, reading: ReferenceReading): Promise<string | undefined> {
  const before = Buffer.from(message)
  const found = await judgeAnswer(client, message, reading)
  return before.equals(message) ? found : 'decrypting changed the message'
}

async function judgeAnswer(client: EncryptionClient, message: Uint8Array, reading: ReferenceReading): Promise<string | undefined> {
  try {
    const { plaintext, encryptionContext } = await client.decrypt(message)
    if (reading.plaintext === undefined) return 'opened, but must not'
    if (!reading.plaintext.equals(plaintext)) return 'opened to another plaintext'
    return sameContext(encryptionContext, reading) ? undefined : 'opened with another context'
  } catch (error) {
    return wrongRefusal(error) ?? (reading.plaintext === undefined ? undefined : 'refused, but must open')
  }
}

/** The same through a stream, whose releases before its end must be authentic too. */
export async function judgeStream(
  client: EncryptionClient,
  message: Uint8Array,
  sizes: readonly number[],
  reading: ReferenceReading,
): Promise<string | undefined> {
  const { released, error } = await decryptInChunks(client, message, sizes)
  if (error === undefined) {
    if (reading.plaintext === undefined) return 'opened as a stream, but must not'
    return reading.plaintext.equals(released) ? undefined : 'opened as a stream to another plaintext'
  }
  if (!reading.frames.subarray(0, released.length).equals(released)) return 'released what is not authentic, or is the final frame'
  return wrongRefusal(error) ?? (reading.plaintext === undefined ? undefined : 'refused as a stream, but must open')
}

/** The same piece by piece: a part that is answered must be authentic, and the whole is answered where the message opens. */
export async function judgeRange(
  client: EncryptionClient,
  message: Uint8Array,
  [start, end]: readonly [number, number | undefined],
  reading: ReferenceReading,
): Promise<string | undefined> {
  try {
    const source = { size: message.length, read: async (from: number, to: number) => Uint8Array.from(message.subarray(from, to)) }
    const index = await client.openFrameIndex(source, { readBytes: 64 })
    const part = await index.read(start, end)
    if (reading.plaintext !== undefined) {
      return reading.plaintext.subarray(start, end).equals(part) ? undefined : 'answered another part'
    }
    if (start === 0 && end === undefined) return 'answered all of a message that must not open'
    return undefined
  } catch (error) {
    // What is signed or has no frames is not read in parts.
    const wrong = wrongRefusal(error, [...refusals, 'SUITE_FORBIDDEN', 'INPUT_INVALID'])
    if (wrong !== undefined || reading.plaintext === undefined || reading.header === undefined) return wrong
    const { suite, framed } = reading.header
    return framed && !['0214', '0346', '0378', '0578'].includes(suite) ? 'refused a part, but must open' : undefined
  }
}

/** Sizes of chunks that a number stands for: all at once, byte by byte, or of any sizes. */
export function chunkSizes(chunks: number, length: number): readonly number[] {
  if (chunks === 0) return []
  if (chunks === 1) return Array(Math.min(length, 2000)).fill(1)
  const sizes: number[] = []
  for (let state = chunks, total = 0; total < length; ) {
    state = Math.imul(state, 1_103_515_245) + 12_345
    const size = (state >>> 16) % (state & 0x4000 ? 9 : 150)
    sizes.push(size)
    total += Math.max(1, size)
  }
  return sizes
}

function sameContext(context: Readonly<Record<string, string>>, { header }: ReferenceReading): boolean {
  const entries = Object.entries(context)
  if (Object.getPrototypeOf(context) !== null || header === undefined) return false
  return entries.length === header.context.size && entries.every(([key, value]) => header.context.get(key) === value)
}
