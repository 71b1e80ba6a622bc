import type { KMSClient } from '@aws-sdk/client-kms'
import type { ConformanceCheck } from './check.ts'
import { kmsAgreementChecks } from './kms-agreement.ts'
import { kmsAliasChecks } from './kms-aliases.ts'
import { kmsCiphertextChecks } from './kms-ciphertext.ts'
import { kmsContextChecks } from './kms-context.ts'
import { kmsDataKeyChecks } from './kms-data-keys.ts'
import { kmsGrantChecks } from './kms-grants.ts'
import { kmsKeyStateChecks } from './kms-key-states.ts'
import { kmsMacChecks } from './kms-mac.ts'
import { kmsMultiRegionChecks } from './kms-multi-region.ts'
import { kmsReEncryptChecks } from './kms-re-encrypt.ts'
import { kmsRotationChecks } from './kms-rotation.ts'
import { kmsRsaChecks } from './kms-rsa.ts'

/**
 * What AWS KMS documents about encryption keys, key agreement and HMAC keys, as far as envelope encryption leans on it.
 *
 * @example
 * ```ts
 * for (const { name, run } of kmsConformance) it(name, () => run(new KMSClient(kms.clientConfig)))
 * ```
 */
export const kmsConformance: readonly ConformanceCheck<KMSClient>[] = [
  ...kmsDataKeyChecks,
  ...kmsCiphertextChecks,
  ...kmsContextChecks,
  ...kmsKeyStateChecks,
  ...kmsAliasChecks,
  ...kmsRotationChecks,
  ...kmsReEncryptChecks,
  ...kmsGrantChecks,
  ...kmsMultiRegionChecks,
  ...kmsRsaChecks,
  ...kmsAgreementChecks,
  ...kmsMacChecks,
]
