import { createECDH, createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { bigintBytes, bytesToBigint } from './der.ts'

/** What a NIST curve y^2 = x^3 - 3x + b over p is; `order` is that of its group, which has no smaller one. Source: FIPS 186-5, SP 800-186. */
export interface Curve {
  readonly name: 'P-256' | 'P-384' | 'P-521'
  readonly openssl: 'prime256v1' | 'secp384r1' | 'secp521r1'
  readonly oid: string
  /** Bytes of a coordinate. */
  readonly width: number
  readonly prime: bigint
  readonly b: bigint
  readonly order: bigint
}

export const p256: Curve = {
  name: 'P-256',
  openssl: 'prime256v1',
  oid: '1.2.840.10045.3.1.7',
  width: 32,
  prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
}

export const p384: Curve = {
  name: 'P-384',
  openssl: 'secp384r1',
  oid: '1.3.132.0.34',
  width: 48,
  prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
  b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
}

export const p521: Curve = {
  name: 'P-521',
  openssl: 'secp521r1',
  oid: '1.3.132.0.35',
  width: 66,
  prime: 2n ** 521n - 1n,
  b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  order:
    0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
}

export const curves: readonly Curve[] = [p256, p384, p521]

/** A point in affine coordinates. */
export interface Point {
  readonly x: bigint
  readonly y: bigint
}

/** A key pair of a known scalar. */
export interface FixedEcKey {
  readonly curve: Curve
  readonly scalar: bigint
  readonly point: Point
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** The key pair of a scalar, or of one that a seed gives: the same in every run. */
export function ecKey(curve: Curve, scalar: bigint | string): FixedEcKey {
  const value = typeof scalar === 'bigint' ? scalar : seededScalar(curve, scalar)
  const point = multiplyBase(curve, value)
  const coordinate = (number: bigint): string => bigintBytes(number, curve.width).toString('base64url')
  const jwk = { kty: 'EC', crv: curve.name, d: coordinate(value), x: coordinate(point.x), y: coordinate(point.y) }
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
  return { curve, scalar: value, point, privateKey, publicKey: createPublicKey(privateKey) }
}

/** The base point times a scalar, by OpenSSL. */
export function multiplyBase(curve: Curve, scalar: bigint): Point {
  const ecdh = createECDH(curve.openssl)
  ecdh.setPrivateKey(bigintBytes(scalar, curve.width))
  const bytes = ecdh.getPublicKey()
  return { x: bytesToBigint(bytes.subarray(1, 1 + curve.width)), y: bytesToBigint(bytes.subarray(1 + curve.width)) }
}

/** The square of y that goes with x. */
export function ySquared({ prime, b }: Curve, x: bigint): bigint {
  return modulo(x ** 3n - 3n * x + b, prime)
}

/** A square root modulo the curve's prime, which is 3 modulo 4; undefined where there is none. */
export function squareRoot({ prime }: Curve, value: bigint): bigint | undefined {
  const root = modPow(value, (prime + 1n) / 4n, prime)
  return modulo(root * root, prime) === value ? root : undefined
}

export function compressed(curve: Curve, { x, y }: Point): Buffer {
  return Buffer.concat([Buffer.of(y % 2n === 0n ? 2 : 3), bigintBytes(x, curve.width)])
}

export function uncompressed(curve: Curve, { x, y }: Point, first = 4): Buffer {
  return Buffer.concat([Buffer.of(first), bigintBytes(x, curve.width), bigintBytes(y, curve.width)])
}

export function seededScalar(curve: Curve, seed: string): bigint {
  return (bytesToBigint(seededBytes(`${curve.name} ${seed}`, curve.width + 16)) % (curve.order - 1n)) + 1n
}

/** Bytes that are the same in every run, and unlike those of another seed. */
export function seededBytes(seed: string, length: number): Buffer {
  return createHash('shake256', { outputLength: length }).update(seed).digest()
}

export function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus
  return rest < 0n ? rest + modulus : rest
}

export function modPow(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  let square = modulo(base, modulus)
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

/** The inverse modulo a number without common factor. */
export function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b] = [modulo(value, modulus), modulus]
  let [x, y] = [1n, 0n]
  while (b > 0n) {
    const quotient = a / b
    ;[a, b] = [b, a % b]
    ;[x, y] = [y, x - quotient * y]
  }
  return modulo(x, modulus)
}
