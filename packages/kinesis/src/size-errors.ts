import { StrongroomError } from '@strongroom/core'

/** Sizes of a record, in bytes. */
export interface RecordSizes {
  /** Length of `Data` as it was given. */
  readonly plaintextBytes: number
  /** Length of the encrypted message: exact after wrapping, before it the least that is possible. */
  readonly ciphertextBytes: number
  /** Length of the partition key in UTF-8; Kinesis counts it too. */
  readonly partitionKeyBytes: number
  /** Most bytes of data and partition key: `maxRecordBytes` of the stream. */
  readonly limitBytes: number
}

/** A record that is too large once it is encrypted. Nothing was sent; in PutRecords, no entry was. */
export class RecordTooLargeError extends StrongroomError<'RECORD_TOO_LARGE'> {
  /** What it is made of, in bytes. */
  readonly sizes: RecordSizes
  /** Place of the record in PutRecords; 0 in PutRecord. */
  readonly index: number
  /** Whether it was refused before a data key was asked for. */
  readonly beforeWrapping: boolean

  /** Made by the adapter; the parameters are what its fields say. */
  constructor(stream: string, index: number, sizes: RecordSizes, beforeWrapping: boolean) {
    const { plaintextBytes, ciphertextBytes, partitionKeyBytes, limitBytes } = sizes
    const over = ciphertextBytes + partitionKeyBytes - limitBytes
    super(
      'RECORD_TOO_LARGE',
      `Record ${index} for stream ${stream} is too large once it is encrypted: ${plaintextBytes} bytes of plaintext become ${beforeWrapping ? 'at least ' : ''}${ciphertextBytes}, ` +
        `with a partition key of ${partitionKeyBytes} that is ${over} over the limit of ${limitBytes}. Split the record, or raise the stream's ` +
        'MaxRecordSizeInKiB and maxRecordBytes of its entry in streams.',
    )
    this.sizes = Object.freeze(sizes)
    this.index = index
    this.beforeWrapping = beforeWrapping
  }

  /** Always `RecordTooLargeError`. */
  override get name(): string {
    return 'RecordTooLargeError'
  }
}

/** Sizes of a PutRecords request. */
export interface RequestSizes {
  /** Number of records. */
  readonly entries: number
  /** Sum of the lengths of `Data` as they were given. */
  readonly plaintextBytes: number
  /** Sum of the encrypted messages: exact after wrapping, before it the least that is possible. */
  readonly ciphertextBytes: number
  /** Sum of the lengths of the partition keys in UTF-8. */
  readonly partitionKeyBytes: number
  /** Most bytes of data and partition keys in a request. */
  readonly limitBytes: number
  /** Most entries in a request. */
  readonly limitEntries: number
}

/** A PutRecords request that is too large once it is encrypted. Nothing was sent. */
export class RequestTooLargeError extends StrongroomError<'REQUEST_TOO_LARGE'> {
  /** What it is made of, in bytes. */
  readonly sizes: RequestSizes
  /** Whether it was refused before a data key was asked for. */
  readonly beforeWrapping: boolean

  /** Made by the adapter; the parameters are what its fields say. */
  constructor(stream: string, sizes: RequestSizes, beforeWrapping: boolean) {
    super(
      'REQUEST_TOO_LARGE',
      `The PutRecords request for stream ${stream} is too large: ${describe(sizes, beforeWrapping)}. Put fewer records in a request.`,
    )
    this.sizes = Object.freeze(sizes)
    this.beforeWrapping = beforeWrapping
  }

  /** Always `RequestTooLargeError`. */
  override get name(): string {
    return 'RequestTooLargeError'
  }
}

function describe(sizes: RequestSizes, beforeWrapping: boolean): string {
  const { entries, plaintextBytes, ciphertextBytes, partitionKeyBytes, limitBytes, limitEntries } = sizes
  if (entries > limitEntries) return `${entries} entries, and ${limitEntries} are the limit`
  const least = beforeWrapping ? 'at least ' : ''
  return (
    `${ciphertextBytes + partitionKeyBytes} bytes, and ${limitBytes} are the limit. Encryption added ${least}${ciphertextBytes - plaintextBytes} ` +
    `to ${plaintextBytes} bytes of plaintext in ${entries} entries; partition keys are ${partitionKeyBytes}`
  )
}
