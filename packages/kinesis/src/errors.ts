import { StrongroomError } from '@strongroom/core'

/** Every code that `@strongroom/kinesis` throws, beside those of the core. The set is closed. */
export type KinesisErrorCode =
  /** The client or middleware stack encrypts already. */
  | 'ALREADY_APPLIED'
  /** The call is about a stream that `streams` does not have, and `otherStreams` is not `pass`. */
  | 'STREAM_NOT_CONFIGURED'
  /** It cannot be told which stream the call is about, or its identifiers name different streams. */
  | 'STREAM_AMBIGUOUS'
  /** A shard iterator that this client was not given, without a `StreamARN`: nobody knows which stream's records it yields. */
  | 'ITERATOR_UNKNOWN'
  /** The command carries records in a way that is not supported on an encrypted stream. */
  | 'COMMAND_UNSUPPORTED'
  /** A record is too large once it is encrypted. */
  | 'RECORD_TOO_LARGE'
  /** A PutRecords request has too many entries, or is too large once it is encrypted. */
  | 'REQUEST_TOO_LARGE'
  /** The serialised request carries data for an encrypted stream that this call did not encrypt. Nothing was sent. */
  | 'PLAINTEXT_REFUSED'
  /** A record of an encrypted stream is not an encrypted message. Cause of a rejected record. */
  | 'RECORD_NOT_ENCRYPTED'
  /** GetRecords returned records that cannot be decrypted. */
  | 'RECORDS_UNDECRYPTABLE'

/** An error of this package that has no fields of its own. */
export function kinesisError<Code extends KinesisErrorCode>(code: Code, message: string): StrongroomError<Code> {
  return new StrongroomError(code, message)
}
