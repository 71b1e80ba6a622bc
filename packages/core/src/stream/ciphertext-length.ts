import { isFrameLength, isSuiteId } from '../call-options.ts'
import { StrongroomError } from '../errors.ts'
import { footerLength, frameCount, framedBodyLength } from '../esdk/body.ts'
import { isInteger, validateOptions } from '../options.ts'
import { type SuiteId, suiteById } from '../suite.ts'

/** Frames of a message are counted in four bytes, of which the greatest value marks the final one. */
const MAX_FRAMES = 2 ** 32 - 2

/** What the length of a message depends on; lengths are bytes. */
export interface CiphertextLengthOptions {
  /** Length of the plaintext. */
  readonly plaintextLength: number
  /** Plaintext bytes of a frame, as it will be used. */
  readonly frameLength: number
  /** The suite of the message. */
  readonly suite: SuiteId
  /**
   * Length of the header with its authentication, which depends on context and encrypted data keys: `headerLength` of an encryption stream's
   * `message`, or of `parseMessage`.
   */
  readonly headerLength: number
}

const isLength = isInteger(0, Number.MAX_SAFE_INTEGER)
const checks = { plaintextLength: isLength, frameLength: isFrameLength, suite: isSuiteId, headerLength: isLength }

/**
 * The exact length of a message that Strongroom makes, in bytes.
 *
 * @throws `OPTION_INVALID`, `LIMIT_EXCEEDED` where the frames are too short for the plaintext: a message has at most 2^32 - 2.
 * @example
 * ```ts
 * const { headerLength } = parseMessage((await client.encrypt(new Uint8Array(0), { suite: '0478' })).ciphertext)
 * ciphertextLength({ headerLength, plaintextLength: 1_000_000, frameLength: 65_536, suite: '0478' })
 * ```
 */
export function ciphertextLength(options: CiphertextLengthOptions): number {
  validateOptions('ciphertextLength', options, checks, ['plaintextLength', 'frameLength', 'suite', 'headerLength'])
  const { plaintextLength, frameLength, suite, headerLength } = options
  assertFrameCount(frameCount(plaintextLength, frameLength), frameLength)
  return headerLength + framedBodyLength(plaintextLength, frameLength) + footerLength(suiteById(suite).signature)
}

/** @throws `LIMIT_EXCEEDED` where a message would have more frames than it can count. */
export function assertFrameCount(count: number, frameLength: number): void {
  if (count <= MAX_FRAMES) return
  throw new StrongroomError(
    'LIMIT_EXCEEDED',
    `The plaintext makes more than ${MAX_FRAMES} frames of ${frameLength} bytes, which is all that a message can count: give a greater frameLength.`,
    { option: 'frameLength' },
  )
}
