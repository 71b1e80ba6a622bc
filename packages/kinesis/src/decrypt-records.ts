import type { _Record, GetRecordsCommandOutput } from '@aws-sdk/client-kinesis'
import { isStrongroomError, observe, StrongroomError } from '@strongroom/core'
import { concurrently } from './concurrently.ts'
import type { ResolvedConfig } from './config.ts'
import { kinesisError } from './errors.ts'
import { recordContext } from './record-context.ts'
import { classify, looksEncrypted, mayPass, type RejectedRecord, rejectedRecord } from './rejected-record.ts'
import type { StreamEntry } from './stream-map.ts'
import { UndecryptableRecordsError } from './undecryptable-records-error.ts'

/** Calls to a key service at a time where data keys are not cached. */
const CONCURRENCY = 64

/** An answer of GetRecords, and the call it answers. */
export interface ReadBatch {
  readonly output: GetRecordsCommandOutput
  readonly shardIterator: string | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * Decrypts an answer of GetRecords.
 *
 * @throws `RECORDS_UNDECRYPTABLE`, or the signal's reason.
 */
export async function decryptRecords(
  config: ResolvedConfig,
  stream: StreamEntry,
  { output, shardIterator, signal }: ReadBatch,
): Promise<GetRecordsCommandOutput> {
  const received = output.Records ?? []
  const options = { encryptionContext: recordContext(stream.entry), ...(signal === undefined ? {} : { signal }) }
  const opened = await concurrently(received, CONCURRENCY, async (record): Promise<_Record | RejectedRecord> => {
    const data = record.Data ?? new Uint8Array(0)
    try {
      if (!looksEncrypted(data)) throw notEncrypted(config, data)
      const { plaintext } = await config.client.decrypt(data, options)
      return { ...record, Data: plaintext }
    } catch (error) {
      signal?.throwIfAborted()
      const rejection = isStrongroomError(error, 'RECORD_NOT_ENCRYPTED') ? 'not-encrypted' : classify(error)
      return rejectedRecord(
        stream.entry,
        record,
        rejection,
        error instanceof Error ? error : new Error('The key service failed.', { cause: error }),
      )
    }
  })
  const good = opened.filter((record): record is _Record => !isRejected(record))
  const rejected = opened.filter(isRejected)
  const failures = rejected.some((failure) => mayPass(failure.class)) ? rejected : await notSkipped(config, rejected)
  const decrypted: GetRecordsCommandOutput = { ...output, Records: good }
  if (failures.length === 0) return decrypted
  throw new UndecryptableRecordsError(stream.entry, { output: decrypted, shardIterator, failures, total: received.length })
}

/** Asks about one record after the other, so that a dead-letter queue gets them in the order of the stream. */
async function notSkipped({ onRejected }: ResolvedConfig, rejected: readonly RejectedRecord[]): Promise<readonly RejectedRecord[]> {
  const failures: RejectedRecord[] = []
  for (const failure of rejected) {
    const action = await onRejected(failure)
    if (action !== 'skip' && action !== 'throw')
      throw new StrongroomError('OPTION_INVALID', 'onRejected must answer throw or skip.', { option: 'onRejected' })
    if (action === 'throw') failures.push(failure)
  }
  return failures
}

function isRejected(record: _Record | RejectedRecord): record is RejectedRecord {
  return 'class' in record
}

function notEncrypted({ observer }: ResolvedConfig, data: Uint8Array): StrongroomError {
  observe(observer, { type: 'message.rejected', code: 'RECORD_NOT_ENCRYPTED', ciphertextBytes: data.length })
  const what = data.length === 0 ? 'is empty' : 'is not an AWS Encryption SDK message'
  return kinesisError('RECORD_NOT_ENCRYPTED', `The record ${what}: something puts records into the stream without encrypting them.`)
}
