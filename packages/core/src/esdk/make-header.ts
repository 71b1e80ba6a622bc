import { serialiseRequired } from '../encryption-context.ts'
import type { EncryptMaterials } from '../materials.ts'
import { draw, type RandomSource } from '../random.ts'
import type { Suite } from '../suite.ts'
import type { BodyKey } from './frame.ts'
import { IV_LENGTH, messageIdLength, TAG_LENGTH } from './header.ts'
import { headerTag } from './header-authentication.ts'
import { headerTail } from './header-tail.ts'
import { deriveKeys } from './key-derivation.ts'

const V1_START = Buffer.of(0x01, 0x80)
const V2_START = Buffer.of(0x02)

/** What a header is made of, besides the materials. */
export interface HeaderOptions {
  readonly suite: Suite
  readonly frameLength: number
  readonly random: RandomSource
}

/** A header that is ready to be written, and the keys of its message. The data key is not needed any more. */
export interface PreparedHeader {
  /** Bytes, with the authentication. */
  readonly length: number
  readonly bodyKey: BodyKey
  /** Writes it to the start of `out`. */
  writeTo(out: Buffer): void
}

/** Draws a message id and derives the keys of a new message. */
export function prepareHeader(materials: EncryptMaterials, { suite, frameLength, random }: HeaderOptions): PreparedHeader {
  const tail = headerTail(materials, frameLength)
  const idLength = messageIdLength(suite)
  const messageId = draw(random, idLength)
  const { contentKey, commitKey } = deriveKeys(suite, materials.dataKey, messageId)
  const start = suite.messageVersion === 1 ? V1_START : V2_START
  const idAt = start.length + 2
  const tailAt = idAt + idLength
  const bodyLength = tailAt + tail.length + (commitKey?.length ?? 0)
  const length = bodyLength + (suite.messageVersion === 1 ? IV_LENGTH : 0) + TAG_LENGTH
  const required = serialiseRequired(materials)
  return {
    length,
    bodyKey: { suite, contentKey, messageId },
    writeTo(out) {
      out.set(start, 0)
      out.writeUInt16BE(suite.wireId, start.length)
      out.set(messageId, idAt)
      out.set(tail, tailAt)
      if (commitKey !== undefined) out.set(commitKey, tailAt + tail.length)
      const tag = headerTag(suite, contentKey, out.subarray(0, bodyLength), required)
      out.fill(0, bodyLength, length - TAG_LENGTH)
      out.set(tag, length - TAG_LENGTH)
    },
  }
}
