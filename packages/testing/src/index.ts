/**
 * Embedded AWS KMS and Kinesis, and the contract of keyrings, for tests without Docker and without an AWS account.
 *
 * @module @strongroom/testing
 */
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
export { type TestClock, testClock } from './test-clock.ts'
