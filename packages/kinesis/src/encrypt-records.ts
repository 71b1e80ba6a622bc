import { StrongroomError } from '@strongroom/core'
import { leastKeyBytes, messageOverhead } from './ciphertext-size.ts'
import { concurrently } from './concurrently.ts'
import type { ResolvedConfig } from './config.ts'
import { recordContext } from './record-context.ts'
import { RecordTooLargeError, type RequestSizes, RequestTooLargeError } from './size-errors.ts'
import type { StreamEntry } from './stream-map.ts'

/** Calls to a key service at a time where data keys are not cached. */
const CONCURRENCY = 64
/** AWS's limit on entries of a PutRecords request. */
const MAX_REQUEST_ENTRIES = 500

/** What is read of a record to put. */
export interface PlainRecord {
  readonly Data?: unknown
  readonly PartitionKey?: unknown
}

/** The records of one call. */
export interface PlainBatch {
  readonly stream: StreamEntry
  readonly records: readonly PlainRecord[]
  /** Most bytes of messages and partition keys together; undefined for PutRecord, which has only the limit of its record. */
  readonly maxRequestBytes: number | undefined
  readonly signal: AbortSignal | undefined
}

/** Encrypts the records of one call, all or none; answers the messages in their order. */
export type RecordEncryptor = (batch: PlainBatch) => Promise<readonly Uint8Array[]>

interface Measured {
  /** The bytes as they were at the call. */
  readonly data: Uint8Array
  readonly plaintextBytes: number
  readonly partitionKeyBytes: number
}

/** Makes the encryptor of a configuration. */
export function recordEncryptor(config: ResolvedConfig): RecordEncryptor {
  let keyBytes: Promise<number> | undefined

  return async (batch) => {
    const { stream, records, signal } = batch
    if (records.length > MAX_REQUEST_ENTRIES) throw new RequestTooLargeError(stream.entry, requestSizes(batch, [], []), true)
    const measured = records.map((record, index) => measure(record, index, stream))
    try {
      keyBytes ??= leastKeyBytes(config.keyring)
      const context = recordContext(stream.entry)
      const overhead = messageOverhead(config.suite, context) + (await keyBytes)
      const least = measured.map(({ plaintextBytes }) => plaintextBytes + overhead)
      assertSizes(batch, measured, least, true)
      // One frame a record: the frame length is the same for all records of a stream, so that their headers are alike, and none can exceed it.
      const options = { encryptionContext: context, frameLength: stream.maxRecordBytes, ...(signal === undefined ? {} : { signal }) }
      const messages = await concurrently(
        measured,
        CONCURRENCY,
        async ({ data }) => (await config.client.encrypt(data, options)).ciphertext,
      )
      const lengths = messages.map((message) => message.length)
      assertSizes(batch, measured, lengths, false)
      return messages
    } finally {
      for (const { data } of measured) data.fill(0)
    }
  }
}

function measure({ Data, PartitionKey }: PlainRecord, index: number, stream: StreamEntry): Measured {
  if (!(Data instanceof Uint8Array)) {
    const remedy =
      typeof Data === 'string'
        ? 'encode the string, for example with new TextEncoder().encode(text)'
        : 'give the bytes to encrypt, which may be empty'
    throw new StrongroomError('INPUT_INVALID', `Data of record ${index} for stream ${stream.entry} must be a Uint8Array: ${remedy}.`, {
      option: 'Data',
    })
  }
  return {
    // What is longer than the limit is refused below, and not worth a copy.
    data: Data.length > stream.maxRecordBytes ? new Uint8Array(0) : new Uint8Array(Data),
    plaintextBytes: Data.length,
    partitionKeyBytes: typeof PartitionKey === 'string' ? Buffer.byteLength(PartitionKey) : 0,
  }
}

function assertSizes(batch: PlainBatch, records: readonly Measured[], ciphertextBytes: readonly number[], beforeWrapping: boolean): void {
  const { stream } = batch
  for (const [index, { plaintextBytes, partitionKeyBytes }] of records.entries()) {
    const sizes = {
      plaintextBytes,
      ciphertextBytes: ciphertextBytes[index] as number,
      partitionKeyBytes,
      limitBytes: stream.maxRecordBytes,
    }
    if (sizes.ciphertextBytes + partitionKeyBytes > sizes.limitBytes)
      throw new RecordTooLargeError(stream.entry, index, sizes, beforeWrapping)
  }
  const request = requestSizes(batch, records, ciphertextBytes)
  if (request.ciphertextBytes + request.partitionKeyBytes > request.limitBytes)
    throw new RequestTooLargeError(stream.entry, request, beforeWrapping)
}

function requestSizes(batch: PlainBatch, records: readonly Measured[], ciphertextBytes: readonly number[]): RequestSizes {
  return {
    entries: batch.records.length,
    plaintextBytes: records.reduce((total, record) => total + record.plaintextBytes, 0),
    ciphertextBytes: ciphertextBytes.reduce((total, length) => total + length, 0),
    partitionKeyBytes: records.reduce((total, record) => total + record.partitionKeyBytes, 0),
    limitBytes: batch.maxRequestBytes ?? Number.POSITIVE_INFINITY,
    limitEntries: MAX_REQUEST_ENTRIES,
  }
}
