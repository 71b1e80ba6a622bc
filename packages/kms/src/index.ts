/**
 * Keyrings of AWS KMS keys: named one by one, multi-Region, and found by discovery.
 *
 * Begin with {@link kmsKeyring}.
 *
 * @module @strongroom/kms
 */
export type { AssumeRoleOptions, AssumeRoleRequest } from './assume-role-clients.ts'
export { assumeRoleClients } from './assume-role-clients.ts'
export type { BeaconKey, BranchKey, BranchKeyStore } from './branch-keys/branch-key-store.ts'
export type { BranchKeyErrorCode } from './branch-keys/errors.ts'
export { BranchKeyError } from './branch-keys/errors.ts'
export type { StaticBranchKey } from './branch-keys/static-key-store.ts'
export { staticKeyStore } from './branch-keys/static-key-store.ts'
export type { ClientSupplier, KmsClient, KmsClientConfig } from './client-supplier.ts'
export { cacheClients, excludeRegions, limitRegions, regionClients } from './client-supplier.ts'
export type { ClientOptions } from './clients.ts'
export type { ConnectionOptions } from './connection-options.ts'
export type { DiscoveryFilterOptions } from './discovery-filter.ts'
export type { KmsErrorCode, KmsKeyErrorDetails } from './errors.ts'
export { KmsKeyError } from './errors.ts'
export type { BranchKeyIdSupplier, HierarchicalKeyringOptions } from './hierarchical-keyring.ts'
export { hierarchicalKeyring } from './hierarchical-keyring.ts'
export type { KeyArn } from './key-arn.ts'
export { parseKeyArn } from './key-arn.ts'
export { kmsSchemes } from './keyring-schemes.ts'
export type { KmsDiscoveryKeyringOptions } from './kms-discovery-keyring.ts'
export { kmsDiscoveryKeyring } from './kms-discovery-keyring.ts'
export type { KmsKeyOptions } from './kms-key.ts'
export { kmsKey } from './kms-key.ts'
export { kmsKeyring } from './kms-keyring.ts'
export type { KmsMrkDiscoveryKeyringOptions } from './kms-mrk-discovery-keyring.ts'
export { kmsMrkDiscoveryKeyring } from './kms-mrk-discovery-keyring.ts'
export { kmsMrkKeyring } from './kms-mrk-keyring.ts'
export type { GeneratingKmsKeys, KmsKeyringOptions, ReadingKmsKeys } from './named-keys.ts'
