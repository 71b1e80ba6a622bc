import { createPrivateKey, createPublicKey, generateKeyPair, type JsonWebKey, KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { StrongroomError } from '../errors.ts'

/** Half of an RSA key: PEM text, DER bytes (SPKI, PKCS#8 or PKCS#1), a `KeyObject`, or a JWK. */
export type RsaKeyInput = string | Uint8Array | KeyObject | JsonWebKey

/**
 * Loads a public key; a private key gives its public half.
 *
 * @throws `KEY_INVALID`
 */
export function loadRsaPublicKey(input: RsaKeyInput): KeyObject {
  if (input instanceof KeyObject && input.type === 'public') return assertRsa(input, 'publicKey')
  return assertRsa(
    load('publicKey', input, [
      () => createPublicKey(source(input)),
      () => createPublicKey({ key: input as Buffer, format: 'der', type: 'spki' }),
      () => createPublicKey({ key: input as Buffer, format: 'der', type: 'pkcs1' }),
    ]),
    'publicKey',
  )
}

/**
 * Loads a private key, with its passphrase where it is encrypted.
 *
 * @throws `KEY_INVALID`
 */
export function loadRsaPrivateKey(input: RsaKeyInput, passphrase?: string): KeyObject {
  if (input instanceof KeyObject) return assertRsa(input, 'privateKey')
  const unlock = passphrase === undefined ? {} : { passphrase }
  return assertRsa(
    load('privateKey', input, [
      () => createPrivateKey(typeof input === 'string' ? { key: input, ...unlock } : (source(input) as { key: JsonWebKey; format: 'jwk' })),
      () => createPrivateKey({ key: input as Buffer, format: 'der', type: 'pkcs8', ...unlock }),
      () => createPrivateKey({ key: input as Buffer, format: 'der', type: 'pkcs1', ...unlock }),
    ]),
    'privateKey',
  )
}

/** Options of {@link generateRsaKeyPair}. */
export interface RsaKeyPairOptions {
  /** Bits of the modulus. Default 3072. */
  readonly modulusLength?: 2048 | 3072 | 4096
  /** Encrypts the private key's PEM. */
  readonly passphrase?: string
}

/** A fresh RSA key pair as PEM (SPKI and PKCS#8). The private half is the caller's to store safely. */
export async function generateRsaKeyPair(options: RsaKeyPairOptions = {}): Promise<{ publicKey: string; privateKey: string }> {
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

function source(input: RsaKeyInput): string | { key: JsonWebKey; format: 'jwk' } | KeyObject {
  return typeof input === 'string' || input instanceof KeyObject ? input : { key: input as JsonWebKey, format: 'jwk' }
}

function load(option: string, input: RsaKeyInput, readers: readonly (() => KeyObject)[]): KeyObject {
  const [text, ...der] = readers as [() => KeyObject, ...(() => KeyObject)[]]
  let failure: unknown
  for (const read of input instanceof Uint8Array ? der : [text]) {
    try {
      return read()
    } catch (error) {
      failure ??= error
    }
  }
  const hint = (failure as { code?: string }).code === 'ERR_MISSING_PASSPHRASE' ? ' It is encrypted: give its passphrase.' : ''
  throw new StrongroomError('KEY_INVALID', `The ${option} cannot be read as PEM, DER, JWK or KeyObject.${hint}`, { option, cause: failure })
}

function assertRsa(key: KeyObject, option: string): KeyObject {
  if (key.asymmetricKeyType === 'rsa' && key.type === (option === 'publicKey' ? 'public' : 'private')) return key
  throw new StrongroomError(
    'KEY_INVALID',
    `The ${option} is a ${key.type} ${key.asymmetricKeyType ?? 'symmetric'} key, not an RSA one of that half.`,
    { option },
  )
}
