export type { ConformanceCheck } from './conformance/check.ts'
export { kinesisConformance } from './conformance/kinesis.ts'
export { kmsConformance } from './conformance/kms.ts'
