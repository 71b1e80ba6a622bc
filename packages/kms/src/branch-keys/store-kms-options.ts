import { StrongroomError } from '@strongroom/core'
import { isAnything, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { isAwsRegion } from '../aws-names.ts'
import { type ConnectionOptions, connectionChecks } from '../connection-options.ts'
import { type DiscoveryFilterOptions, discoveryChecks, isRegionList, requireAccounts } from '../discovery-filter.ts'
import type { KeyArn } from '../key-arn.ts'
import { configuredKeyArn } from '../key-id-option.ts'

/** A key store of one KMS key. */
export interface OneStoreKey {
  /** ARN of a symmetric encryption key: what branch keys are made under, and the only one that they are opened with. */
  readonly keyId: string
  /** Not together with `keyId`. */
  readonly multiRegionKeyId?: never
  /** Not together with `keyId`. */
  readonly discovery?: never
  /** Not together with `keyId`. */
  readonly multiRegionDiscovery?: never
}

/** A key store of one multi-Region KMS key. */
export interface MultiRegionStoreKey {
  /** ARN of a multi-Region key, in the Region to call. Branch keys that were made under its replicas are opened with it, too. */
  readonly multiRegionKeyId: string
  /** Not together with `multiRegionKeyId`. */
  readonly keyId?: never
  /** Not together with `multiRegionKeyId`. */
  readonly discovery?: never
  /** Not together with `multiRegionKeyId`. */
  readonly multiRegionDiscovery?: never
}

/** Accounts and Regions of KMS keys. */
export interface StoreDiscovery extends DiscoveryFilterOptions {
  /** The Regions to call. Default: those that there is a client for. */
  readonly regions?: readonly string[]
}

/** A key store that opens with the KMS key that an item names, and only reads. */
export interface DiscoveryStoreKeys {
  /** Which keys may be used. */
  readonly discovery: StoreDiscovery
  /** Not together with `discovery`. */
  readonly keyId?: never
  /** Not together with `discovery`. */
  readonly multiRegionKeyId?: never
  /** Not together with `discovery`. */
  readonly multiRegionDiscovery?: never
}

/** Accounts of KMS keys, and the one Region to call. */
export interface StoreMultiRegionDiscovery extends DiscoveryFilterOptions {
  /** The Region to call: its own keys, and its replicas of the multi-Region keys that items name. */
  readonly region: string
}

/** A key store that opens with the KMS key that an item names, or its replica in one Region, and only reads. */
export interface MultiRegionDiscoveryStoreKeys {
  /** Which keys may be used. */
  readonly multiRegionDiscovery: StoreMultiRegionDiscovery
  /** Not together with `multiRegionDiscovery`. */
  readonly keyId?: never
  /** Not together with `multiRegionDiscovery`. */
  readonly multiRegionKeyId?: never
  /** Not together with `multiRegionDiscovery`. */
  readonly discovery?: never
}

/** The KMS keys of a key store: exactly one of `keyId`, `multiRegionKeyId`, `discovery`, `multiRegionDiscovery`. */
export type StoreKeyChoice = OneStoreKey | MultiRegionStoreKey | DiscoveryStoreKeys | MultiRegionDiscoveryStoreKeys

/** The KMS keys of a key store, and how KMS is called. */
export type StoreKmsOptions = ConnectionOptions & StoreKeyChoice

/** The checked choice. */
export type StoreKeys =
  | { readonly kind: 'one' | 'multi-Region'; readonly key: KeyArn }
  | { readonly kind: 'discovery'; readonly filter: StoreDiscovery }
  | { readonly kind: 'multi-Region discovery'; readonly filter: StoreMultiRegionDiscovery }

const CHOICES = ['keyId', 'multiRegionKeyId', 'discovery', 'multiRegionDiscovery'] as const

const isRegion: OptionCheck = (value) => (isAwsRegion(value) ? undefined : "be an AWS Region, as in 'eu-west-1'")

/**
 * Checks the KMS options of a key store.
 *
 * @throws `OPTION_INVALID`
 */
export function checkedStoreKeys(where: string, options: StoreKmsOptions): StoreKeys {
  const checks = {
    ...connectionChecks,
    keyId: isAnything,
    multiRegionKeyId: isAnything,
    discovery: isAnything,
    multiRegionDiscovery: isAnything,
  }
  validateOptions<StoreKmsOptions>(where, options, checks, [], 'kms.')
  return checkedKeyChoice(where, options)
}

/**
 * Checks the choice of keys alone.
 *
 * @throws `OPTION_INVALID`
 */
export function checkedKeyChoice(where: string, options: StoreKeyChoice): StoreKeys {
  const [choice, ...more] = CHOICES.filter((name) => options[name] !== undefined)
  if (choice === undefined || more.length > 0)
    throw new StrongroomError('OPTION_INVALID', `${where} needs exactly one of ${CHOICES.map((name) => `kms.${name}`).join(', ')}.`, {
      option: `kms.${more[0] ?? 'keyId'}`,
    })
  if (options.discovery !== undefined) {
    validateOptions(where, options.discovery, { ...discoveryChecks, regions: isRegionList }, [], 'kms.discovery.')
    requireAccounts(where, options.discovery)
    return { kind: 'discovery', filter: { ...options.discovery } }
  }
  if (options.multiRegionDiscovery !== undefined) {
    const filter = options.multiRegionDiscovery
    validateOptions(where, filter, { ...discoveryChecks, region: isRegion }, ['region'], 'kms.multiRegionDiscovery.')
    requireAccounts(where, filter)
    return { kind: 'multi-Region discovery', filter: { ...filter } }
  }
  const key = configuredKeyArn(where, `kms.${choice}`, options[choice])
  return { kind: choice === 'keyId' ? 'one' : 'multi-Region', key }
}
