import { createCipheriv, createDecipheriv } from 'node:crypto'
import { StrongroomError } from '../errors.ts'
import type { Keyring } from '../keyring.ts'
import { type AesKeyInput, loadAesKey } from '../keys/aes-key.ts'
import { isAnything, isBoolean, isFunction, isText, validateOptions } from '../options.ts'
import { draw, type RandomSource, systemRandom } from '../random.ts'
import { SecretBytes } from '../secret-bytes.ts'
import type { AeadKey } from '../wrapping-key.ts'
import { aeadKeyring } from './aead-keyring.ts'
import { openLegacyWrap } from './aes-legacy-wrap.ts'
import { isNamespace } from './namespace.ts'
import { singleKey } from './single-key.ts'

const TAG_LENGTH = 16
const IV_LENGTH = 12

/** Options of {@link rawAesKey}. */
export interface RawAesKeyOptions {
  /** Name of the key, as it stands in messages; not secret. */
  readonly name: string
  /** 16, 24 or 32 bytes, or a secret `KeyObject` or `oct` JWK of them. */
  readonly key: AesKeyInput
  /** Source of IVs, for tests. */
  readonly random?: RandomSource
}

/** Options of {@link rawAesKeyring}. */
export interface RawAesKeyringOptions extends RawAesKeyOptions {
  /** Provider id of the encrypted data keys; every party that shares the key uses the same. Must not start with `aws-kms`. */
  readonly namespace: string
  /** See `aeadKeyring`. Default true. */
  readonly legacyContextOrder?: boolean
}

/** An AES key in this process as a wrapping key: AES-GCM with a random IV. */
export function rawAesKey(options: RawAesKeyOptions): AeadKey {
  validateOptions('rawAesKey', options, { name: isText, key: isAnything, random: isFunction }, ['name', 'key'])
  const { name, random = systemRandom } = options
  const key = loadAesKey(options.key)
  const cipherName = `aes-${(key.symmetricKeySize as number) * 8}-gcm` as 'aes-256-gcm'
  return {
    kind: 'aead',
    name,
    async seal(secret, aad) {
      const iv = draw(random, IV_LENGTH)
      const cipher = createCipheriv(cipherName, key, iv, { authTagLength: TAG_LENGTH })
      cipher.setAAD(aad)
      const sealed = new Uint8Array(secret.length + TAG_LENGTH)
      sealed.set(secret.use((bytes) => cipher.update(bytes)))
      cipher.final()
      sealed.set(cipher.getAuthTag(), secret.length)
      return { iv, sealed }
    },
    async open(iv, sealed, aad) {
      const end = sealed.length - TAG_LENGTH
      if (end < 1) throw new StrongroomError('MESSAGE_INVALID', `The encrypted data key under ${name} is too short.`)
      const decipher = createDecipheriv(cipherName, key, iv, { authTagLength: TAG_LENGTH })
      decipher.setAAD(aad)
      decipher.setAuthTag(sealed.subarray(end))
      const opened = decipher.update(sealed.subarray(0, end))
      try {
        decipher.final()
      } catch {
        opened.fill(0)
        throw new StrongroomError('MESSAGE_INVALID', `The encrypted data key does not open under ${name} and this encryption context.`)
      }
      return SecretBytes.take(opened)
    },
    async openLegacy(wrap, sealed) {
      return openLegacyWrap(name, key, wrap, sealed)
    },
  }
}

/**
 * A keyring of one AES key that this process holds.
 *
 * Source: specification, "Raw AES Keyring".
 *
 * @throws `OPTION_INVALID`, `KEY_INVALID`
 * @example
 * ```ts
 * const keyring = rawAesKeyring({ namespace: 'example', name: 'kek-2026', key: generateAesKey() })
 * ```
 */
export function rawAesKeyring(options: RawAesKeyringOptions): Keyring {
  validateOptions(
    'rawAesKeyring',
    options,
    { namespace: isNamespace, name: isText, key: isAnything, random: isFunction, legacyContextOrder: isBoolean },
    ['namespace', 'name', 'key'],
  )
  const { namespace, legacyContextOrder, ...key } = options
  return aeadKeyring({ namespace, keys: singleKey(rawAesKey(key)), ...(legacyContextOrder === undefined ? {} : { legacyContextOrder }) })
}
