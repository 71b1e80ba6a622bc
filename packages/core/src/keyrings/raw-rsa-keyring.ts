import type { Keyring } from '../keyring.ts'
import { isAnything, isOneOf, isText, validateOptions } from '../options.ts'
import { isNamespace } from './namespace.ts'
import { type RawRsaKeyOptions, type RawRsaPadding, rawRsaKey, rawRsaPaddings } from './raw-rsa-key.ts'
import { rsaKeyring } from './rsa-keyring.ts'
import { singleKey } from './single-key.ts'

/** Options of {@link rawRsaKeyring}. */
export type RawRsaKeyringOptions = RawRsaKeyOptions & {
  /** Provider id of the encrypted data keys; every party that shares the key uses the same. Must not start with `aws-kms`. */
  readonly namespace: string
  /** `OAEP_SHA256` is a good choice. `PKCS1` is for what others wrote, and decrypts only where the runtime rejects implicitly. */
  readonly padding: RawRsaPadding
}

/**
 * A keyring of one RSA key, or half of one, that this process holds. RSA operations are synchronous in Node.js; decrypting under 4096 bits
 * takes the event loop for some milliseconds.
 *
 * Source: specification, "Raw RSA Keyring".
 *
 * @throws `OPTION_INVALID`, `KEY_INVALID`; decrypting PKCS#1 v1.5 may report `RUNTIME_UNSUPPORTED`
 * @example
 * ```ts
 * const writer = rawRsaKeyring({ namespace: 'example', name: 'archive', padding: 'OAEP_SHA256', publicKey: pem })
 * ```
 */
export function rawRsaKeyring(options: RawRsaKeyringOptions): Keyring {
  validateOptions(
    'rawRsaKeyring',
    options,
    {
      namespace: isNamespace,
      name: isText,
      padding: isOneOf(rawRsaPaddings),
      publicKey: isAnything,
      privateKey: isAnything,
      passphrase: isText,
    },
    ['namespace', 'name', 'padding'],
  )
  const { namespace, padding, ...key } = options
  return rsaKeyring({ namespace, padding, keys: singleKey(rawRsaKey(key)) })
}
