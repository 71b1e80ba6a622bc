import { createPublicKey, type KeyObject, randomBytes } from 'node:crypto'
import { StrongroomError } from '@strongroom/core'
import { isAnything, isText, validateOptions } from '@strongroom/core/options'
import { CKO } from '../constants.ts'
import { isAlias, isVersion, keyLabel } from '../keys/key-name.ts'
import type { HsmToken } from '../token/hsm-token.ts'
import { type AdminCallOptions, adminCore, signalCheck } from './admin-options.ts'
import { adminError, taken, theOne } from './key-lookup.ts'
import { findObjects } from './objects.ts'
import type { PublicNumbers } from './templates.ts'
import { publicNumbers, storePublicKey } from './transfer.ts'

/** Options of {@link storeHsmWrappingKey}. */
export interface StoreHsmWrappingKeyOptions extends AdminCallOptions {
  /** Label that it gets, such as `backup-hsm/v0001`. */
  readonly name: string
  /** An RSA public key of 2048 bits or more: a `KeyObject`, PEM, or SubjectPublicKeyInfo in DER. */
  readonly publicKey: KeyObject | string | Uint8Array
}

/** Options of {@link hsmPublicKey}. */
export interface HsmPublicKeyOptions extends AdminCallOptions {
  /** Alias of the pair. */
  readonly alias: string
  /** Its version. */
  readonly version: number
}

/**
 * Stores a public key to wrap others for. It wraps nothing until the security officer marks it trusted: in CloudHSM with `key set-attribute` of the
 * CloudHSM CLI, elsewhere with the vendor's tool.
 *
 * @throws `OPTION_INVALID`, `KEY_INVALID` (no RSA public key, or one below 2048 bits), or an `HsmError` with the reason `KEY_EXISTS`.
 */
export async function storeHsmWrappingKey(token: HsmToken, options: StoreHsmWrappingKeyOptions): Promise<void> {
  validateOptions('storeHsmWrappingKey', options, { name: isText, publicKey: isAnything, ...signalCheck }, ['name', 'publicKey'])
  const { name, publicKey } = options
  const numbers = numbersOf('storeHsmWrappingKey', 'publicKey', publicKey)
  const core = adminCore(token)
  if ((await findObjects(core, [CKO.PUBLIC_KEY], { label: name }, options)).length > 0) throw taken(name)
  await storePublicKey(core, name, randomBytes(16), numbers, ['wrap'], options)
}

/**
 * The public half of a pair: SubjectPublicKeyInfo in DER, for `createPublicKey` of node:crypto, for {@link storeHsmWrappingKey} or for a raw RSA
 * keyring of writers that have no HSM.
 *
 * @throws `OPTION_INVALID`; an `HsmError` with the reason `KEY_NOT_FOUND`, `KEY_AMBIGUOUS`, or `KEY_UNFIT` (no RSA key).
 */
export async function hsmPublicKey(token: HsmToken, options: HsmPublicKeyOptions): Promise<Uint8Array> {
  validateOptions('hsmPublicKey', options, { alias: isAlias, version: isVersion, ...signalCheck }, ['alias', 'version'])
  const label = keyLabel(options.alias, options.version)
  const core = adminCore(token)
  const numbers = await publicNumbers(core, await theOne(core, [CKO.PRIVATE_KEY], label, options), options)
  if (numbers === undefined) throw adminError('KEY_UNFIT', label, `${label} has no public half that the token tells.`)
  return spkiOf(numbers)
}

/** The numbers of an RSA public key that somebody gave. */
export function numbersOf(where: string, option: string, given: KeyObject | string | Uint8Array): PublicNumbers {
  try {
    const key = given instanceof Uint8Array ? derKey(given) : typeof given === 'string' ? createPublicKey(given) : given
    const { n, e } = key.export({ format: 'jwk' })
    if (
      key.type === 'public' &&
      key.asymmetricKeyType === 'rsa' &&
      (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048 &&
      n !== undefined &&
      e !== undefined
    ) {
      return { modulus: new Uint8Array(Buffer.from(n, 'base64url')), exponent: new Uint8Array(Buffer.from(e, 'base64url')) }
    }
  } catch {
    // What it says of a key is not for an error to show.
  }
  throw new StrongroomError('KEY_INVALID', `${where}: the option ${option} must hold an RSA public key of 2048 bits or more.`, { option })
}

function derKey(given: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(given), format: 'der', type: 'spki' })
}

/** SubjectPublicKeyInfo of a public key. */
export function spkiOf({ modulus, exponent }: PublicNumbers): Uint8Array {
  const [n, e] = [modulus, exponent].map((number) => Buffer.from(number).toString('base64url')) as [string, string]
  return new Uint8Array(createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' }).export({ type: 'spki', format: 'der' }))
}
