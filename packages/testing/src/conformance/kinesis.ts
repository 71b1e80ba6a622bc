import type { KinesisClient } from '@aws-sdk/client-kinesis'
import type { ConformanceCheck } from './check.ts'
import { kinesisLimitChecks } from './kinesis-limits.ts'
import { kinesisReadChecks } from './kinesis-reads.ts'
import { kinesisReshardChecks } from './kinesis-reshard.ts'
import { kinesisStreamChecks } from './kinesis-streams.ts'
import { kinesisWriteChecks } from './kinesis-writes.ts'

/**
 * What Amazon Kinesis Data Streams documents, as far as producers and polling consumers lean on it.
 *
 * @example
 * ```ts
 * for (const { name, run } of kinesisConformance) it(name, () => run(new KinesisClient(kinesis.clientConfig)))
 * ```
 */
export const kinesisConformance: readonly ConformanceCheck<KinesisClient>[] = [
  ...kinesisStreamChecks,
  ...kinesisWriteChecks,
  ...kinesisReadChecks,
  ...kinesisLimitChecks,
  ...kinesisReshardChecks,
]
