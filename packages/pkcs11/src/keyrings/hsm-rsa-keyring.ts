import { type CallOptions, type Keyring, type KeySet, type RsaKey, rsaKeyring } from '@strongroom/core'
import { abortable } from '@strongroom/core/keyring-tools'
import { isBoolean, isOneOf, validateOptions } from '@strongroom/core/options'
import { HsmKey } from '../keys/hsm-key.ts'
import { type HsmRsaPadding, hsmRsaKey, hsmRsaPaddings, rsaKind } from '../keys/hsm-rsa-key.ts'
import { KeyVersions } from '../keys/key-versions.ts'
import { type HsmKeyOptions, keyChecks, settle } from './hsm-key-options.ts'

/** Options of {@link hsmRsaKeyring}. */
export interface HsmRsaKeyringOptions extends HsmKeyOptions {
  /** How the data key is padded. It does not stand in messages: readers and writers agree on it. SoftHSM2 has `OAEP_SHA1` alone. */
  readonly padding: HsmRsaPadding
  /** The user of the token sees the public half alone: the keyring writes, and reads nothing. Default false. */
  readonly publicOnly?: boolean
}

/**
 * A keyring of one RSA key pair in an HSM, in its versions: data keys are encrypted here with the public half, and decrypted in the HSM. Both halves
 * have the label `alias/v0001`. RSA does not bind the encryption context to the data key; the message does. Messages are those of a raw RSA keyring.
 *
 * Source: specification, "Raw RSA Keyring".
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * const keyring = hsmRsaKeyring({ token, namespace: 'example', alias: 'archive', padding: 'OAEP_SHA256' })
 * ```
 */
export function hsmRsaKeyring(options: HsmRsaKeyringOptions): Keyring {
  validateOptions('hsmRsaKeyring', options, { ...keyChecks, padding: isOneOf(hsmRsaPaddings), publicOnly: isBoolean }, [
    'token',
    'namespace',
    'alias',
    'padding',
  ])
  const { core, verify, allowExtractable, ...versions } = settle('hsmRsaKeyring', options)
  const { namespace, padding } = options
  const half = options.publicOnly === true ? 'public' : 'private'
  const keys = new KeyVersions(core, { ...versions, kind: rsaKind(half, allowExtractable) })
  const made = new WeakMap<HsmKey, { readonly generation: number; readonly key: Promise<RsaKey> }>()

  /** Its public numbers are read anew after each login: another key may have taken its name. */
  function wrappingKey(key: HsmKey, call: CallOptions): Promise<RsaKey> {
    const known = made.get(key)
    if (known !== undefined && known.generation === core.generation) return abortable(known.key, call.signal)
    const sibling = new HsmKey(core, key.name, rsaKind('public', true), undefined)
    const fresh = hsmRsaKey(key, half, sibling, verify)
    made.set(key, { generation: core.generation, key: fresh })
    fresh.catch(() => made.delete(key))
    return abortable(fresh, call.signal)
  }

  const set: KeySet<RsaKey> = {
    versioned: true,
    current: async (call: CallOptions = {}) => wrappingKey(await keys.current(call), call),
    named: async (name: string, call: CallOptions = {}) => {
      const key = await keys.named(name, call)
      return key === undefined ? undefined : wrappingKey(key, call)
    },
  }
  return rsaKeyring({ namespace, keys: set, padding })
}
