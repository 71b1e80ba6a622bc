import type { _Record } from '@aws-sdk/client-kinesis'
import { isStrongroomError } from '@strongroom/core'

/**
 * Why a record was rejected: `not-encrypted` (no encrypted message, an empty one included), `integrity` (damaged, forged, foreign, or of another
 * stream), `shredded` (its key was destroyed on purpose), `transient` (a key cannot be reached now), `operational` (a key may not be used:
 * somebody has to act). The last two may pass, so records are never skipped for them.
 */
export type RejectionClass = 'not-encrypted' | 'transient' | 'operational' | 'integrity' | 'shredded'

/** A record that could not be decrypted. Safe to log: `record` is not enumerable. */
export interface RejectedRecord {
  /** The stream's entry in `streams`. */
  readonly stream: string
  /** Where the record stands in its shard, as Kinesis says it; empty where it said nothing. */
  readonly sequenceNumber: string
  /** The partition key that the producer gave. Whoever may write to the stream may have chosen it. */
  readonly partitionKey: string | undefined
  /** Why, as far as it decides what to do with the record. */
  readonly class: RejectionClass
  /** What decrypting threw. Its message is safe to log. */
  readonly cause: Error
  /** The record as Kinesis gave it, for a dead-letter queue. Its `Data` is what was received, never plaintext of an encrypted record. */
  readonly record: _Record
}

/** Makes a rejected record. */
export function rejectedRecord(stream: string, record: _Record, rejection: RejectionClass, cause: Error): RejectedRecord {
  const rejected = { stream, sequenceNumber: record.SequenceNumber ?? '', partitionKey: record.PartitionKey, class: rejection, cause }
  return Object.freeze(Object.defineProperty(rejected, 'record', { value: record, enumerable: false }) as RejectedRecord)
}

/** Whether the same record may be decrypted later, so that a consumer has to wait at it. */
export function mayPass(rejection: RejectionClass): boolean {
  return rejection === 'transient' || rejection === 'operational'
}

const classes: ReadonlyMap<string, RejectionClass> = new Map([
  ['MESSAGE_INVALID', 'integrity'],
  ['CONTEXT_MISMATCH', 'integrity'],
  ['SUITE_FORBIDDEN', 'integrity'],
  ['RECOVERY_MISSING', 'integrity'],
  ['LIMIT_EXCEEDED', 'integrity'],
  ['KEY_SHREDDED', 'shredded'],
  ['KEY_TRANSIENT', 'transient'],
])

/** The class of an error of `decrypt`. What is not known to be the record's fault is `operational`: a consumer halts, and loses nothing. */
export function classify(error: unknown): RejectionClass {
  return (isStrongroomError(error) ? classes.get(error.code) : undefined) ?? 'operational'
}

/** First bytes of messages: v2 with either committing suite, v1, and what their base64 starts with. */
const starts: readonly (readonly number[])[] = [
  [0x02, 0x04, 0x78],
  [0x02, 0x05, 0x78],
  [0x01, 0x80],
  [...Buffer.from('AgR4')],
  [...Buffer.from('AgV4')],
  [...Buffer.from('AYA')],
]

/** Whether bytes start like an encrypted message. Anything else was written without encryption. */
export function looksEncrypted(data: Uint8Array): boolean {
  return starts.some((start) => start.every((byte, at) => data[at] === byte))
}
