import type { _Record, GetRecordsCommandOutput } from '@aws-sdk/client-kinesis'
import { isStrongroomError, StrongroomError } from '@strongroom/core'
import { mayPass, type RejectedRecord } from './rejected-record.ts'

/**
 * GetRecords returned records that cannot be decrypted. A loop that takes `output` for the answer and goes on from its `NextShardIterator` loses
 * and repeats nothing, as long as it does something with `failures`.
 */
export class UndecryptableRecordsError extends StrongroomError<'RECORDS_UNDECRYPTABLE'> {
  /** Every record that was rejected, in the order of the stream. */
  readonly failures: readonly RejectedRecord[]
  /**
   * Whether a failure may pass (`transient`, `operational`). `output` then holds no record and its `NextShardIterator` is the iterator of this
   * call: the whole batch comes again. `held` are its good records.
   */
  readonly blocked: boolean
  // Private, so that neither util.inspect nor JSON.stringify nor a logger prints plaintext.
  readonly #output: GetRecordsCommandOutput
  readonly #held: readonly _Record[]

  /** Made by the adapter, of the answer of GetRecords. */
  constructor(
    stream: string,
    given: { output: GetRecordsCommandOutput; shardIterator: string | undefined; failures: readonly RejectedRecord[]; total: number },
  ) {
    const { output, failures, total, shardIterator } = given
    const blocked = failures.some((failure) => mayPass(failure.class))
    const first = failures.slice(0, 3).map((failure) => `${failure.sequenceNumber}: ${failure.class}, ${failure.cause.message}`)
    const more = failures.length > first.length ? ` and ${failures.length - first.length} more` : ''
    super(
      'RECORDS_UNDECRYPTABLE',
      `${failures.length} of ${total} records of stream ${stream} cannot be decrypted (${first.join('; ')}${more}). ` +
        (blocked
          ? "The cause may pass, so none was delivered: go on from this error's output.NextShardIterator, which is the iterator of this call."
          : "The good records are in this error's output; set onRejected to choose what happens to the others."),
      { cause: failures[0]?.cause },
    )
    this.failures = Object.freeze([...failures])
    this.blocked = blocked
    this.#held = blocked ? (output.Records ?? []) : []
    this.#output = output
    if (blocked) {
      const { ChildShards: _notYet, ...rest } = output
      this.#output = { ...rest, Records: [], NextShardIterator: shardIterator }
    }
  }

  /** What GetRecords would have answered without the rejected records: the good records, decrypted, `NextShardIterator`, `MillisBehindLatest`, `ChildShards`. */
  get output(): GetRecordsCommandOutput {
    return this.#output
  }

  /** Where `blocked`: the good records of the batch, decrypted. They come again from `output.NextShardIterator`. */
  get held(): readonly _Record[] {
    return this.#held
  }

  /** Always `UndecryptableRecordsError`. */
  override get name(): string {
    return 'UndecryptableRecordsError'
  }
}

/** Tells whether a value is an {@link UndecryptableRecordsError}, of any installed copy. */
export function isUndecryptableRecordsError(value: unknown): value is UndecryptableRecordsError {
  return isStrongroomError(value, 'RECORDS_UNDECRYPTABLE')
}
