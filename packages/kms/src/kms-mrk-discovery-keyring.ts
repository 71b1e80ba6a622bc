import type { Keyring } from '@strongroom/core'
import { type OptionCheck, validateOptions } from '@strongroom/core/options'
import { isAwsRegion } from './aws-names.ts'
import { type ConnectionOptions, connectionChecks } from './connection-options.ts'
import { decryptOnly } from './decrypt-only.ts'
import { type DiscoveryFilterOptions, discoveryChecks, discoveryFilter, requireAccounts } from './discovery-filter.ts'
import { connect } from './kms-connection.ts'
import { unwrapInOrder } from './kms-edk.ts'
import { connectedKey } from './kms-key.ts'
import { replicaIn } from './multi-region.ts'

/** Options of {@link kmsMrkDiscoveryKeyring}. */
export interface KmsMrkDiscoveryKeyringOptions extends ConnectionOptions, DiscoveryFilterOptions {
  /** The Region to call, the only one. */
  readonly region: string
}

const isRegion: OptionCheck = (value) => (isAwsRegion(value) ? undefined : "be an AWS Region, as in 'eu-west-1'")

/**
 * A keyring like `kmsDiscoveryKeyring` that calls one Region alone: there it opens what keys of that Region wrapped, and what multi-Region keys
 * wrapped in whatever Region, by their replica. Keys of other Regions are left alone. It does not encrypt.
 *
 * A multi-Region key that has no replica in the Region is `KEY_OPERATIONAL`. For several Regions put one of these for each into a `multiKeyring`,
 * in the order in which they are to be asked.
 *
 * Source: specification, "AWS KMS MRK Discovery Keyring".
 *
 * @throws `OPTION_INVALID`; `KEYRING_CANNOT_ENCRYPT`, from encrypting
 * @example
 * ```ts
 * const keyring = kmsMrkDiscoveryKeyring({ region: 'eu-west-1', accounts: ['111122223333'] })
 * ```
 */
export function kmsMrkDiscoveryKeyring(options: KmsMrkDiscoveryKeyringOptions): Keyring {
  validateOptions('kmsMrkDiscoveryKeyring', options, { ...connectionChecks, ...discoveryChecks, region: isRegion }, ['region'])
  requireAccounts('kmsMrkDiscoveryKeyring', options)
  const { region } = options
  const refusalOf = discoveryFilter(options)
  const connection = connect('kmsMrkDiscoveryKeyring', options, [])

  return decryptOnly('kmsMrkDiscoveryKeyring', (edks, request) =>
    unwrapInOrder(edks, request, async (named) => {
      const refusal = refusalOf(named)
      if (refusal !== undefined) return refusal
      if (named.multiRegion) return connectedKey(replicaIn(region, named), connection)
      return named.region === region ? connectedKey(named, connection) : 'region-not-allowed'
    }),
  )
}
