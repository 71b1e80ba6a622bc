import { StrongroomError } from '../errors.ts'

/** Thrown by the parsers where bytes end too early; a stream waits for more, everything else fails. */
export const TRUNCATED: unique symbol = Symbol('truncated')

/**
 * The one error of a message that does not decrypt. Which check failed stays untold: an attacker who can submit messages and read
 * errors must learn nothing from them.
 */
export function messageInvalid(cause?: unknown): StrongroomError<'MESSAGE_INVALID'> {
  return new StrongroomError(
    'MESSAGE_INVALID',
    'The message cannot be decrypted: it is truncated, damaged, forged, or not an AWS Encryption SDK message for these keys.',
    cause === undefined ? {} : { cause },
  )
}

/** The same for bytes that look like the base64 of a message, a frequent mistake that reveals nothing. */
export function messageLooksBase64(): StrongroomError<'MESSAGE_INVALID'> {
  return new StrongroomError(
    'MESSAGE_INVALID',
    "The message cannot be decrypted: it looks like base64 text. Decode it first, for example with Buffer.from(text, 'base64').",
  )
}
