import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto'
import { StrongroomError } from '../errors.ts'
import { loadRsaPrivateKey, loadRsaPublicKey, type RsaKeyInput } from '../keys/rsa-key.ts'
import { assertImplicitRejection } from '../keys/rsa-pkcs1.ts'
import { isAnything, isText, validateOptions } from '../options.ts'
import { SecretBytes } from '../secret-bytes.ts'
import type { RsaKey, RsaPadding } from '../wrapping-key.ts'
import { openMixedOaep } from './rsa-mixed-oaep.ts'

/** The public half of an RSA key: encrypts. */
export interface RsaPublicHalf {
  /** Encrypts; at least 2,048 bits. */
  readonly publicKey: RsaKeyInput
  /** Makes it an {@link RsaPrivateHalf}. */
  readonly privateKey?: never
  /** A public key has none. */
  readonly passphrase?: never
}

/** The private half of an RSA key, which brings the public one: decrypts and encrypts. */
export interface RsaPrivateHalf {
  /** Decrypts. */
  readonly privateKey: RsaKeyInput
  /** The other half. Needs not be given: it is taken from the private one. */
  readonly publicKey?: RsaKeyInput
  /** Of an encrypted private key. */
  readonly passphrase?: string
}

/** Options of {@link rawRsaKey}. Give one half or both. */
export type RawRsaKeyOptions = (RsaPublicHalf | RsaPrivateHalf) & {
  /** Name of the key, as it stands in messages; not secret. */
  readonly name: string
}

/** The paddings that Node.js serves. `OAEP_SHA256_MGF1_SHA1`, which is opened only, is not among them. */
export type RawRsaPadding = Exclude<RsaPadding, 'OAEP_SHA256_MGF1_SHA1'>

/** Shorter keys are read but not written to. */
const LEAST_BITS_TO_SEAL = 2048

const schemes: ReadonlyMap<RsaPadding, { readonly padding: number; readonly oaepHash?: string }> = new Map([
  ['PKCS1', { padding: constants.RSA_PKCS1_PADDING }],
  ['OAEP_SHA1', { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }],
  ['OAEP_SHA256', { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }],
  ['OAEP_SHA384', { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha384' }],
  ['OAEP_SHA512', { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha512' }],
])

/** The paddings that {@link rawRsaKey} seals and opens with. */
export const rawRsaPaddings: readonly RsaPadding[] = Object.freeze([...schemes.keys()])
const MIXED = 'OAEP_SHA256_MGF1_SHA1'
const openedPaddings: readonly RsaPadding[] = Object.freeze([...rawRsaPaddings, MIXED])

/**
 * An RSA key in this process as a wrapping key.
 *
 * @throws `OPTION_INVALID`, `KEY_INVALID`
 */
export function rawRsaKey(options: RawRsaKeyOptions): RsaKey {
  validateOptions('rawRsaKey', options, { name: isText, publicKey: isAnything, privateKey: isAnything, passphrase: isText }, ['name'])
  const { name } = options
  if (options.privateKey === undefined && options.passphrase !== undefined) {
    throw new StrongroomError('OPTION_INVALID', 'A passphrase goes with a privateKey.', { option: 'passphrase' })
  }
  const privateKey = options.privateKey === undefined ? undefined : loadRsaPrivateKey(options.privateKey, options.passphrase)
  const publicInput = options.publicKey ?? privateKey
  if (publicInput === undefined)
    throw new StrongroomError('OPTION_INVALID', 'An RSA key needs publicKey, privateKey, or both.', { option: 'publicKey' })
  const publicKey = loadRsaPublicKey(publicInput)
  if (privateKey !== undefined && !loadRsaPublicKey(privateKey).equals(publicKey)) {
    throw new StrongroomError(
      'KEY_INVALID',
      `The halves of the RSA key ${name} do not belong together: what one encrypts, the other cannot open.`,
      { option: 'publicKey' },
    )
  }
  return {
    kind: 'rsa',
    name,
    paddings: privateKey === undefined ? rawRsaPaddings : openedPaddings,
    async seal(secret, padding) {
      assertStrength(name, publicKey)
      const chosen = scheme(padding)
      try {
        return Uint8Array.from(secret.use((bytes) => publicEncrypt({ key: publicKey, ...chosen }, bytes)))
      } catch (cause) {
        // OpenSSL loads keys that it cannot use, such as one with an even modulus.
        throw new StrongroomError('KEY_INVALID', `The RSA key ${name} cannot encrypt: its numbers are none of an RSA key.`, {
          option: 'publicKey',
          cause,
        })
      }
    },
    ...(privateKey === undefined
      ? {}
      : {
          async open(sealed: Uint8Array, padding: RsaPadding) {
            if (padding === 'PKCS1') assertImplicitRejection(privateKey)
            // OpenSSL takes shorter bytes for a number; the format has one encoding. The length is public, and tells nothing.
            if (sealed.length !== Math.ceil((privateKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8)) {
              throw new StrongroomError('MESSAGE_INVALID', `The encrypted data key under ${name} is not as long as the modulus.`)
            }
            if (padding === MIXED) return openMixedOaep(name, privateKey, sealed)
            return SecretBytes.take(privateDecrypt({ key: privateKey, ...scheme(padding) }, sealed))
          },
        }),
  }
}

function scheme(padding: RsaPadding): { readonly padding: number; readonly oaepHash?: string } {
  const found = schemes.get(padding)
  if (found) return found
  throw new StrongroomError('OPTION_INVALID', `A raw RSA key does not serve the padding ${padding}. Known: ${rawRsaPaddings.join(', ')}.`, {
    option: 'padding',
  })
}

function assertStrength(name: string, key: KeyObject): void {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (bits >= LEAST_BITS_TO_SEAL) return
  throw new StrongroomError('KEY_INVALID', `The RSA key ${name} has ${bits} bits; encrypting needs at least ${LEAST_BITS_TO_SEAL}.`, {
    option: 'publicKey',
  })
}
