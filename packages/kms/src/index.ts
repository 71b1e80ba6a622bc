/**
 * Keyrings of AWS KMS keys: named one by one, multi-Region, and found by discovery.
 *
 * Begin with {@link kmsKeyring}.
 *
 * @module @strongroom/kms
 */
export type { AssumeRoleOptions, AssumeRoleRequest } from './assume-role-clients.ts'
export { assumeRoleClients } from './assume-role-clients.ts'
export type {
  BranchKeyCache,
  BranchKeyCacheOptions,
  BranchKeyCaching,
  BranchKeyCachingLimits,
  OwnBranchKeyCache,
  SharedBranchKeyCache,
} from './branch-key-cache.ts'
export { createBranchKeyCache } from './branch-key-cache.ts'
export type { BeaconKey, BranchKey, BranchKeyStore } from './branch-keys/branch-key-store.ts'
export type { BranchKeyErrorCode, BranchKeyErrorDetails } from './branch-keys/errors.ts'
export { BranchKeyError } from './branch-keys/errors.ts'
export type { KeyDeletionReceipt, ScheduleKeyDeletionOptions } from './branch-keys/schedule-key-deletion.ts'
export { scheduleKeyDeletion } from './branch-keys/schedule-key-deletion.ts'
export type { StaticBranchKey } from './branch-keys/static-key-store.ts'
export { staticKeyStore } from './branch-keys/static-key-store.ts'
export type {
  DiscoveryStoreKeys,
  MultiRegionDiscoveryStoreKeys,
  MultiRegionStoreKey,
  OneStoreKey,
  StoreDiscovery,
  StoreKeyChoice,
  StoreMultiRegionDiscovery,
} from './branch-keys/store-kms-options.ts'
export type { ClientSupplier, KmsClient, KmsClientConfig } from './client-supplier.ts'
export { cacheClients, excludeRegions, limitRegions, regionClients } from './client-supplier.ts'
export type { ClientOptions } from './clients.ts'
export type { ConnectionOptions } from './connection-options.ts'
export type { DiscoveryFilterOptions } from './discovery-filter.ts'
export type { KmsErrorCode, KmsKeyErrorDetails } from './errors.ts'
export { KmsKeyError } from './errors.ts'
export { cachedKeyStore } from './hierarchical-cached-store.ts'
export type { BranchKeyIdSupplier, HierarchicalKeyringOptions } from './hierarchical-keyring.ts'
export { hierarchicalKeyring } from './hierarchical-keyring.ts'
export type { KeyArn } from './key-arn.ts'
export { parseKeyArn } from './key-arn.ts'
export { kmsSchemes } from './keyring-schemes.ts'
export type { KmsDiscoveryKeyringOptions } from './kms-discovery-keyring.ts'
export { kmsDiscoveryKeyring } from './kms-discovery-keyring.ts'
export type { DiscoveryKmsEcdhOptions, KmsEcdhBaseOptions, KmsEcdhKeyringOptions, StaticKmsEcdhOptions } from './kms-ecdh-keyring.ts'
export { kmsEcdhKeyring } from './kms-ecdh-keyring.ts'
export type { KmsKeyOptions } from './kms-key.ts'
export { kmsKey } from './kms-key.ts'
export { kmsKeyring } from './kms-keyring.ts'
export type { KmsMrkDiscoveryKeyringOptions } from './kms-mrk-discovery-keyring.ts'
export { kmsMrkDiscoveryKeyring } from './kms-mrk-discovery-keyring.ts'
export { kmsMrkKeyring } from './kms-mrk-keyring.ts'
export type { KmsRsaPadding } from './kms-rsa-key.ts'
export type { KmsRsaKeyringOptions } from './kms-rsa-keyring.ts'
export { kmsRsaKeyring } from './kms-rsa-keyring.ts'
export type { GeneratingKmsKeys, KmsKeyringOptions, ReadingKmsKeys } from './named-keys.ts'
export type {
  DiscoveryPolicy,
  EcdhPolicy,
  HmacPolicy,
  KeyStorePolicy,
  MrkDiscoveryPolicy,
  NamedKeysPolicy,
  PolicyConfig,
  PolicyContext,
  PolicyRole,
  RsaPolicy,
} from './policy/policy-config.ts'
export type { PolicyCondition, PolicyDocument, PolicyStatement } from './policy/policy-document.ts'
export { requiredPolicy } from './policy/required-policy.ts'
export type { BeaconPrfKeyOptions } from './prf/beacon-prf-key.ts'
export { beaconPrfKey } from './prf/beacon-prf-key.ts'
export type { KmsHmacPrfKeyOptions, KmsHmacSpec, PrfCaching } from './prf/kms-hmac-prf-key.ts'
export { kmsHmacPrfKey } from './prf/kms-hmac-prf-key.ts'
export type { TenantErrorCode } from './tenants/errors.ts'
export { TenantError } from './tenants/errors.ts'
export type { CreatingKeyStore, TenantBranchKeys, TenantBranchKeysOptions, TenantKeyStoreSupplier } from './tenants/tenant-branch-keys.ts'
export { tenantBranchKeys } from './tenants/tenant-branch-keys.ts'
