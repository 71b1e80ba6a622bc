/**
 * Branch keys in DynamoDB: a key store that the official clients share, rotation, and crypto-shredding.
 *
 * Begin with {@link createKeyStore}.
 *
 * @module @strongroom/kms/branch-keys
 */
export type {
  BackupFacts,
  KnownCopies,
  RecoveryOff,
  RecoveryOn,
  StreamFacts,
  UnknownFact,
} from './branch-keys/backup-facts.ts'
export type { BeaconKey, BranchKey, BranchKeyStore } from './branch-keys/branch-key-store.ts'
export type { CreateTableOptions, KeyStoreTable } from './branch-keys/create-table.ts'
export type { BranchKeyErrorCode, BranchKeyErrorDetails, KeyStoreErrorCode, KeyStoreErrorDetails } from './branch-keys/errors.ts'
export { BranchKeyError, KeyStoreError } from './branch-keys/errors.ts'
export type { KeyStore, KeyStoreOptions } from './branch-keys/key-store.ts'
export { createKeyStore } from './branch-keys/key-store.ts'
export type { DynamoDBSender, Sleep } from './branch-keys/key-table.ts'
export type {
  BranchKeyFacts,
  BranchKeyVersionFacts,
  InvalidBranchKey,
  ListKeysOptions,
  ListKeysPageOptions,
  ListOptions,
  ListPageOptions,
  Page,
  ShreddedBranchKey,
  UsableBranchKey,
} from './branch-keys/list-keys.ts'
export type { CallerIdentity, ShredKeyOptions } from './branch-keys/shred-key.ts'
export type { Destroyed, DestroyedVersion, HoldingTimes, ShredReceipt } from './branch-keys/shred-receipt.ts'
export type {
  DiscoveryStoreKeys,
  MultiRegionDiscoveryStoreKeys,
  MultiRegionStoreKey,
  OneStoreKey,
  StoreDiscovery,
  StoreKeyChoice,
  StoreKmsOptions,
  StoreMultiRegionDiscovery,
} from './branch-keys/store-kms-options.ts'
export type { CreatedBranchKey, CreateKeyOptions, RotatedBranchKey, VersionKeyOptions } from './branch-keys/write-keys.ts'
