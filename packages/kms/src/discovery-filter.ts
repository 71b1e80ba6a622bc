import { StrongroomError } from '@strongroom/core'
import type { OptionCheck } from '@strongroom/core/options'
import { isAwsAccount, isAwsPartition, isAwsRegion } from './aws-names.ts'
import type { KeyArn } from './key-arn.ts'

/** Whose keys a discovery keyring uses. */
export interface DiscoveryFilterOptions {
  /**
   * Ids of the accounts whose keys may open messages; or `'any'`, which trusts whoever can make the caller's credentials decrypt with a key: an
   * attacker's key, shared with everybody, opens an attacker's message.
   */
  readonly accounts: readonly string[] | 'any'
  /** The partition of the accounts, `aws-cn`, say. Default `aws` with a list of accounts, and every partition with `'any'`. */
  readonly partition?: string
}

/** Tells why a key may not be used, or nothing where it may. */
export type DiscoveryFilter = (key: KeyArn) => DiscoveryRefusal | undefined

/** What a filter objects to, as the reason of an attempt. */
export type DiscoveryRefusal = 'partition-not-allowed' | 'account-not-allowed' | 'region-not-allowed'

/** Checks of the options in {@link DiscoveryFilterOptions}. */
export const discoveryChecks: { readonly [Name in keyof DiscoveryFilterOptions]-?: OptionCheck } = {
  accounts: (value) =>
    value === 'any' || (Array.isArray(value) && value.length > 0 && value.every(isAwsAccount))
      ? undefined
      : "be a list of account ids of 12 digits, at least one, or 'any' to open messages of everybody's keys",
  partition: (value) => (isAwsPartition(value) ? undefined : 'be a partition of AWS: aws, aws-cn, aws-us-gov'),
}

/** The check of a list of Regions. */
export const isRegionList: OptionCheck = (value) =>
  Array.isArray(value) && value.length > 0 && value.every(isAwsRegion)
    ? undefined
    : "be a list of AWS Regions, at least one, as in ['eu-west-1']"

/**
 * Refuses discovery without a word on accounts.
 *
 * @throws `OPTION_INVALID`
 */
export function requireAccounts(where: string, options: Partial<DiscoveryFilterOptions>): void {
  if (options.accounts !== undefined) return
  throw new StrongroomError(
    'OPTION_INVALID',
    `${where} needs the option accounts: the ids of the accounts whose keys may open messages. Without it a key of anybody's would do; where that is meant, say accounts: 'any'.`,
    { option: 'accounts' },
  )
}

/** The filter of checked options. Where nothing is allowed by name, it still lets through only what can be a key of AWS. */
export function discoveryFilter(options: DiscoveryFilterOptions, regions?: readonly string[]): DiscoveryFilter {
  const accounts = options.accounts === 'any' ? undefined : new Set(options.accounts)
  const partition = options.partition ?? (accounts === undefined ? undefined : 'aws')
  const allowed = regions === undefined ? undefined : new Set(regions)
  return (key) => {
    if (partition === undefined ? !isAwsPartition(key.partition) : key.partition !== partition) return 'partition-not-allowed'
    if (accounts === undefined ? !isAwsAccount(key.account) : !accounts.has(key.account)) return 'account-not-allowed'
    if (allowed === undefined ? !isAwsRegion(key.region) : !allowed.has(key.region)) return 'region-not-allowed'
    return undefined
  }
}
