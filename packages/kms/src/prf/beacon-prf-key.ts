import type { CallOptions, PrfKey, SecretBytes } from '@strongroom/core'
import { hasMethods, isAnything, isText, validateOptions } from '@strongroom/core/options'
import { type BranchKeyCaching, validateCaching } from '../branch-key-cache.ts'
import type { BranchKeyStore } from '../branch-keys/branch-key-store.ts'
import { cachedKeyStore } from '../hierarchical-cached-store.ts'
import { checkedLabel, expand } from './prf-expansion.ts'

/** Options of {@link beaconPrfKey}. */
export interface BeaconPrfKeyOptions {
  /** Where the beacon key is. */
  readonly keyStore: BranchKeyStore
  /** The branch key whose beacon key it is. */
  readonly branchKeyId: string
  /** How long the beacon key is used before the key store is asked again. Without it, it is asked each time. */
  readonly cache?: BranchKeyCaching
}

/**
 * The beacon key of a branch key as a source of secrets: HKDF-SHA512 of it without salt, with the label as info. It never rotates, so that what is
 * derived from it stays the same; what was derived before it was shredded is not wiped by that.
 *
 * With the labels of the AWS Database Encryption SDK (`AWS_DBE_SCAN_BEACON` and the name of a beacon, 64 bytes) it makes the keys that that
 * makes of its beacons. Labels of other uses must not begin like that.
 *
 * Rejects with what the key store throws (`BRANCH_KEY_NOT_FOUND`, `KEY_TRANSIENT`, `KEY_OPERATIONAL`, `KEY_SHREDDED`), or `INPUT_INVALID`.
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * const key = beaconPrfKey({ keyStore, branchKeyId: 'orders', cache: { ttlMs: 300_000 } })
 * using pseudonyms = await key.prf(new TextEncoder().encode('orders/pseudonym/1'), 32)
 * ```
 */
export function beaconPrfKey(options: BeaconPrfKeyOptions): PrfKey {
  validateOptions(
    'beaconPrfKey',
    options,
    { keyStore: hasMethods('getActive', 'getVersion', 'getBeaconKey'), branchKeyId: isText, cache: isAnything },
    ['keyStore', 'branchKeyId'],
  )
  const { branchKeyId, cache } = options
  if (cache !== undefined) validateCaching('beaconPrfKey', cache)
  const keyStore = cache === undefined ? options.keyStore : cachedKeyStore(options.keyStore, cache)

  return {
    async prf(label: Uint8Array, length: number, call: CallOptions = {}): Promise<SecretBytes> {
      call.signal?.throwIfAborted()
      const info = checkedLabel(label, length)
      const { secret } = await keyStore.getBeaconKey(branchKeyId, call)
      using beaconKey = secret
      call.signal?.throwIfAborted()
      return expand(beaconKey, info, length)
    },
  }
}
