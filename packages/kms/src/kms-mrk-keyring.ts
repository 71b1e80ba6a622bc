import type { Keyring } from '@strongroom/core'
import { relatedIdentity } from './multi-region.ts'
import { type KmsKeyringOptions, namedKeysKeyring } from './named-keys.ts'

/**
 * A keyring of named AWS KMS keys, like `kmsKeyring`, in which a multi-Region key stands for its replicas as well: what one of them wrapped in
 * another Region is opened by the one that is named, in its own Region. What it writes carries the ARN that is named.
 *
 * Name each multi-Region key once, by the ARN of the Region to call. Keys that are not multi-Region are taken as `kmsKeyring` takes them.
 *
 * Source: specification, "AWS KMS MRK Keyring" and "AWS KMS MRK Multi Keyrings".
 *
 * @throws `OPTION_INVALID`, also where two ARNs name the same multi-Region key
 * @example
 * ```ts
 * // Opens in Ireland what the primary in Frankfurt wrapped, with no call out of Ireland.
 * const keyring = kmsMrkKeyring({ generatorKeyId: 'arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab' })
 * ```
 */
export function kmsMrkKeyring(options: KmsKeyringOptions): Keyring {
  return namedKeysKeyring('kmsMrkKeyring', options, relatedIdentity)
}
