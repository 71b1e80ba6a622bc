import { createSecretKey, type JsonWebKey, KeyObject, randomFillSync } from 'node:crypto'
import { StrongroomError } from '../errors.ts'

/** An AES key: 16, 24 or 32 bytes, a secret `KeyObject`, or a JWK of type `oct`. */
export type AesKeyInput = Uint8Array | KeyObject | JsonWebKey

/**
 * Loads an AES key. Given bytes are copied; the caller may wipe them afterwards.
 *
 * @throws `KEY_INVALID`
 */
export function loadAesKey(input: AesKeyInput): KeyObject {
  const key = toKeyObject(input)
  if (key.type === 'secret' && [16, 24, 32].includes(key.symmetricKeySize ?? 0)) return key
  const what = key.type === 'secret' ? `a key of ${key.symmetricKeySize} bytes` : `a ${key.type} key`
  throw new StrongroomError('KEY_INVALID', `An AES key has 16, 24 or 32 bytes; this is ${what}.`, { option: 'key' })
}

/** A fresh AES key from the CSPRNG, of 256 bits unless told otherwise. Its bytes are the caller's to store safely and to wipe. */
export function generateAesKey(bits: 128 | 192 | 256 = 256): Uint8Array {
  if (![128, 192, 256].includes(bits))
    throw new StrongroomError('OPTION_INVALID', 'generateAesKey takes 128, 192 or 256 bits.', { option: 'bits' })
  return randomFillSync(new Uint8Array(bits / 8))
}

function toKeyObject(input: AesKeyInput): KeyObject {
  if (input instanceof KeyObject) return input
  if (input instanceof Uint8Array) return createSecretKey(input)
  const jwk: JsonWebKey | undefined = typeof input === 'object' && input !== null ? input : undefined
  if (jwk?.kty === 'oct' && typeof jwk.k === 'string') {
    const bytes = Buffer.from(jwk.k, 'base64url')
    // Characters that are none of base64url would be passed over, and give another key.
    const canonical = bytes.toString('base64url') === jwk.k
    const key = createSecretKey(bytes)
    bytes.fill(0)
    if (canonical) return key
  }
  throw new StrongroomError('KEY_INVALID', 'An AES key is a Uint8Array, a secret KeyObject, or a JWK of type oct.', { option: 'key' })
}
