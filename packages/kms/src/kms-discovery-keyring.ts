import type { Keyring } from '@strongroom/core'
import { abortable } from '@strongroom/core/keyring-tools'
import { validateOptions } from '@strongroom/core/options'
import { type ConnectionOptions, connectionChecks } from './connection-options.ts'
import { decryptOnly } from './decrypt-only.ts'
import { type DiscoveryFilterOptions, discoveryChecks, discoveryFilter, isRegionList, requireAccounts } from './discovery-filter.ts'
import { connect } from './kms-connection.ts'
import { unwrapInOrder } from './kms-edk.ts'
import { connectedKey } from './kms-key.ts'

/** Options of {@link kmsDiscoveryKeyring}. */
export interface KmsDiscoveryKeyringOptions extends ConnectionOptions, DiscoveryFilterOptions {
  /**
   * The Regions to call; keys in others are left alone. Default: those that there is a client for, which with the SDK's own is every Region that
   * a message names. One that does not exist then looks like one that is out of reach.
   */
  readonly regions?: readonly string[]
}

/**
 * A keyring that opens whatever the caller's credentials may open among the keys of some accounts: the message says which. It does not encrypt.
 *
 * An encrypted data key outside of the filter, or in a Region without a client, is left alone: no call is made for it, and the attempt says why.
 * The others are tried in the order in which the message names them, each in the Region of its key, and KMS is held to the key that the message
 * names. Failures are classed as by `kmsKeyring`: who may write messages may name a key of the accounts that nobody may use, and that is
 * `KEY_OPERATIONAL`. Name the keys, with `kmsKeyring`, wherever they are known.
 *
 * Source: specification, "AWS KMS Discovery Keyring" and "AWS KMS Discovery Multi Keyring".
 *
 * @throws `OPTION_INVALID`; `KEYRING_CANNOT_ENCRYPT`, from encrypting
 * @example
 * ```ts
 * import { createEncryptionClient } from '@strongroom/core'
 * import { kmsDiscoveryKeyring } from '@strongroom/kms'
 *
 * const reader = createEncryptionClient({
 *   keyring: kmsDiscoveryKeyring({ accounts: ['111122223333'], regions: ['eu-west-1', 'eu-central-1'] }),
 * })
 * const { plaintext, openedBy } = await reader.decrypt(ciphertext, { encryptionContext: { purpose: 'orders' } })
 * ```
 */
export function kmsDiscoveryKeyring(options: KmsDiscoveryKeyringOptions): Keyring {
  validateOptions('kmsDiscoveryKeyring', options, { ...connectionChecks, ...discoveryChecks, regions: isRegionList })
  requireAccounts('kmsDiscoveryKeyring', options)
  const refusalOf = discoveryFilter(options, options.regions)
  const connection = connect('kmsDiscoveryKeyring', options, [])

  return decryptOnly('kmsDiscoveryKeyring', (edks, request) =>
    unwrapInOrder(edks, request, async (named) => {
      const refusal = refusalOf(named)
      if (refusal !== undefined) return refusal
      const client = await abortable(connection.clients.find(named), request.signal, () => {})
      return client === undefined ? 'region-not-allowed' : connectedKey(named, connection)
    }),
  )
}
