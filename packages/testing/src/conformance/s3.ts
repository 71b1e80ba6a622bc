import type { S3Client } from '@aws-sdk/client-s3'
import type { ConformanceCheck } from './check.ts'
import { s3ChecksumChecks } from './s3-checksums.ts'
import { s3ConditionChecks } from './s3-conditions.ts'
import { s3CopyChecks } from './s3-copies.ts'
import { s3ListingChecks } from './s3-listings.ts'
import { s3MetadataChecks } from './s3-metadata.ts'
import { s3MultipartChecks } from './s3-multipart.ts'
import { s3ObjectChecks } from './s3-objects.ts'
import { s3RangeChecks } from './s3-ranges.ts'
import { s3VersionChecks } from './s3-versions.ts'

/**
 * What Amazon S3 documents, as far as an encrypting client leans on it. The client has to be one for path-style addresses where buckets have
 * no host names.
 *
 * @example
 * ```ts
 * for (const { name, run } of s3Conformance) it(name, () => run(new S3Client(s3.clientConfig)))
 * ```
 */
export const s3Conformance: readonly ConformanceCheck<S3Client>[] = [
  ...s3ObjectChecks,
  ...s3RangeChecks,
  ...s3ChecksumChecks,
  ...s3MetadataChecks,
  ...s3ConditionChecks,
  ...s3MultipartChecks,
  ...s3VersionChecks,
  ...s3CopyChecks,
  ...s3ListingChecks,
]
