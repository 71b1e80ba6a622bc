import { createECDH, diffieHellman } from 'node:crypto'
import { type EcKeyInput, type Keyring, rawAgreementKey, rawEcdhKeyring } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import type { ForgedDataKey } from '../support/message-forge.ts'
import { type Curve, compressed, curves, ecKey, modulo, p256, p384, p521, squareRoot, uncompressed, ySquared } from './curves.ts'
import { bigintBytes, bitString, element, integer, objectId, octetString, sequence } from './der.ts'
import { ecdhEdk } from './edk-forge.ts'
import { expectOpens, expectRefused, messageWith } from './verdict.ts'

const publicKeyOid = objectId('1.2.840.10045.2.1')

describe.each(curves)('agreement on $name', (curve) => {
  const recipient = ecKey(curve, 'recipient')
  const sender = ecKey(curve, 'sender')
  const own = compressed(curve, recipient.point)
  const from = compressed(curve, sender.point)
  const discovery = rawEcdhKeyring({ schema: 'discovery', curve: curve.name, privateKey: recipient.privateKey })
  const mutual = rawEcdhKeyring({
    schema: 'static',
    curve: curve.name,
    privateKey: recipient.privateKey,
    recipientPublicKey: sender.publicKey,
  })
  const shared = diffieHellman({ privateKey: recipient.privateKey, publicKey: sender.publicKey })
  const right = ecdhEdk({ curve, shared, recipient: own, sender: from })
  const point = { length: own.length, at: 1 + 4 + own.length + 4 }

  const opens = (edk: ForgedDataKey, keyring: Keyring = discovery) => expectOpens(keyring, messageWith([edk]))
  const refuses = (edk: ForgedDataKey, keyring: Keyring = discovery) => expectRefused(keyring, messageWith([edk]))
  /** From a sender whose point is these bytes, with a secret that somebody without the private key could hope for. */
  const refusesPoint = async (bytes: Uint8Array) => {
    for (const guess of [shared, Buffer.alloc(curve.width), bytes.subarray(-curve.width)]) {
      await refuses(ecdhEdk({ curve, shared: guess, recipient: own, sender: bytes }))
      await refuses(ecdhEdk({ curve, shared: guess, recipient: own, sender: bytes }), mutual)
    }
    expect(() => rawEcdhKeyring({ schema: 'ephemeral', curve: curve.name, recipientPublicKey: spki(curve, bytes) })).toThrow(
      expect.objectContaining({ code: 'KEY_INVALID' }),
    )
    const key = rawAgreementKey({ curve: curve.name, privateKey: recipient.privateKey })
    await expect(key.agree(bytes)).rejects.toMatchObject({ code: 'KEY_INVALID' })
  }

  it('opens', async () => {
    await opens(right)
    await opens(right, mutual)
  })

  it('opens where the secret starts with a zero byte, which belongs to it', async () => {
    const { key, secret } = shortSecret()
    const edk = (agreed: Uint8Array) => ecdhEdk({ curve, shared: agreed, recipient: own, sender: compressed(curve, key.point) })
    await opens(edk(secret))
    await refuses(edk(secret.subarray(1)))
  })

  it.each<[string, bigint]>([
    ['the base point', 1n],
    ['the negative of the base point', curve.order - 1n],
    ['twice the base point', 2n],
  ])('opens from a sender whose public key is %s', async (_, scalar) => {
    const key = ecKey(curve, scalar)
    const agreed = diffieHellman({ privateKey: recipient.privateKey, publicKey: key.publicKey })
    await opens(ecdhEdk({ curve, shared: agreed, recipient: own, sender: compressed(curve, key.point) }))
  })

  it('opens from the recipient’s own key, and from a point of the smallest coordinate', async () => {
    const withSelf = diffieHellman({ privateKey: recipient.privateKey, publicKey: recipient.publicKey })
    await opens(ecdhEdk({ curve, shared: withSelf, recipient: own, sender: own }))
    const { bytes } = smallestPoint()
    const ecdh = createECDH(curve.openssl)
    ecdh.setPrivateKey(bigintBytes(recipient.scalar, curve.width))
    await opens(ecdhEdk({ curve, shared: ecdh.computeSecret(bytes), recipient: own, sender: bytes }))
  })

  it('refuses a coordinate that is on no point', async () => {
    let found = 0
    for (let x = 0n; found < 4; x += 1n) {
      if (squareRoot(curve, ySquared(curve, x)) !== undefined) continue
      found += 1
      for (const first of [2, 3]) await refusesPoint(Buffer.concat([Buffer.of(first), bigintBytes(x, curve.width)]))
    }
  })

  it('refuses a coordinate of the prime or above, also where its rest is on the curve', async () => {
    const { x } = smallestPoint()
    const limit = 1n << BigInt(8 * curve.width)
    for (const value of [curve.prime, curve.prime + x, limit - 1n, limit - curve.prime > x ? curve.prime + x : limit - 1n]) {
      for (const first of [2, 3]) await refusesPoint(Buffer.concat([Buffer.of(first), bigintBytes(value, curve.width)]))
    }
  })

  it('refuses the point at infinity in every form', async () => {
    await refusesPoint(Buffer.alloc(1))
    await refusesPoint(Buffer.alloc(point.length))
    await refusesPoint(Buffer.alloc(2 * curve.width + 1))
    await refusesPoint(Buffer.concat([Buffer.of(2), Buffer.alloc(curve.width, 0xff)]))
  })

  it.each([0, 1, 4, 5, 6, 7, 0x12, 0xff])('refuses a compressed point that starts with %i', (first) =>
    refusesPoint(Buffer.concat([Buffer.of(first), from.subarray(1)])),
  )

  it('refuses the other y: a point of the curve, but another key', async () => {
    const mirrored = Buffer.concat([Buffer.of((from[0] as number) ^ 1), from.subarray(1)])
    await refuses({ ...right, providerInfo: replaced(right.providerInfo, point.at, mirrored) })
    // With the same secret, since it is the x coordinate alone, it is a key like any other; the binding tells them apart.
    await opens(ecdhEdk({ curve, shared, recipient: own, sender: mirrored }))
    await refuses(ecdhEdk({ curve, shared, recipient: own, sender: mirrored }), mutual)
  })

  it('refuses a valid point that is not compressed, on the wire', async () => {
    for (const first of [4, 6, 7]) {
      const bytes = uncompressed(curve, sender.point, first)
      await refuses(ecdhEdk({ curve, shared, recipient: own, sender: bytes }))
      await refuses(ecdhEdk({ curve, shared, recipient: uncompressed(curve, recipient.point, first), sender: bytes }))
    }
    await refuses(ecdhEdk({ curve, shared, recipient: own, sender: from.subarray(0, -1) }))
    await refuses(ecdhEdk({ curve, shared, recipient: own, sender: Buffer.concat([from, Buffer.of(0)]) }))
    await refuses(ecdhEdk({ curve, shared, recipient: own, sender: Buffer.alloc(0) }))
  })

  it.each(curves.filter((other) => other !== curve))('refuses points of $name', async (other) => {
    const foreign = ecKey(other, 'sender')
    const foreignOwn = ecKey(other, 'recipient')
    const bytes = compressed(other, foreign.point)
    const agreed = diffieHellman({ privateKey: foreignOwn.privateKey, publicKey: foreign.publicKey })
    for (const recipientBytes of [own, compressed(other, foreignOwn.point)]) {
      for (const secret of [agreed, shared]) await refuses(ecdhEdk({ curve, shared: secret, recipient: recipientBytes, sender: bytes }))
    }
    // The x of a point of the other curve, cut or padded to this one's width.
    const fitted = bigintBytes(modulo(foreign.point.x, 1n << BigInt(8 * curve.width)), curve.width)
    for (const first of [2, 3]) {
      await refuses(ecdhEdk({ curve, shared: agreed, recipient: own, sender: Buffer.concat([Buffer.of(first), fitted]) }))
    }
    for (const key of [foreign.publicKey, foreign.publicKey.export({ type: 'spki', format: 'pem' }) as string]) {
      expect(() => rawEcdhKeyring({ schema: 'ephemeral', curve: curve.name, recipientPublicKey: key })).toThrow(
        expect.objectContaining({ code: 'KEY_INVALID' }),
      )
    }
    expect(() => rawEcdhKeyring({ schema: 'discovery', curve: curve.name, privateKey: foreignOwn.privateKey })).toThrow(
      expect.objectContaining({ code: 'KEY_INVALID' }),
    )
  })

  it('refuses another layout: version, lengths, more, less, parties exchanged', async () => {
    for (const version of [0, 2, 0xff]) await refuses(ecdhEdk({ curve, shared, recipient: own, sender: from, version }))
    for (const at of [1, 4, 5 + point.length, 8 + point.length]) {
      for (const value of [1, 0x7f, 0xff]) await refuses({ ...right, providerInfo: replaced(right.providerInfo, at, Buffer.of(value)) })
    }
    await refuses({ ...right, providerInfo: Buffer.concat([right.providerInfo, Buffer.of(0)]) })
    for (const length of [0, 1, 5, point.at, right.providerInfo.length - 1]) {
      await refuses({ ...right, providerInfo: right.providerInfo.subarray(0, length) })
    }
    const turned = ecdhEdk({ curve, shared, recipient: from, sender: own })
    await refuses(turned)
    // Between two parties that know each other it is a message of the one instead of the other.
    await opens(turned, mutual)
  })

  it('refuses another commitment, salt, IV or tag', async () => {
    for (const commitment of [Buffer.alloc(32), Buffer.alloc(32, 0xff)]) {
      await refuses(ecdhEdk({ curve, shared, recipient: own, sender: from, commitment }))
    }
    await refuses(ecdhEdk({ curve, shared, recipient: own, sender: from, iv: Buffer.alloc(12, 1) }))
    await refuses(ecdhEdk({ curve, shared, recipient: own, sender: from, iv: Buffer.alloc(16) }))
    for (let at = 0; at < right.ciphertext.length; at += 3) {
      await refuses({ ...right, ciphertext: replaced(right.ciphertext, at, Buffer.of((right.ciphertext[at] as number) ^ 0x80)) })
    }
    for (const length of [0, 31, 32, 64, 79, 80, 81, right.ciphertext.length - 1]) {
      await refuses({ ...right, ciphertext: right.ciphertext.subarray(0, length) })
    }
    for (const tag of [Buffer.alloc(16), Buffer.alloc(12), Buffer.alloc(0), Buffer.alloc(17)]) {
      await refuses({ ...right, ciphertext: Buffer.concat([right.ciphertext.subarray(0, -16), tag]) })
    }
  })

  it('refuses a secret of another form: both coordinates, hashed, shortened, of another pair', async () => {
    const stranger = ecKey(curve, 'stranger')
    const other = diffieHellman({ privateKey: stranger.privateKey, publicKey: sender.publicKey })
    for (const secret of [
      Buffer.alloc(0),
      Buffer.concat([Buffer.of(2), shared]),
      shared.subarray(1),
      Buffer.from(shared).reverse(),
      other,
    ]) {
      await refuses(ecdhEdk({ curve, shared: secret, recipient: own, sender: from }))
    }
  })

  it('refuses public keys with parameters of their own, or of another form', () => {
    const named = sequence(publicKeyOid, objectId(curve.oid))
    const bytes = uncompressed(curve, sender.point)
    const load = (recipientPublicKey: Uint8Array): Keyring => rawEcdhKeyring({ schema: 'ephemeral', curve: curve.name, recipientPublicKey })
    expect(load(sequence(named, bitString(bytes)))).toHaveProperty('unwrap')
    const { y } = sender.point
    const refused: Record<string, Uint8Array> = {
      // CVE-2020-0601: the right curve, but a base point that makes the sender's public key the attacker's.
      'a generator of its own': sequence(sequence(publicKeyOid, explicitParameters(curve, bytes, curve.order)), bitString(bytes)),
      'another order': sequence(
        sequence(publicKeyOid, explicitParameters(curve, uncompressed(curve, ecKey(curve, 1n).point), curve.order - 2n)),
        bitString(bytes),
      ),
      'no curve': sequence(sequence(publicKeyOid), bitString(bytes)),
      'the oid of another curve': sequence(sequence(publicKeyOid, objectId(curve === p256 ? p384.oid : p256.oid)), bitString(bytes)),
      'the oid of RSA': sequence(sequence(objectId('1.2.840.113549.1.1.1'), objectId(curve.oid)), bitString(bytes)),
      'y + 1': sequence(named, bitString(uncompressed(curve, { ...sender.point, y: y + 1n }))),
      'coordinates exchanged': sequence(named, bitString(uncompressed(curve, { x: y, y: sender.point.x }))),
      zeros: sequence(named, bitString(uncompressed(curve, { x: 0n, y: 0n }))),
      infinity: sequence(named, bitString(Buffer.alloc(1))),
      'a coordinate of the prime': sequence(named, bitString(uncompressed(curve, { ...sender.point, x: curve.prime }))),
      'a hybrid form of the wrong parity': sequence(named, bitString(uncompressed(curve, sender.point, y % 2n === 0n ? 7 : 6))),
      'a missing byte': sequence(named, bitString(bytes.subarray(0, -1))),
      'no point': sequence(named, bitString(Buffer.alloc(0))),
      'an octet string': sequence(named, octetString(bytes)),
    }
    for (const [what, key] of Object.entries(refused)) {
      expect(() => load(key), what).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }))
    }
  })

  it('refuses a private key that is none: zero, the order, or not the one of its public key', () => {
    const { order, width } = curve
    const load = (privateKey: EcKeyInput): Keyring => rawEcdhKeyring({ schema: 'discovery', curve: curve.name, privateKey })
    const pkcs8 = (scalar: bigint, point?: Uint8Array): Buffer => {
      const publicPart = point === undefined ? [] : [element(0xa1, bitString(point))]
      const key = sequence(integer(1n), octetString(bigintBytes(scalar, width)), ...publicPart)
      return sequence(integer(0n), sequence(publicKeyOid, objectId(curve.oid)), octetString(key))
    }
    const { scalar, point } = recipient
    expect(load(pkcs8(scalar))).toHaveProperty('unwrap')
    expect(load(pkcs8(scalar, uncompressed(curve, point)))).toHaveProperty('unwrap')
    const foreign = uncompressed(curve, sender.point)
    const jwk = recipient.privateKey.export({ format: 'jwk' })
    const refused: Record<string, EcKeyInput> = {
      zero: pkcs8(0n),
      'the order': pkcs8(order),
      'with another public key': pkcs8(scalar, foreign),
      'with no public key': pkcs8(scalar, Buffer.alloc(1)),
      'as a JWK with another public key': { ...jwk, ...sender.publicKey.export({ format: 'jwk' }) },
      'as a JWK of zero': { ...jwk, d: bigintBytes(0n, width).toString('base64url') },
    }
    for (const [what, key] of Object.entries(refused)) {
      expect(() => load(key), what).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }))
    }
  })

  it('refuses a JWK whose point is not on its curve, or whose curve is another', () => {
    const jwk = sender.publicKey.export({ format: 'jwk' })
    const text = (value: bigint) => bigintBytes(value, curve.width).toString('base64url')
    const refused: Record<string, EcKeyInput> = {
      'y + 1': { ...jwk, y: text(sender.point.y + 1n) },
      zeros: { ...jwk, x: text(0n), y: text(0n) },
      'the prime': { ...jwk, x: text(curve.prime) },
      'no y': { ...jwk, y: '' },
      'another curve': { ...jwk, crv: curve === p521 ? 'P-384' : 'P-521' },
      'a curve that nobody knows': { ...jwk, crv: 'P-512' },
      'coordinates exchanged': { ...jwk, x: text(sender.point.y), y: text(sender.point.x) },
    }
    for (const [what, key] of Object.entries(refused)) {
      expect(() => rawEcdhKeyring({ schema: 'ephemeral', curve: curve.name, recipientPublicKey: key }), what).toThrow(
        expect.objectContaining({ code: 'KEY_INVALID' }),
      )
    }
  })

  /** A sender whose secret with the recipient starts with a zero byte (on P-521 that is every other one). */
  function shortSecret(): { readonly key: ReturnType<typeof ecKey>; readonly secret: Buffer } {
    for (let index = 0; ; index += 1) {
      const key = ecKey(curve, BigInt(1000 + index))
      const secret = diffieHellman({ privateKey: recipient.privateKey, publicKey: key.publicKey })
      if (secret[0] === 0) return { key, secret }
    }
  }

  /** The point of the smallest x that is on the curve. */
  function smallestPoint(): { readonly x: bigint; readonly bytes: Buffer } {
    for (let x = 0n; ; x += 1n) {
      const y = squareRoot(curve, ySquared(curve, x))
      if (y !== undefined) return { x, bytes: compressed(curve, { x, y }) }
    }
  }
})

function replaced(bytes: Uint8Array, at: number, by: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + by.length)])
}

/** A public key of these bytes. */
function spki(curve: Curve, point: Uint8Array): Buffer {
  return sequence(sequence(publicKeyOid, objectId(curve.oid)), bitString(point))
}

/** The curve by its numbers instead of its name. Source: SEC 1, "ECParameters". */
function explicitParameters(curve: Curve, generator: Uint8Array, order: bigint): Buffer {
  const coefficients = [curve.prime - 3n, curve.b].map((value) => octetString(bigintBytes(value, curve.width)))
  const field = sequence(objectId('1.2.840.10045.1.1'), integer(curve.prime))
  return sequence(integer(1n), field, sequence(...coefficients), octetString(generator), integer(order), integer(1n))
}
