import { createHash, createHmac, createPublicKey, type JsonWebKey, KeyObject } from 'node:crypto'
import { StrongroomError } from '../errors.ts'
import { loadAesKey } from './aes-key.ts'
import { readPublicKey } from './asymmetric-key.ts'
import { curveOf } from './ec-curve.ts'

/** A key to tell apart from others: PEM text, a `KeyObject`, a JWK, DER of a public key, or the bytes of an AES key. */
export type FingerprintInput = string | Uint8Array | KeyObject | JsonWebKey

/**
 * A short name by which people tell keys apart, safe to print and log: it is a one-way function of the key, of 256 bits (64 for secret keys).
 * Both halves of a pair have the same. `RSA-3072 SHA256:…` and `P-384 SHA256:…` hash the SubjectPublicKeyInfo, as `openssl pkey -pubout -outform
 * DER | sha256sum` does; `AES-256 MAC:…` is a MAC under the key.
 *
 * @throws `KEY_INVALID`
 * @example
 * ```ts
 * keyFingerprint(readFileSync('recovery.pem', 'utf8')) // 'RSA-3072 SHA256:tj3b…'
 * ```
 */
export function keyFingerprint(input: FingerprintInput): string {
  const key = toKeyObject(input)
  if (key.type === 'secret') {
    const check = createHmac('sha256', key).update('strongroom key fingerprint').digest().subarray(0, 8)
    return `AES-${(key.symmetricKeySize as number) * 8} MAC:${check.toString('base64url')}`
  }
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  const digest = createHash('sha256').update(spkiOf(publicKey)).digest('base64url')
  return `${describeKey(publicKey)} SHA256:${digest}`
}

/** An EC key remembers whether it came with a compressed point; as a JWK it has but one form, and the SPKI made of that the usual one. */
function spkiOf(key: KeyObject): Buffer {
  const usual = key.asymmetricKeyType === 'ec' ? createPublicKey({ key: key.export({ format: 'jwk' }), format: 'jwk' }) : key
  return usual.export({ type: 'spki', format: 'der' })
}

function describeKey(key: KeyObject): string {
  const kind = key.asymmetricKeyType as string
  return kind === 'rsa' ? `RSA-${key.asymmetricKeyDetails?.modulusLength}` : (curveOf(key) ?? kind.toUpperCase())
}

function toKeyObject(input: FingerprintInput): KeyObject {
  if (input instanceof KeyObject) return input.type === 'secret' ? loadAesKey(input) : input
  if (input instanceof Uint8Array && [16, 24, 32].includes(input.length)) return loadAesKey(input)
  if (typeof input !== 'string' && (typeof input !== 'object' || input === null)) {
    throw new StrongroomError('KEY_INVALID', 'A key to fingerprint is PEM, DER, a JWK, a KeyObject or an AES key.', { option: 'key' })
  }
  if (!(input instanceof Uint8Array) && typeof input === 'object' && input.kty === 'oct') return loadAesKey(input)
  return readPublicKey(input, 'key', ['spki', 'pkcs1'])
}
