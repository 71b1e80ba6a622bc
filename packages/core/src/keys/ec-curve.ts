/**
 * Public keys on NIST curves as compressed SEC1 points.
 *
 *     02 or 03, by whether y is even or odd | x(32, 48 or 66)
 */
import { createPublicKey, type KeyObject } from 'node:crypto'
import type { EcCurve } from '../agreement-key.ts'

/** What a curve is called, and how long its coordinates are. */
interface CurveFacts {
  readonly openssl: string
  /** Bytes. */
  readonly coordinate: number
  /** What precedes a compressed point in a SubjectPublicKeyInfo. */
  readonly spkiPrefix: Buffer
}

const facts: Record<EcCurve, CurveFacts> = {
  'P-256': {
    openssl: 'prime256v1',
    coordinate: 32,
    spkiPrefix: Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'),
  },
  'P-384': {
    openssl: 'secp384r1',
    coordinate: 48,
    spkiPrefix: Buffer.from('3046301006072a8648ce3d020106052b81040022033200', 'hex'),
  },
  'P-521': {
    openssl: 'secp521r1',
    coordinate: 66,
    spkiPrefix: Buffer.from('3058301006072a8648ce3d020106052b81040023034400', 'hex'),
  },
}

/** The curves, in order of their strength. */
export const ecCurves: readonly EcCurve[] = Object.freeze(Object.keys(facts) as EcCurve[])

/** Bytes of a compressed point. */
export function pointLength(curve: EcCurve): number {
  return facts[curve].coordinate + 1
}

/** The curve that a key is on, or undefined. */
export function curveOf(key: KeyObject): EcCurve | undefined {
  const named = key.asymmetricKeyType === 'ec' ? key.asymmetricKeyDetails?.namedCurve : undefined
  return ecCurves.find((curve) => facts[curve].openssl === named)
}

/** The public half of a key as a compressed point. */
export function compressedPoint(key: KeyObject): Uint8Array {
  const { x, y } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' })
  const odd = (Buffer.from(y as string, 'base64url').at(-1) as number) & 1
  return Uint8Array.of(2 + odd, ...Buffer.from(x as string, 'base64url'))
}

/** The public key that a compressed point is, or undefined where it is not one of the curve. Infinity and other encodings are not. */
export function publicKeyOfPoint(curve: EcCurve, point: Uint8Array): KeyObject | undefined {
  const { spkiPrefix } = facts[curve]
  if (point.length !== pointLength(curve) || (point[0] !== 2 && point[0] !== 3)) return undefined
  try {
    // OpenSSL decompresses, and so checks that the point is on the curve, faster than by way of ECDH.convertKey.
    return createPublicKey({ key: Buffer.concat([spkiPrefix, point]), format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}
