import { createPublicKey, ECDH, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { compressedPoint, curveOf, ecCurves, pointLength, publicKeyOfPoint } from './ec-curve.ts'

const openssl = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' } as const

describe.each(ecCurves)('points of %s', (curve) => {
  const pair = generateKeyPairSync('ec', { namedCurve: curve })
  const point = compressedPoint(pair.publicKey)

  it('are compressed as OpenSSL compresses them, from either half, whatever the parity', () => {
    const seen = new Set<number>()
    while (seen.size < 2) {
      const ecdh = new ECDHPair(curve)
      expect(compressedPoint(ecdh.publicKey)).toEqual(new Uint8Array(ecdh.compressed))
      expect(compressedPoint(ecdh.privateKey)).toEqual(new Uint8Array(ecdh.compressed))
      seen.add(ecdh.compressed[0] as number)
    }
    expect([...seen].sort()).toEqual([2, 3])
  })

  it('give the key back, and their curve', () => {
    expect(publicKeyOfPoint(curve, point)?.equals(pair.publicKey)).toBe(true)
    expect(curveOf(pair.publicKey)).toBe(curve)
    expect(curveOf(pair.privateKey)).toBe(curve)
    expect(point).toHaveLength(pointLength(curve))
  })

  it('keep leading zeros of a coordinate', () => {
    let short: Uint8Array
    do short = compressedPoint(generateKeyPairSync('ec', { namedCurve: curve }).publicKey)
    while (short[1] !== 0)
    expect(short).toHaveLength(pointLength(curve))
    expect(compressedPoint(publicKeyOfPoint(curve, short) as KeyObject)).toEqual(short)
  })

  it('are not read from anything else', () => {
    const uncompressed = ECDH.convertKey(point, openssl[curve], undefined, undefined, 'uncompressed') as Buffer
    const hybrid = ECDH.convertKey(point, openssl[curve], undefined, undefined, 'hybrid') as Buffer
    const beyondTheField = Uint8Array.of(2, ...new Uint8Array(point.length - 1).fill(255))
    const wrong: Record<string, Uint8Array> = {
      infinity: Uint8Array.of(0),
      'infinity, padded': new Uint8Array(point.length),
      nothing: new Uint8Array(0),
      'an uncompressed point': uncompressed,
      'a hybrid point': hybrid,
      'another form byte': Uint8Array.of(4, ...point.subarray(1)),
      'a point cut short': point.subarray(0, -1),
      'a point with a byte more': Uint8Array.of(...point, 0),
      'an x beyond the field': beyondTheField,
      'an x that no point has': notOnCurve(),
    }
    for (const [name, bytes] of Object.entries(wrong)) expect(publicKeyOfPoint(curve, bytes), name).toBeUndefined()
    for (const other of ecCurves.filter((name) => name !== curve)) expect(publicKeyOfPoint(other, point)).toBeUndefined()
  })

  /** Half of all x have no y; the first of them near this point's. */
  function notOnCurve(): Uint8Array {
    const candidate = Uint8Array.from(point)
    for (;;) {
      candidate[candidate.length - 1] = ((candidate.at(-1) as number) + 1) & 255
      try {
        ECDH.convertKey(candidate, openssl[curve])
      } catch {
        return candidate
      }
    }
  }
})

describe('curveOf', () => {
  it('knows no other curve and no other kind of key', () => {
    expect(curveOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey)).toBeUndefined()
    expect(curveOf(generateKeyPairSync('x25519').publicKey)).toBeUndefined()
    expect(curveOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)).toBeUndefined()
  })
})

class ECDHPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
  readonly compressed: Buffer

  constructor(curve: keyof typeof openssl) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: curve })
    this.privateKey = privateKey
    this.publicKey = createPublicKey(privateKey)
    const spki = this.publicKey.export({ type: 'spki', format: 'der' })
    const uncompressed = spki.subarray(-(2 * (pointLength(curve) - 1) + 1))
    this.compressed = ECDH.convertKey(uncompressed, openssl[curve], undefined, undefined, 'compressed') as Buffer
  }
}
