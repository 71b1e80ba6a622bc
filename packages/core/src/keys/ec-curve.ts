/**
 * Public keys on NIST curves as compressed SEC1 points.
 *
 *     02 or 03, by whether y is even or odd | x(32, 48 or 66)
 */
import { createPublicKey, ECDH, type KeyObject } from 'node:crypto'
import type { EcCurve } from '../agreement-key.ts'

/** What a curve is called, and how long its coordinates are. */
interface CurveFacts {
  readonly openssl: string
  /** Bytes. */
  readonly coordinate: number
  /** What precedes an uncompressed point in a SubjectPublicKeyInfo. */
  readonly spkiPrefix: Buffer
}

const facts: Record<EcCurve, CurveFacts> = {
  'P-256': {
    openssl: 'prime256v1',
    coordinate: 32,
    spkiPrefix: Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex'),
  },
  'P-384': {
    openssl: 'secp384r1',
    coordinate: 48,
    spkiPrefix: Buffer.from('3076301006072a8648ce3d020106052b81040022036200', 'hex'),
  },
  'P-521': {
    openssl: 'secp521r1',
    coordinate: 66,
    spkiPrefix: Buffer.from('30819b301006072a8648ce3d020106052b8104002303818600', 'hex'),
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
  const { openssl, spkiPrefix } = facts[curve]
  if (point.length !== pointLength(curve) || (point[0] !== 2 && point[0] !== 3)) return undefined
  try {
    const uncompressed = ECDH.convertKey(point, openssl, undefined, undefined, 'uncompressed') as Buffer
    return createPublicKey({ key: Buffer.concat([spkiPrefix, uncompressed]), format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}
