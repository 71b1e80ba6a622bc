/**
 * Checks of what KMS, Kinesis, DynamoDB and S3 do, for whatever stands in for them.
 *
 * @module @strongroom/testing/conformance
 */
export type { ConformanceCheck } from './conformance/check.ts'
export { dynamoDBConformance } from './conformance/dynamodb.ts'
export { kinesisConformance } from './conformance/kinesis.ts'
export { kmsConformance } from './conformance/kms.ts'
export { s3Conformance } from './conformance/s3.ts'
