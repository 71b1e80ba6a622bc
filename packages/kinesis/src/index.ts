/**
 * Encryption of Kinesis records under the AWS SDK.
 *
 * Begin with {@link withEncryption}.
 *
 * @module @strongroom/kinesis
 */
export type {
  CachedKeyring,
  DataKeySource,
  KinesisEncryptionConfig,
  KinesisEncryptionSettings,
  OwnMaterials,
  RejectedAction,
  RejectedHandler,
  UncachedKeyring,
} from './config.ts'
export type { KinesisErrorCode } from './errors.ts'
export type { KinesisEncryptionPlugin } from './kinesis-encryption.ts'
export { kinesisEncryption } from './kinesis-encryption.ts'
export type { RejectedRecord, RejectionClass } from './rejected-record.ts'
export type { RecordSizes, RequestSizes } from './size-errors.ts'
export { RecordTooLargeError, RequestTooLargeError } from './size-errors.ts'
export type { StreamOptions, StreamsOption } from './stream-map.ts'
export { isUndecryptableRecordsError, UndecryptableRecordsError } from './undecryptable-records-error.ts'
export { withEncryption } from './with-encryption.ts'
