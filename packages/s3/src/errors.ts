import { type ErrorDetails, StrongroomError } from '@strongroom/core'

/** Every code that `@strongroom/s3` throws, beside those of the core. The set is closed. */
export type S3ErrorCode =
  /** The object has no envelope, neither with it nor in an instruction file: it is not encrypted. */
  | 'OBJECT_NOT_ENCRYPTED'
  /** The object says that its wrapped data key is in an instruction file, and there is none by the name that was looked for. */
  | 'INSTRUCTION_FILE_MISSING'
  /** The object is of a kind that has to be allowed first: `option` names what allows it. */
  | 'FORMAT_FORBIDDEN'
  /** The keyring is not exactly one key, which is all that an object of S3's own formats has room for. */
  | 'KEYRING_UNSUITABLE'
  /** The envelope, with the metadata of the caller's own, does not fit into the 2 KB that S3 keeps with an object. */
  | 'METADATA_TOO_LARGE'
  /** The plaintext is longer than AES-GCM can encrypt under one key: 64 GiB less 32 bytes. */
  | 'OBJECT_TOO_LARGE'
  /** The plaintext is not as long as it was said to be. */
  | 'LENGTH_MISMATCH'
  /** The part of the object that was asked for is none: it starts behind its end. S3's status 416. */
  | 'RANGE_NOT_SATISFIABLE'
  /** The client or middleware stack encrypts already. */
  | 'ALREADY_APPLIED'
  /** The command cannot be carried out on encrypted objects, or is not known. The message names the remedy. */
  | 'COMMAND_UNSUPPORTED'
  /** A parameter of the command cannot work with encrypted objects. `option` names it. */
  | 'PARAMETER_UNSUPPORTED'
  /** How long the body is cannot be told, and it is too long to be held in memory. */
  | 'LENGTH_UNKNOWN'
  /** S3 answered something other than it was asked for. */
  | 'RESPONSE_UNEXPECTED'
  /** The serialised request carries data that this call did not encrypt. Nothing was sent. */
  | 'PLAINTEXT_REFUSED'

/** An error of this package that has no fields of its own. */
export function s3Error<Code extends S3ErrorCode>(code: Code, message: string, details?: ErrorDetails): StrongroomError<Code> {
  return new StrongroomError(code, message, details)
}

/**
 * The one error of an object that does not decrypt, once its data key was touched. Which step failed stays untold: whoever can put objects and
 * read errors must learn nothing from them.
 */
export function objectInvalid(): StrongroomError<'MESSAGE_INVALID'> {
  return new StrongroomError(
    'MESSAGE_INVALID',
    'The object cannot be decrypted: its envelope or its body is truncated, damaged, forged, or not for these keys.',
  )
}

/**
 * The same for what anybody sees in an envelope, before a key is touched.
 *
 * @param what - the rule that is broken, with the names of entries and never their values.
 */
export function envelopeInvalid(what: string): StrongroomError<'MESSAGE_INVALID'> {
  return new StrongroomError('MESSAGE_INVALID', `The object cannot be decrypted: ${what}. Its envelope is damaged or was tampered with.`)
}
