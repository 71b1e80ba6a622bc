import { type AeadKey, aeadKeyring, type CallOptions, type Keyring, type KeySet } from '@strongroom/core'
import { isBoolean, validateOptions } from '@strongroom/core/options'
import { aesKind, hsmAeadKey } from '../keys/hsm-aead-key.ts'
import type { HsmKey } from '../keys/hsm-key.ts'
import { KeyVersions } from '../keys/key-versions.ts'
import { type HsmKeyOptions, keyChecks, settle } from './hsm-key-options.ts'

/** Options of {@link hsmKeyring}. */
export interface HsmKeyringOptions extends HsmKeyOptions {
  /** See `aeadKeyring` of the core. Default true. */
  readonly legacyContextOrder?: boolean
}

/**
 * A keyring of one AES key in an HSM, in its versions. The key never leaves the HSM: data keys are made here, and sealed and opened there with AES-GCM
 * under the encryption context. Messages are those of a raw AES keyring, so that any AWS Encryption SDK that holds the same key reads them.
 *
 * Data keys are wrapped under the highest version, or the one that is pinned, and opened under the one that they name. What a message names is asked
 * of the HSM only where it is `alias/v` and a number. One call of the HSM wraps or opens one data key; put a materials cache in front where messages
 * are many. NIST SP 800-38D allows 2^32 wraps of one key: the observer is warned at half of them, counted in this process.
 *
 * Encrypting rejects with an `HsmError` (`KEY_TRANSIENT`, `KEY_OPERATIONAL`), or `CONTEXT_INVALID` where the encryption context is longer than the
 * HSM takes.
 *
 * Source: specification, "Raw AES Keyring".
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * const keyring = hsmKeyring({ token, namespace: 'example', alias: 'orders' })
 * const client = createEncryptionClient({ keyring })
 * ```
 */
export function hsmKeyring(options: HsmKeyringOptions): Keyring {
  validateOptions('hsmKeyring', options, { ...keyChecks, legacyContextOrder: isBoolean }, ['token', 'namespace', 'alias'])
  const { core, verify, allowExtractable, ...versions } = settle('hsmKeyring', options)
  const { namespace, legacyContextOrder } = options
  const keys = new KeyVersions(core, { ...versions, kind: aesKind(allowExtractable) })
  const made = new WeakMap<HsmKey, AeadKey>()

  function wrappingKey(key: HsmKey): AeadKey {
    let known = made.get(key)
    if (known === undefined) {
      known = hsmAeadKey(key, verify)
      made.set(key, known)
    }
    return known
  }

  const set: KeySet<AeadKey> = {
    versioned: true,
    current: async (call: CallOptions = {}) => wrappingKey(await keys.current(call)),
    named: async (name: string, call: CallOptions = {}) => {
      const key = await keys.named(name, call)
      return key === undefined ? undefined : wrappingKey(key)
    },
  }
  return aeadKeyring({ namespace, keys: set, ...(legacyContextOrder === undefined ? {} : { legacyContextOrder }) })
}
