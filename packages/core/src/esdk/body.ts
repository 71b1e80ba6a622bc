/**
 * The body of an ESDK message (integers big-endian, sizes in bytes).
 *
 *     regular frame: sequence(4) iv(12) ciphertext(frameLength) tag(16)
 *     final frame:   FFFFFFFF sequence(4) iv(12) length(4) ciphertext(length) tag(16),  0 <= length <= frameLength
 *     unframed:      iv(12) length(8) ciphertext(length) tag(16),                       read only
 *
 * Sequence numbers start at 1 and rise by 1; exactly one final frame comes last. The written IV is the sequence number, left-padded; readers
 * use the IV as it stands. Each frame is authenticated with messageId | label | sequence(4) | plaintext length(8).
 *
 * Source: AWS Encryption SDK specification, "Message Body", "Message Body AAD".
 */
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'
import type { Suite } from '../suite.ts'
import { IV_LENGTH, TAG_LENGTH } from './header.ts'
import { messageInvalid } from './message-invalid.ts'
import { Reader } from './reader.ts'

const FINAL_FRAME = 0xffffffff
/** Bytes that a regular frame adds to its plaintext. */
export const REGULAR_OVERHEAD: number = 4 + IV_LENGTH + TAG_LENGTH
/** Bytes that the final frame adds to its plaintext. */
export const FINAL_OVERHEAD: number = 4 + 4 + IV_LENGTH + 4 + TAG_LENGTH
/** Longest unframed body, a limit of AES-GCM. */
const MAX_UNFRAMED_BYTES = 2 ** 36 - 32

const REGULAR_LABEL = Buffer.from('AWSKMSEncryptionClient Frame', 'latin1')
const FINAL_LABEL = Buffer.from('AWSKMSEncryptionClient Final Frame', 'latin1')
const SINGLE_LABEL = Buffer.from('AWSKMSEncryptionClient Single Block', 'latin1')

/** Suite, key and message id: what every frame of one message shares. */
export interface BodyKey {
  readonly suite: Suite
  readonly contentKey: KeyObject
  readonly messageId: Uint8Array
}

/** How many frames a plaintext makes. A last frame that is full is the final frame; an empty plaintext is one empty final frame. */
export function frameCount(plaintextLength: number, frameLength: number): number {
  return Math.max(1, Math.ceil(plaintextLength / frameLength))
}

/** Bytes of a framed body. */
export function framedBodyLength(plaintextLength: number, frameLength: number): number {
  return plaintextLength + (frameCount(plaintextLength, frameLength) - 1) * REGULAR_OVERHEAD + FINAL_OVERHEAD
}

/** Seals a whole plaintext as frames into `out` from `at` on. */
export function sealFrames(key: BodyKey, plaintext: Uint8Array, frameLength: number, out: Buffer, at: number): void {
  const frames = frameCount(plaintext.length, frameLength)
  let position = at
  for (let sequence = 1; sequence <= frames; sequence += 1) {
    const start = (sequence - 1) * frameLength
    const isFinal = sequence === frames
    const content = isFinal && start === 0 ? plaintext : plaintext.subarray(start, start + frameLength)
    if (isFinal) position = out.writeUInt32BE(FINAL_FRAME, position)
    position = out.writeUInt32BE(sequence, position)
    out.fill(0, position, position + 8)
    const iv = out.subarray(position, position + IV_LENGTH)
    position = out.writeUInt32BE(sequence, position + 8)
    if (isFinal) position = out.writeUInt32BE(content.length, position)
    const cipher = createCipheriv(key.suite.cipher, key.contentKey, iv)
    cipher.setAAD(frameAad(key.messageId, isFinal ? FINAL_LABEL : REGULAR_LABEL, sequence, content.length))
    out.set(cipher.update(content), position)
    cipher.final()
    position += content.length
    out.set(cipher.getAuthTag(), position)
    position += TAG_LENGTH
  }
}

/** What a body opened to, and where it ended. */
export interface OpenedBody {
  readonly plaintext: Uint8Array
  readonly end: number
}

/**
 * Opens a whole framed body. Nothing is returned unless every frame is authentic, in order and complete.
 *
 * @throws `MESSAGE_INVALID`, or `TRUNCATED` (a symbol).
 */
export function openFrames(key: BodyKey, frameLength: number, message: Uint8Array, at: number): OpenedBody {
  const frames = scanFrames(frameLength, message, at)
  const [first] = frames
  if (frames.length === 1 && first !== undefined) return { plaintext: openFrame(key, message, first), end: first.end }
  const plaintext = new Uint8Array(frames.reduce((total, frame) => total + frame.length, 0))
  let position = 0
  let end = at
  try {
    for (const frame of frames) {
      const part = openFrame(key, message, frame)
      plaintext.set(part, position)
      part.fill(0)
      position += frame.length
      end = frame.end
    }
  } catch (error) {
    plaintext.fill(0)
    throw error
  }
  return { plaintext, end }
}

interface Frame {
  readonly sequence: number
  readonly isFinal: boolean
  /** Where the IV starts. */
  readonly iv: number
  /** Where the ciphertext starts, and its length. */
  readonly start: number
  readonly length: number
  readonly end: number
}

/** Finds the frames of a body from their lengths and order alone, so that the plaintext is allocated once and only for a whole message. */
function scanFrames(frameLength: number, message: Uint8Array, at: number): readonly Frame[] {
  const reader = new Reader(message, at)
  const frames: Frame[] = []
  for (let sequence = 1; ; sequence += 1) {
    const marker = reader.u32()
    const isFinal = marker === FINAL_FRAME
    if ((isFinal ? reader.u32() : marker) !== sequence) throw messageInvalid()
    const iv = reader.position
    reader.take(IV_LENGTH)
    const length = isFinal ? reader.u32() : frameLength
    if (length > frameLength) throw messageInvalid()
    const start = reader.position
    reader.take(length + TAG_LENGTH)
    frames.push({ sequence, isFinal, iv, start, length, end: reader.position })
    if (isFinal) return frames
  }
}

function openFrame(key: BodyKey, message: Uint8Array, frame: Frame): Uint8Array {
  const tag = frame.start + frame.length
  return openBlock(
    key,
    frame.isFinal ? FINAL_LABEL : REGULAR_LABEL,
    frame.sequence,
    message.subarray(frame.iv, frame.iv + IV_LENGTH),
    message.subarray(frame.start, tag),
    message.subarray(tag, frame.end),
  )
}

/**
 * Opens a whole unframed body.
 *
 * @throws `MESSAGE_INVALID`, or `TRUNCATED` (a symbol).
 */
export function openUnframed(key: BodyKey, message: Uint8Array, at: number): OpenedBody {
  const reader = new Reader(message, at)
  const iv = reader.take(IV_LENGTH)
  const length = reader.u64()
  if (length > MAX_UNFRAMED_BYTES) throw messageInvalid()
  const ciphertext = reader.take(length)
  return { plaintext: openBlock(key, SINGLE_LABEL, 1, iv, ciphertext, reader.take(TAG_LENGTH)), end: reader.position }
}

function openBlock(key: BodyKey, label: Buffer, sequence: number, iv: Uint8Array, ciphertext: Uint8Array, tag: Uint8Array): Uint8Array {
  const decipher = createDecipheriv(key.suite.cipher, key.contentKey, iv)
  decipher.setAAD(frameAad(key.messageId, label, sequence, ciphertext.length))
  decipher.setAuthTag(tag)
  const plaintext = decipher.update(ciphertext)
  try {
    decipher.final()
  } catch {
    plaintext.fill(0)
    throw messageInvalid()
  }
  return plaintext
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
