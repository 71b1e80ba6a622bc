import type { StoreKeyChoice } from '../branch-keys/store-kms-options.ts'
import type { DiscoveryFilterOptions } from '../discovery-filter.ts'
import type { KmsEcdhKeyringOptions } from '../kms-ecdh-keyring.ts'
import type { KmsRsaPadding } from '../kms-rsa-key.ts'
import type { KmsHmacSpec } from '../prf/kms-hmac-prf-key.ts'

/**
 * Pairs of the encryption context that KMS has to be given, each with the values that it may have. What is not named is not limited. KMS compares
 * names without regard to case.
 */
export type PolicyContext = Readonly<Record<string, string | readonly string[]>>

/** `kmsKeyring` or `kmsMrkKeyring`, of the keys that it names. */
export interface NamedKeysPolicy {
  /** Which keyring. */
  readonly kind: 'kmsKeyring' | 'kmsMrkKeyring'
  /** ARN of the key that makes data keys. */
  readonly generatorKeyId?: string
  /** ARNs of the further keys. */
  readonly keyIds?: readonly string[]
  /** Encryption contexts to limit it to. */
  readonly encryptionContext?: PolicyContext
}

/** `kmsDiscoveryKeyring`. */
export interface DiscoveryPolicy extends DiscoveryFilterOptions {
  /** Which keyring. */
  readonly kind: 'kmsDiscoveryKeyring'
  /** The Regions that it calls. Default all. */
  readonly regions?: readonly string[]
  /** Encryption contexts to limit it to. */
  readonly encryptionContext?: PolicyContext
}

/** `kmsMrkDiscoveryKeyring`. */
export interface MrkDiscoveryPolicy extends DiscoveryFilterOptions {
  /** Which keyring. */
  readonly kind: 'kmsMrkDiscoveryKeyring'
  /** The Region that it calls. */
  readonly region: string
  /** Encryption contexts to limit it to. */
  readonly encryptionContext?: PolicyContext
}

/** `kmsRsaKeyring`. */
export interface RsaPolicy {
  /** Which keyring. */
  readonly kind: 'kmsRsaKeyring'
  /** ARN of its key. */
  readonly keyId: string
  /** As the keyring has it. Default `OAEP_SHA256`. */
  readonly padding?: KmsRsaPadding
  /** Whether the keyring is given the public half, so that it need not ask for it. Default false. */
  readonly publicKeyGiven?: boolean
}

/** `kmsEcdhKeyring`. */
export interface EcdhPolicy {
  /** Which keyring. */
  readonly kind: 'kmsEcdhKeyring'
  /** ARN of its key. */
  readonly keyId: string
  /** As the keyring has it. */
  readonly schema: KmsEcdhKeyringOptions['schema']
  /** Whether the keyring is given the public half, so that it need not ask for it. Default false. */
  readonly publicKeyGiven?: boolean
}

/** `kmsHmacPrfKey`. */
export interface HmacPolicy {
  /** Which key. */
  readonly kind: 'kmsHmacPrfKey'
  /** ARN of the key. */
  readonly keyId: string
  /** As the PRF key has it. Default `HMAC_256`. */
  readonly spec?: KmsHmacSpec
}

/** `createKeyStore`, and the hierarchical keyrings over it. */
export interface KeyStorePolicy {
  /** Which it is. */
  readonly kind: 'keyStore'
  /** ARN of the table. */
  readonly tableArn: string
  /** As the key store has it. Default the table's name. */
  readonly logicalName?: string
  /** The key store's choice of KMS keys. */
  readonly kms: StoreKeyChoice
  /** The branch keys to limit it to: a tenant's, say. The listing of all branch keys is then left out. Default all. */
  readonly branchKeyIds?: readonly string[]
  /** Whether readers and writers need beacon keys, for searchable values or pseudonyms. Default false. */
  readonly beaconKeys?: boolean
}

/** What permissions are for. */
export type PolicyConfig = NamedKeysPolicy | DiscoveryPolicy | MrkDiscoveryPolicy | RsaPolicy | EcdhPolicy | HmacPolicy | KeyStorePolicy

/**
 * Who they are for: who encrypts; who decrypts; who makes and rotates branch keys; who shreds branch keys, or schedules the deletion of KMS keys;
 * who makes the key store's table.
 */
export type PolicyRole = 'writer' | 'reader' | 'rotator' | 'shredder' | 'administrator'
