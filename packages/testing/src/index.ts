/**
 * Embedded AWS KMS, Kinesis, DynamoDB and S3, and the contract of keyrings, for tests without Docker and without an AWS account.
 *
 * @module @strongroom/testing
 */
export {
  type DynamoDBCall,
  type DynamoDBFaults,
  type EmbeddedDynamoDB,
  type EmbeddedDynamoDBOptions,
  startEmbeddedDynamoDB,
} from './dynamodb/embedded-dynamodb.ts'
export type { Cancellation, ItemRequest, UnprocessedFilter } from './dynamodb/item-faults.ts'
export type { RecordedRequest } from './endpoint/aws-json-service.ts'
export type { Call, CallLog } from './endpoint/call-log.ts'
export type { ClientConfig, Endpoint, EndpointOptions } from './endpoint/endpoint.ts'
export type { Fault, FaultError, FaultFilter, Faults, OutageKind } from './endpoint/faults.ts'
export type { FailureCase, Hang, KeyringFixture, KeyringTraits } from './keyring-contract/fixture.ts'
export { type ContractCheck, keyringContract } from './keyring-contract.ts'
export {
  type EmbeddedKinesis,
  type EmbeddedKinesisOptions,
  type KinesisCall,
  type KinesisFaults,
  type NewStream,
  startEmbeddedKinesis,
} from './kinesis/embedded-kinesis.ts'
export type { PutRecordsEntry, RecordFailure } from './kinesis/record-faults.ts'
export { type EmbeddedKms, type EmbeddedKmsOptions, type KmsCall, type NewKey, startEmbeddedKms } from './kms/embedded-kms.ts'
export type { KmsKeySpec } from './kms/key-spec.ts'
export {
  type EmbeddedS3,
  type EmbeddedS3Options,
  type NewBucket,
  type ObjectName,
  type S3Call,
  type S3ClientConfig,
  type S3Faults,
  startEmbeddedS3,
  type Tampering,
} from './s3/embedded-s3.ts'
export type { CutFilter } from './s3/transfer-faults.ts'
export { type TestClock, testClock } from './test-clock.ts'
