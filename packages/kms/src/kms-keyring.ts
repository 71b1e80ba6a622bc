import type { Keyring } from '@strongroom/core'
import { type KmsKeyringOptions, namedKeysKeyring } from './named-keys.ts'

/**
 * A keyring of AWS KMS keys that are named one by one: it writes for all of them and opens what any of them wrapped, nothing else. A multi-Region
 * key is a key of its Region alone here; `kmsMrkKeyring` opens with its replicas too.
 *
 * Keys are symmetric encryption keys, each named by its ARN. A client is made for each Region when it is first needed, with the SDK's
 * default credentials, three attempts a call and 10 seconds an attempt; give `client` or `clientFor` to choose otherwise. One data key costs
 * one GenerateDataKey and an Encrypt for each further key; opening one costs one Decrypt, in the order in which the message names the keys. Put
 * a materials cache in front where messages are many.
 *
 * Encrypting rejects with a `KmsKeyError` (`KEY_TRANSIENT`, `KEY_OPERATIONAL`, `ENDPOINT_INSECURE`), which names the key, the Region and KMS's
 * code. Decrypting tries each key that the message names; only when none opens are the failures reported, together. Messages are those of every
 * AWS Encryption SDK.
 *
 * Source: specification, "AWS KMS Keyring".
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * import { createEncryptionClient } from '@strongroom/core'
 * import { kmsKeyring } from '@strongroom/kms'
 *
 * const client = createEncryptionClient({
 *   keyring: kmsKeyring({
 *     generatorKeyId: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
 *     keyIds: ['arn:aws:kms:eu-central-1:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321'],
 *   }),
 * })
 * const { ciphertext } = await client.encrypt(new TextEncoder().encode('two pairs of boots'), { encryptionContext: { purpose: 'orders' } })
 * ```
 */
export function kmsKeyring(options: KmsKeyringOptions): Keyring {
  return namedKeysKeyring('kmsKeyring', options, ({ arn }) => arn)
}
