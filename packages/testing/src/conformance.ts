/**
 * Checks of what KMS and Kinesis do, for whatever stands in for them.
 *
 * @module @strongroom/testing/conformance
 */
export type { ConformanceCheck } from './conformance/check.ts'
export { kinesisConformance } from './conformance/kinesis.ts'
export { kmsConformance } from './conformance/kms.ts'
