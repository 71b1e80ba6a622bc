import { createPrivateKey, createPublicKey, type JsonWebKey, KeyObject, sign, verify } from 'node:crypto'
import { StrongroomError } from '../errors.ts'

/** Half of an asymmetric key: PEM text, DER bytes, a `KeyObject`, or a JWK. */
export type AsymmetricKeyInput = string | Uint8Array | KeyObject | JsonWebKey

/**
 * Reads a public key; a private key gives its public half. `option` names it in errors.
 *
 * @throws `KEY_INVALID`
 */
export function readPublicKey(input: AsymmetricKeyInput, option: string, derTypes: readonly ('spki' | 'pkcs1')[]): KeyObject {
  if (input instanceof KeyObject && input.type === 'public') return input
  const der = derTypes.map((type) => () => createPublicKey({ key: input as Buffer, format: 'der', type }))
  return read(option, input, () => createPublicKey(source(input)), der)
}

/**
 * Reads a private key, with its passphrase where it is encrypted. `option` names it in errors.
 *
 * @throws `KEY_INVALID`
 */
export function readPrivateKey(
  input: AsymmetricKeyInput,
  option: string,
  derTypes: readonly ('pkcs8' | 'pkcs1' | 'sec1')[],
  passphrase?: string,
): KeyObject {
  if (input instanceof KeyObject) return input
  const unlock = passphrase === undefined ? {} : { passphrase }
  const der = derTypes.map((type) => () => createPrivateKey({ key: input as Buffer, format: 'der', type, ...unlock }))
  const text = () =>
    createPrivateKey(typeof input === 'string' ? { key: input, ...unlock } : (source(input) as { key: JsonWebKey; format: 'jwk' }))
  return read(option, input, text, der, passphrase)
}

/**
 * @throws `KEY_INVALID` where a private key is not the one of the public key that it carries: what is encrypted to the one, the other would not
 * open. OpenSSL loads such keys.
 */
export function assertPair(privateKey: KeyObject, option: string): void {
  try {
    const data = new Uint8Array(32)
    if (verify('sha256', data, createPublicKey(privateKey), sign('sha256', data, privateKey))) return
  } catch {
    // A key that cannot sign at all, such as an EC key of the scalar zero, is none either.
  }
  throw new StrongroomError('KEY_INVALID', `The ${option} is damaged: its private and its public numbers do not fit.`, { option })
}

function source(input: AsymmetricKeyInput): string | { key: JsonWebKey; format: 'jwk' } | KeyObject {
  return typeof input === 'string' || input instanceof KeyObject ? input : { key: input as JsonWebKey, format: 'jwk' }
}

function read(
  option: string,
  input: AsymmetricKeyInput,
  text: () => KeyObject,
  der: readonly (() => KeyObject)[],
  passphrase?: string,
): KeyObject {
  let failure: unknown
  for (const attempt of input instanceof Uint8Array ? der : [text]) {
    try {
      return attempt()
    } catch (error) {
      failure ??= error
    }
  }
  const locked = typeof input === 'string' ? input.includes('ENCRYPTED') : (failure as { code?: string }).code === 'ERR_MISSING_PASSPHRASE'
  const hint = passphrase === undefined ? (locked ? ' It is encrypted: give its passphrase.' : '') : ' Is the passphrase right?'
  // What is said of a JWK may show a part of it.
  const cause = typeof input === 'string' || input instanceof Uint8Array ? { cause: failure } : {}
  throw new StrongroomError('KEY_INVALID', `The ${option} cannot be read as PEM, DER, JWK or KeyObject.${hint}`, { option, ...cause })
}
