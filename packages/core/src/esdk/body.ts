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
import type { SuiteSignature } from '../suite.ts'
import { type BlockStart, type BodyKey, FINAL_FRAME, openBlock, sealFrame } from './frame.ts'
import { IV_LENGTH, TAG_LENGTH } from './header.ts'
import { messageInvalid } from './message-invalid.ts'
import { Reader } from './reader.ts'

/** Bytes that a regular frame adds to its plaintext. */
export const REGULAR_OVERHEAD: number = 4 + IV_LENGTH + TAG_LENGTH
/** Bytes that the final frame adds to its plaintext. */
export const FINAL_OVERHEAD: number = 4 + 4 + IV_LENGTH + 4 + TAG_LENGTH
/** Bytes of a frame before its ciphertext, at most. */
export const MAX_FRAME_START: number = FINAL_OVERHEAD - TAG_LENGTH
/** Bytes of an unframed body before its ciphertext. */
export const UNFRAMED_START: number = IV_LENGTH + 8
/** Longest unframed body, a limit of AES-GCM. */
const MAX_UNFRAMED_BYTES = 2 ** 36 - 32

/** How many frames a plaintext makes. A last frame that is full is the final frame; an empty plaintext is one empty final frame. */
export function frameCount(plaintextLength: number, frameLength: number): number {
  return Math.max(1, Math.ceil(plaintextLength / frameLength))
}

/** Bytes of a framed body. */
export function framedBodyLength(plaintextLength: number, frameLength: number): number {
  return plaintextLength + (frameCount(plaintextLength, frameLength) - 1) * REGULAR_OVERHEAD + FINAL_OVERHEAD
}

/** Bytes of the footer that we write: length and signature, or nothing. */
export function footerLength(signature: SuiteSignature | undefined): number {
  return signature === undefined ? 0 : 2 + signature.signatureLength
}

/** Seals a whole plaintext as frames into `out` from `at` on. */
export function sealFrames(key: BodyKey, plaintext: Uint8Array, frameLength: number, out: Buffer, at: number): void {
  const frames = frameCount(plaintext.length, frameLength)
  let position = at
  for (let sequence = 1; sequence <= frames; sequence += 1) {
    const start = (sequence - 1) * frameLength
    const isFinal = sequence === frames
    const content = isFinal && start === 0 ? plaintext : plaintext.subarray(start, start + frameLength)
    position = sealFrame(key, [content], { sequence, isFinal, length: content.length }, out, position)
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
  if (frames.length === 1 && first !== undefined) return { plaintext: openScanned(key, message, first), end: first.end }
  const plaintext = new Uint8Array(frames.reduce((total, frame) => total + frame.length, 0))
  let position = 0
  let end = at
  try {
    for (const frame of frames) {
      const part = openScanned(key, message, frame)
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

/**
 * Reads the start of the frame that must come next.
 *
 * @throws `MESSAGE_INVALID`, or `TRUNCATED` (a symbol).
 */
export function readFrameStart(reader: Reader, frameLength: number, sequence: number): BlockStart {
  const marker = reader.u32()
  const isFinal = marker === FINAL_FRAME
  if ((isFinal ? reader.u32() : marker) !== sequence) throw messageInvalid()
  const iv = reader.take(IV_LENGTH)
  const length = isFinal ? reader.u32() : frameLength
  if (length > frameLength) throw messageInvalid()
  return { kind: isFinal ? 'final' : 'regular', sequence, iv, length }
}

/**
 * Reads the start of an unframed body.
 *
 * @throws `MESSAGE_INVALID`, or `TRUNCATED` (a symbol).
 */
export function readUnframedStart(reader: Reader): BlockStart {
  const iv = reader.take(IV_LENGTH)
  const length = reader.u64()
  if (length > MAX_UNFRAMED_BYTES) throw messageInvalid()
  return { kind: 'single', sequence: 1, iv, length }
}

interface Scanned extends BlockStart {
  /** Where the ciphertext starts, and the tag ends. */
  readonly start: number
  readonly end: number
}

/** Finds the frames of a body from their lengths and order alone, so that the plaintext is allocated once and only for a whole message. */
function scanFrames(frameLength: number, message: Uint8Array, at: number): readonly Scanned[] {
  const reader = new Reader(message, at)
  const frames: Scanned[] = []
  for (let sequence = 1; ; sequence += 1) {
    const frame = scan(reader, readFrameStart(reader, frameLength, sequence))
    frames.push(frame)
    if (frame.kind === 'final') return frames
  }
}

function scan(reader: Reader, block: BlockStart): Scanned {
  const start = reader.position
  reader.take(block.length + TAG_LENGTH)
  return { ...block, start, end: reader.position }
}

function openScanned(key: BodyKey, message: Uint8Array, block: Scanned): Uint8Array {
  const tag = block.start + block.length
  return openBlock(key, block, [message.subarray(block.start, tag)], message.subarray(tag, block.end))
}

/**
 * Opens a whole unframed body.
 *
 * @throws `MESSAGE_INVALID`, or `TRUNCATED` (a symbol).
 */
export function openUnframed(key: BodyKey, message: Uint8Array, at: number): OpenedBody {
  const reader = new Reader(message, at)
  const block = scan(reader, readUnframedStart(reader))
  return { plaintext: openScanned(key, message, block), end: block.end }
}
