/**
 * ECDSA of signing suites.
 *
 * The public key travels in the encryption context as the base64 of its compressed SEC1 point. Signatures are DER, whose length varies by
 * nature; ours always have the suite's one length (P-384: 103 bytes, P-256: 71), so that the length of a message is known ahead: where r and
 * s do not give it, s is replaced by n - s, which is as valid, and where that does not help the data is signed again.
 *
 * Key generation, signing and verification run on libuv's thread pool: on P-384 each takes most of a millisecond.
 */
import { generateKeyPair, type KeyObject, sign, verify } from 'node:crypto'
import { promisify } from 'node:util'
import { StrongroomError } from './errors.ts'
import { compressedPoint, publicKeyOfPoint } from './keys/ec-curve.ts'
import type { SuiteSignature } from './suite.ts'

type Curve = SuiteSignature['curve']

const curves: Record<Curve, { readonly openssl: string; readonly coordinate: number; readonly order: bigint }> = {
  'P-256': {
    openssl: 'prime256v1',
    coordinate: 32,
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  'P-384': {
    openssl: 'secp384r1',
    coordinate: 48,
    order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
}

const generate = promisify(generateKeyPair)

/** A key pair of one message. */
export interface SigningKeyPair {
  /** The private key. */
  readonly signingKey: KeyObject
  /** The public key as the encryption context stores it. */
  readonly publicKey: string
}

/** Makes a fresh signing key. */
export async function generateSigningKey(signature: SuiteSignature): Promise<SigningKeyPair> {
  const { privateKey, publicKey } = await generate('ec', { namedCurve: signature.curve })
  return { signingKey: privateKey, publicKey: Buffer.from(compressedPoint(publicKey)).toString('base64') }
}

/** Reads a public key from the encryption context; undefined where it is not a compressed point of the curve in canonical base64. */
export function parseVerificationKey(signature: SuiteSignature, publicKey: string): KeyObject | undefined {
  const point = Buffer.from(publicKey, 'base64')
  return point.toString('base64') === publicKey ? publicKeyOfPoint(signature.curve, point) : undefined
}

/** Signs, at the suite's one length. */
export async function signFixedLength(signature: SuiteSignature, key: KeyObject, data: Uint8Array): Promise<Uint8Array> {
  // No signature of another key ever gets the length: without this the loop would not end.
  assertSigningKey(signature, key)
  for (;;) {
    const der = toFixedLength(signature, await signOnce(signature, key, data))
    if (der !== undefined) return der
  }
}

/** @throws `MATERIALS_INVALID` where a signing key is not of the suite's curve. */
export function assertSigningKey(signature: SuiteSignature, key: KeyObject): void {
  if (key.asymmetricKeyDetails?.namedCurve === curves[signature.curve].openssl) return
  throw new StrongroomError(
    'MATERIALS_INVALID',
    `The materials manager answered a signing key that is not of the curve ${signature.curve}.`,
  )
}

/** Verifies a DER signature. */
export function verifySignature(signature: SuiteSignature, key: KeyObject, data: Uint8Array, der: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    // What cannot be verified, for whatever reason, is not verified.
    verify(signature.hash, data, { key, dsaEncoding: 'der' }, der, (error, valid) => resolve(error === null && valid))
  })
}

/** The DER of r || s at the suite's length, with s replaced by n - s where that gives it; undefined where neither does. */
export function toFixedLength(signature: SuiteSignature, rs: Uint8Array): Uint8Array | undefined {
  const { coordinate, order } = curves[signature.curve]
  const r = derInteger(rs.subarray(0, coordinate))
  const s = rs.subarray(coordinate)
  for (const candidate of [s, negate(s, order)]) {
    const content = Buffer.concat([r, derInteger(candidate)])
    if (content.length + 2 === signature.signatureLength) return Buffer.concat([Buffer.of(0x30, content.length), content])
  }
  return undefined
}

/** The DER of r || s, with s replaced by n - s where that is shorter: never longer than the suite's length. */
export function toDer(signature: SuiteSignature, rs: Uint8Array): Uint8Array {
  const { coordinate, order } = curves[signature.curve]
  const s = rs.subarray(coordinate)
  const [shortest] = [s, negate(s, order)].map(derInteger).sort((a, b) => a.length - b.length) as [Buffer, Buffer]
  const content = Buffer.concat([derInteger(rs.subarray(0, coordinate)), shortest])
  return Buffer.concat([Buffer.of(0x30, content.length), content])
}

function signOnce(signature: SuiteSignature, key: KeyObject, data: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    sign(signature.hash, data, { key, dsaEncoding: 'ieee-p1363' }, (error, rs) => (error ? reject(error) : resolve(rs)))
  })
}

function negate(s: Uint8Array, order: bigint): Uint8Array {
  const negated = order - BigInt(`0x${Buffer.from(s).toString('hex')}`)
  return Buffer.from(negated.toString(16).padStart(s.length * 2, '0'), 'hex')
}

function derInteger(bytes: Uint8Array): Buffer {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1
  const magnitude = bytes.subarray(start)
  const pad = (magnitude[0] as number) >= 0x80 ? [0] : []
  return Buffer.concat([Buffer.of(2, magnitude.length + pad.length, ...pad), magnitude])
}
