import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'
import type { Suite } from '../suite.ts'
import { IV_LENGTH, TAG_LENGTH } from './header.ts'
import { messageInvalid } from './message-invalid.ts'

/** What the first four bytes of the final frame are, in the place of a sequence number. */
export const FINAL_FRAME = 0xffffffff
const labels: { readonly [K in BlockStart['kind']]: Buffer } = {
  regular: Buffer.from('AWSKMSEncryptionClient Frame', 'latin1'),
  final: Buffer.from('AWSKMSEncryptionClient Final Frame', 'latin1'),
  single: Buffer.from('AWSKMSEncryptionClient Single Block', 'latin1'),
}
/** Bytes that are sealed at a time: they and what they become fit into the processor's cache. */
const STEP = 65_536
/** Below this, giving memory back costs more than it saves. */
const WORTH_RELEASING = 16_384

/** Suite, key and message id: what every frame of one message shares. */
export interface BodyKey {
  readonly suite: Suite
  readonly contentKey: KeyObject
  readonly messageId: Uint8Array
}

/** What stands before the ciphertext of a frame or an unframed body. Nothing of it is authenticated yet. */
export interface BlockStart {
  readonly kind: 'regular' | 'final' | 'single'
  readonly sequence: number
  readonly iv: Uint8Array
  /** Bytes of the ciphertext, and of the plaintext. */
  readonly length: number
}

/** A frame to be made. */
export interface FramePlan {
  readonly sequence: number
  readonly isFinal: boolean
  /** Bytes of the plaintext. */
  readonly length: number
}

/** Writes what stands before a frame's ciphertext to `out` from `at` on; answers where the ciphertext starts. */
export function writeFrameStart({ sequence, isFinal, length }: FramePlan, out: Buffer, at: number): number {
  let position = isFinal ? out.writeUInt32BE(FINAL_FRAME, at) : at
  position = out.writeUInt32BE(sequence, position)
  out.fill(0, position, position + IV_LENGTH - 4)
  position = out.writeUInt32BE(sequence, position + IV_LENGTH - 4)
  return isFinal ? out.writeUInt32BE(length, position) : position
}

/** What a frame that we make is authenticated with. */
export function writtenFrameAad({ messageId }: BodyKey, { sequence, isFinal, length }: FramePlan): Buffer {
  return frameAad(messageId, isFinal ? labels.final : labels.regular, sequence, length)
}

/**
 * Seals one frame, whose plaintext may come in pieces, into `out` from `at` on; answers where it ends. The plaintext may lie in `out` where its
 * ciphertext will.
 */
export function sealFrame(key: BodyKey, pieces: readonly Uint8Array[], frame: FramePlan, out: Buffer, at: number): number {
  let position = writeFrameStart(frame, out, at)
  const ivAt = frame.isFinal ? at + 8 : at + 4
  const cipher = createCipheriv(key.suite.cipher, key.contentKey, out.subarray(ivAt, ivAt + IV_LENGTH))
  cipher.setAAD(writtenFrameAad(key, frame))
  for (const piece of pieces) {
    for (let from = 0; from < piece.length; from += STEP) {
      const sealed = cipher.update(piece.length <= STEP ? piece : piece.subarray(from, from + STEP))
      out.set(sealed, position)
      position += sealed.length
      release(sealed)
    }
  }
  cipher.final()
  out.set(cipher.getAuthTag(), position)
  return position + TAG_LENGTH
}

/**
 * Opens one frame or unframed body, whose ciphertext may come in pieces. The plaintext has an `ArrayBuffer` of its own.
 *
 * @throws `MESSAGE_INVALID`
 */
export function openBlock(key: BodyKey, block: BlockStart, pieces: readonly Uint8Array[], tag: Uint8Array): Uint8Array {
  const decipher = createDecipheriv(key.suite.cipher, key.contentKey, block.iv)
  decipher.setAAD(frameAad(key.messageId, labels[block.kind], block.sequence, block.length))
  decipher.setAuthTag(tag)
  const [only] = pieces
  const plaintext = pieces.length === 1 && only !== undefined ? decipher.update(only) : Buffer.allocUnsafeSlow(block.length)
  if (pieces.length !== 1) {
    let position = 0
    for (const piece of pieces) {
      const opened = decipher.update(piece)
      plaintext.set(opened, position)
      position += piece.length
      opened.fill(0)
      release(opened)
    }
  }
  try {
    decipher.final()
  } catch {
    plaintext.fill(0)
    throw messageInvalid()
  }
  // Not the Buffer that it is: its methods, slice above all, do not do what those of a Uint8Array do.
  return new Uint8Array(plaintext.buffer, plaintext.byteOffset, plaintext.length)
}

/**
 * Gives the memory of a cipher's output back at once. It would be given back at some garbage collection: until then every frame is made in
 * memory that no cache holds, which doubles the time of a frame.
 */
function release(bytes: Buffer): void {
  const { buffer } = bytes
  if (bytes.length >= WORTH_RELEASING && buffer.byteLength === bytes.length && buffer instanceof ArrayBuffer) buffer.transfer(0)
}

function frameAad(messageId: Uint8Array, label: Buffer, sequence: number, length: number): Buffer {
  const aad = Buffer.allocUnsafe(messageId.length + label.length + 12)
  aad.set(messageId, 0)
  aad.set(label, messageId.length)
  const at = messageId.length + label.length
  aad.writeUInt32BE(sequence, at)
  aad.writeUInt32BE(Math.floor(length / 2 ** 32), at + 4)
  aad.writeUInt32BE(length >>> 0, at + 8)
  return aad
}
