import { generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { EcCurve } from '../agreement-key.ts'
import { StrongroomError } from '../errors.ts'
import { isOneOf, isText, validateOptions } from '../options.ts'
import { assertPair, readPrivateKey, readPublicKey } from './asymmetric-key.ts'
import { compressedPoint, curveOf, ecCurves } from './ec-curve.ts'
import type { PemKeyPair } from './pem-key-pair.ts'

/** Half of an EC key: PEM text, DER bytes (SPKI, PKCS#8 or SEC1), a `KeyObject`, or a JWK. */
export type EcKeyInput = string | Uint8Array | KeyObject | JsonWebKey

/**
 * Loads a public key on a curve; a private key gives its public half. `option` names it in errors.
 *
 * @throws `KEY_INVALID`
 */
export function loadEcPublicKey(input: EcKeyInput, curve: EcCurve, option: string): KeyObject {
  return assertPoint(assertEc(readPublicKey(input, option, ['spki']), 'public', curve, option), option)
}

/**
 * Loads a private key on a curve, with its passphrase where it is encrypted.
 *
 * @throws `KEY_INVALID`
 */
export function loadEcPrivateKey(input: EcKeyInput, curve: EcCurve, passphrase?: string): KeyObject {
  const key = assertEc(readPrivateKey(input, 'privateKey', ['pkcs8', 'sec1'], passphrase), 'private', curve, 'privateKey')
  assertPair(key, 'privateKey')
  return assertPoint(key, 'privateKey')
}

/** Options of {@link generateEcKeyPair}. */
export interface EcKeyPairOptions {
  /** Default P-256. */
  readonly curve?: EcCurve
  /** Encrypts the private key's PEM. */
  readonly passphrase?: string
}

/**
 * A fresh EC key pair as PEM (SPKI and PKCS#8). The private half is the caller's to store safely.
 *
 * @throws `OPTION_INVALID`
 */
export async function generateEcKeyPair(options: EcKeyPairOptions = {}): Promise<PemKeyPair> {
  validateOptions('generateEcKeyPair', options, { curve: isOneOf(ecCurves), passphrase: isText })
  const { curve = 'P-256', passphrase } = options
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: curve })
  const locked = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem', ...locked }) as string,
  }
}

/** OpenSSL loads the point at infinity, and private keys whose public key it is. */
function assertPoint(key: KeyObject, option: string): KeyObject {
  try {
    compressedPoint(key)
    return key
  } catch {
    throw new StrongroomError('KEY_INVALID', `The ${option} is no key: its point is the one at infinity.`, { option })
  }
}

function assertEc(key: KeyObject, half: 'public' | 'private', curve: EcCurve, option: string): KeyObject {
  if (key.type === half && curveOf(key) === curve) return key
  const what = key.asymmetricKeyType === 'ec' ? (curveOf(key) ?? 'EC') : (key.asymmetricKeyType ?? 'symmetric')
  throw new StrongroomError('KEY_INVALID', `The ${option} is a ${key.type} ${what} key; a ${half} key on ${curve} is needed.`, { option })
}
