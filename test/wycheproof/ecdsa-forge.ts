import { createHash } from 'node:crypto'
import { type Curve, type FixedEcKey, inverse, modulo, multiplyBase, seededScalar } from './curves.ts'
import { bytesToBigint, integer, sequence } from './der.ts'

/** The two numbers of a signature. */
export interface Signature {
  readonly r: bigint
  readonly s: bigint
}

/** The hash that the algorithm suites sign with, on each curve. */
export function hashOf(curve: Curve): 'sha256' | 'sha384' {
  return curve.name === 'P-256' ? 'sha256' : 'sha384'
}

/** Signs with a nonce of the data alone: the same signature in every run. */
export function signFixed(key: FixedEcKey, data: Uint8Array, hash: string = hashOf(key.curve)): Signature {
  const digest = createHash(hash).update(data).digest()
  return signDigest(key, digest, seededScalar(key.curve, digest.toString('hex')))
}

/** Signs a digest with a nonce. */
export function signDigest({ curve, scalar }: FixedEcKey, digest: Uint8Array, nonce: bigint): Signature {
  const r = multiplyBase(curve, nonce).x % curve.order
  const s = modulo(inverse(nonce, curve.order) * (bytesToBigint(digest.subarray(0, curve.width)) + r * scalar), curve.order)
  return { r, s }
}

export function derOf({ r, s }: Signature): Buffer {
  return sequence(integer(r), integer(s))
}
