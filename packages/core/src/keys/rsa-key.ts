import { generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { StrongroomError } from '../errors.ts'
import { isAnything, isText, validateOptions } from '../options.ts'
import { assertPair, readPrivateKey, readPublicKey } from './asymmetric-key.ts'
import type { PemKeyPair } from './pem-key-pair.ts'

/** Half of an RSA key: PEM text, DER bytes (SPKI, PKCS#8 or PKCS#1), a `KeyObject`, or a JWK. */
export type RsaKeyInput = string | Uint8Array | KeyObject | JsonWebKey

/**
 * Loads a public key; a private key gives its public half.
 *
 * @throws `KEY_INVALID`
 */
export function loadRsaPublicKey(input: RsaKeyInput): KeyObject {
  return assertRsa(readPublicKey(input, 'publicKey', ['spki', 'pkcs1']), 'publicKey')
}

/**
 * Loads a private key, with its passphrase where it is encrypted.
 *
 * @throws `KEY_INVALID`
 */
export function loadRsaPrivateKey(input: RsaKeyInput, passphrase?: string): KeyObject {
  const key = assertRsa(readPrivateKey(input, 'privateKey', ['pkcs8', 'pkcs1'], passphrase), 'privateKey')
  assertPair(key, 'privateKey')
  return key
}

/** Options of {@link generateRsaKeyPair}. */
export interface RsaKeyPairOptions {
  /** Bits of the modulus. Default 3072. */
  readonly modulusLength?: 2048 | 3072 | 4096
  /** Encrypts the private key's PEM. */
  readonly passphrase?: string
}

/** A fresh RSA key pair as PEM (SPKI and PKCS#8). The private half is the caller's to store safely. */
export async function generateRsaKeyPair(options: RsaKeyPairOptions = {}): Promise<PemKeyPair> {
  validateOptions('generateRsaKeyPair', options, { modulusLength: isAnything, passphrase: isText })
  const { modulusLength = 3072, passphrase } = options
  if (![2048, 3072, 4096].includes(modulusLength))
    throw new StrongroomError('OPTION_INVALID', 'modulusLength must be 2048, 3072 or 4096.', { option: 'modulusLength' })
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength })
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    privateKey: privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
    }) as string,
  }
}

function assertRsa(key: KeyObject, option: string): KeyObject {
  if (key.asymmetricKeyType === 'rsa' && key.type === (option === 'publicKey' ? 'public' : 'private')) return key
  throw new StrongroomError(
    'KEY_INVALID',
    `The ${option} is a ${key.type} ${key.asymmetricKeyType ?? 'symmetric'} key, not an RSA one of that half.`,
    { option },
  )
}
