import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { dataKeyKeyring } from '../support/data-key-keyring.ts'
import { forgeMessage, withFooter } from '../support/message-forge.ts'
import { type Curve, compressed, ecKey, type FixedEcKey, inverse, modulo, multiplyBase, p256, p384, seededBytes } from './curves.ts'
import { bigintBytes, bitString, element, integer, integerContent, octetString, sequence } from './der.ts'
import { derOf, hashOf, type Signature, signDigest, signFixed } from './ecdsa-forge.ts'
import { content, expectOpens, expectRefused } from './verdict.ts'

const NULL = Buffer.of(5, 0)

describe.each([
  ['0214', p256, p384, 16],
  ['0378', p384, p256, 32],
  ['0578', p384, p256, 32],
] as const)('the ECDSA signature of suite %s', (suite, curve, otherCurve, keyLength) => {
  const dataKey = seededBytes(suite, keyLength)
  const keyring = dataKeyKeyring(dataKey)
  const signer = ecKey(curve, 'signer')
  const message = signedBy(signer)
  const signature = signFixed(signer, message)
  const { r, s } = signature
  const n = curve.order

  /** A message that names the key, without its footer. */
  function signedBy({ curve: on, point }: FixedEcKey): Buffer {
    const context = [['aws-crypto-public-key', compressed(on, point).toString('base64')]] as const
    const header = { suite, messageId: seededBytes('message id', suite === '0578' ? 32 : 16), context, frameLength: 64 }
    return forgeMessage(dataKey, header, { frames: [{ sequence: 1, content, final: true }] })
  }
  const opens = (footer: Uint8Array, of = message) => expectOpens(keyring, withFooter(of, footer))
  const refuses = (footer: Uint8Array, of = message) => expectRefused(keyring, withFooter(of, footer))
  const body = Buffer.concat([integer(r), integer(s)])

  it('opens in DER', () => opens(derOf(signature)))
  it('opens with s above half the order, and with s below it', async () => {
    expect(s > n / 2n).not.toBe(n - s > n / 2n)
    await opens(derOf({ r, s }))
    await opens(derOf({ r, s: n - s }))
  })
  it.each<[string, bigint]>([
    ['one', 1n],
    ['two', 2n],
    ['the order less one', n - 1n],
    ['half the order', (n + 1n) / 2n],
  ])('opens where the nonce is %s', (_, nonce) =>
    opens(derOf(signDigest(signer, createHash(hashOf(curve)).update(message).digest(), nonce))),
  )
  it.each<[string, bigint]>([
    ['one, so that the public key is the base point', 1n],
    ['the order less one', n - 1n],
    ['two', 2n],
  ])('opens where the private key is %s', async (_, scalar) => {
    const key = ecKey(curve, scalar)
    const of = signedBy(key)
    await opens(derOf(signFixed(key, of)), of)
    await refuses(derOf(signFixed(signer, of)), of)
  })
  it('opens where r or s is short', async () => {
    const short = shortSignature(signer, message)
    expect(derOf(short).length).toBeLessThan(derOf(signature).length)
    await opens(derOf(short))
  })

  it.each<[string, () => Uint8Array]>([
    ['the sequence’s length in two bytes', () => element(0x30, body, { needless: 0 })],
    ['the sequence’s length with a needless zero', () => element(0x30, body, { needless: 1 })],
    ['the sequence’s length with many zeros', () => element(0x30, body, { needless: 8 })],
    ['a sequence of indefinite length', () => element(0x30, body, 'indefinite')],
    ['the length of r in two bytes', () => sequence(element(2, integerContent(r), { needless: 0 }), integer(s))],
    ['the length of s in two bytes', () => sequence(integer(r), element(2, integerContent(s), { needless: 0 }))],
    ['the length of r with a needless zero', () => sequence(element(2, integerContent(r), { needless: 1 }), integer(s))],
    ['the length of s with a needless zero', () => sequence(integer(r), element(2, integerContent(s), { needless: 1 }))],
    ['r of indefinite length', () => sequence(element(2, integerContent(r), 'indefinite'), integer(s))],
    ['s of indefinite length', () => sequence(integer(r), element(2, integerContent(s), 'indefinite'))],
    ['a leading zero in r', () => sequence(element(2, Buffer.concat([Buffer.of(0), integerContent(r)])), integer(s))],
    ['a leading zero in s', () => sequence(integer(r), element(2, Buffer.concat([Buffer.of(0), integerContent(s)])))],
    ['many leading zeros in s', () => sequence(integer(r), element(2, Buffer.concat([Buffer.alloc(64), integerContent(s)])))],
    ['r as it is without its sign byte, or negative', () => sequence(element(2, withoutSign(r)), integer(s))],
    ['s as it is without its sign byte, or negative', () => sequence(integer(r), element(2, withoutSign(s)))],
    ['r in an octet string', () => sequence(octetString(integerContent(r)), integer(s))],
    ['s in a bit string', () => sequence(integer(r), bitString(integerContent(s)))],
    ['r as an enumerated value', () => sequence(element(0x0a, integerContent(r)), integer(s))],
    ['r as a constructed integer', () => sequence(element(0x22, integerContent(r)), integer(s))],
    ['a set instead of the sequence', () => element(0x31, body)],
    ['a primitive sequence', () => element(0x10, body)],
    ['r and s without the sequence', () => body],
    ['the sequence in a sequence', () => sequence(sequence(body))],
    ['the sequence in an octet string', () => octetString(sequence(body))],
    ['r and s without ASN.1, one after the other', () => Buffer.concat([bigintBytes(r, curve.width), bigintBytes(s, curve.width)])],
  ])('is refused in another encoding: %s', (_, encoding) => refuses(encoding()))

  it.each<[string, () => Uint8Array]>([
    ['a byte behind it', () => Buffer.concat([derOf(signature), Buffer.of(0)])],
    ['a NULL behind it', () => Buffer.concat([derOf(signature), NULL])],
    ['the end of an indefinite length behind it', () => Buffer.concat([derOf(signature), Buffer.of(0, 0)])],
    ['itself behind it', () => Buffer.concat([derOf(signature), derOf(signature)])],
    ['a byte in the sequence', () => sequence(body, Buffer.of(0))],
    ['a NULL in the sequence', () => sequence(body, NULL)],
    ['a third number', () => sequence(body, integer(1n))],
    ['a NULL between the numbers', () => sequence(integer(r), NULL, integer(s))],
    ['a NULL before the numbers', () => sequence(NULL, body)],
  ])('is refused with more than belongs there: %s', (_, encoding) => refuses(encoding()))

  it.each<[string, () => Uint8Array]>([
    ['one less', () => element(0x30, body, 'der', body.length - 1)],
    ['one more', () => element(0x30, body, 'der', body.length + 1)],
    ['none', () => element(0x30, body, 'der', 0)],
    ['2^31', () => Buffer.concat([Buffer.of(0x30, 0x84, 0x80, 0, 0, 0), body])],
    ['2^32 too much', () => Buffer.concat([Buffer.of(0x30, 0x85, 1, 0, 0, 0, body.length), body])],
    ['2^64 too much', () => Buffer.concat([Buffer.of(0x30, 0x89, 1), Buffer.alloc(7), Buffer.of(body.length), body])],
    ['of a reserved form', () => Buffer.concat([Buffer.of(0x30, 0xff), body])],
  ])('is refused where the sequence says its length is %s', (_, encoding) => refuses(encoding()))

  it('is refused where a number says it is shorter or longer', async () => {
    for (const by of [-1, 1, 0x30]) {
      const [rBytes, sBytes] = [integerContent(r), integerContent(s)]
      await refuses(sequence(element(2, rBytes, 'der', rBytes.length + by), integer(s)))
      await refuses(sequence(integer(r), element(2, sBytes, 'der', sBytes.length + by)))
    }
  })

  it('is refused cut anywhere, and where the footer is empty', async () => {
    const der = derOf(signature)
    for (let length = 0; length < der.length; length += 1) await refuses(der.subarray(0, length))
  })

  it.each<[string, () => Uint8Array]>([
    ['an empty sequence', () => sequence()],
    ['r alone', () => sequence(integer(r))],
    ['empty numbers', () => sequence(element(2, Buffer.alloc(0)), element(2, Buffer.alloc(0)))],
    ['an empty r', () => sequence(element(2, Buffer.alloc(0)), integer(s))],
    ['an empty s', () => sequence(integer(r), element(2, Buffer.alloc(0)))],
    ['NULLs', () => sequence(NULL, NULL)],
    ['booleans', () => sequence(Buffer.of(1, 1, 0xff), Buffer.of(1, 1, 0xff))],
  ])('is refused as %s', (_, encoding) => refuses(encoding()))

  const edges: readonly (readonly [string, bigint])[] = [
    ['0', 0n],
    ['1', 1n],
    ['-1', -1n],
    ['n', n],
    ['n - 1', n - 1n],
    ['n + 1', n + 1n],
    ['2n', 2n * n],
    ['-n', -n],
    ['p', curve.prime],
    ['p + 1', curve.prime + 1n],
    ['2^bits', 1n << BigInt(8 * curve.width)],
    ['2^1024', 1n << 1024n],
  ]
  it.each(edges.flatMap(([rName, rEdge]) => edges.map(([sName, sEdge]) => [rName, sName, { r: rEdge, s: sEdge }] as const)))(
    'is refused with r = %s and s = %s',
    (_r, _s, edge) => refuses(derOf(edge)),
  )
  it.each(edges)('is refused with %s for one of its numbers', async (_, edge) => {
    await refuses(derOf({ r: edge, s }))
    await refuses(derOf({ r, s: edge }))
  })
  it.each<[string, Signature]>([
    ['r + n', { r: r + n, s }],
    ['s + n', { r, s: s + n }],
    ['r - n', { r: r - n, s }],
    ['s - n', { r, s: s - n }],
    ['-r', { r: -r, s }],
    ['-s', { r, s: -s }],
    ['n - r', { r: n - r, s }],
    ['r + 2^(bits)', { r: r + (1n << BigInt(8 * curve.width)), s }],
    ['r + p', { r: r + curve.prime, s }],
    ['r and s swapped', { r: s, s: r }],
    ['the inverse of s', { r, s: inverse(s, n) }],
  ])('is refused with a number congruent or related to the right one: %s', (_, forged) => refuses(derOf(forged)))

  it('is refused from another key, of another message, and over another hash', async () => {
    await refuses(derOf(signFixed(ecKey(curve, 'stranger'), message)))
    await refuses(derOf(signFixed(signer, message.subarray(1))))
    await refuses(derOf(signFixed(signer, withFooter(message, Buffer.alloc(0)))))
    for (const hash of ['sha1', 'sha256', 'sha384', 'sha512', 'sha3-256', 'sha3-384'].filter((name) => name !== hashOf(curve))) {
      await refuses(derOf(signFixed(signer, message, hash)))
    }
    // As if the digest were the data.
    await refuses(derOf(signFixed(signer, createHash(hashOf(curve)).update(message).digest())))
  })

  it('is refused from a key of the other curve, whichever key the message names', async () => {
    const foreign = ecKey(otherCurve, 'signer')
    for (const hash of [hashOf(curve), hashOf(otherCurve)]) {
      await refuses(derOf(signFixed(foreign, message, hash)))
      const naming = signedBy(foreign)
      await refuses(derOf(signFixed(foreign, naming, hash)), naming)
      await refuses(derOf(signFixed(signer, naming, hash)), naming)
    }
  })

  it('is refused where anybody could make it: r and s of the public key alone', async () => {
    // R = uG + vQ gives a valid pair for some digest, which is not the message's.
    const v = 3n
    const sum = multiplyBase(curve, modulo(5n + v * signer.scalar, n))
    const forgedR = sum.x % n
    await refuses(derOf({ r: forgedR, s: modulo(forgedR * inverse(v, n), n) }))
  })
})

/** A signature whose r has a zero byte in front. */
function shortSignature(key: FixedEcKey, data: Uint8Array): Signature {
  const digest = createHash(hashOf(key.curve)).update(data).digest()
  for (let nonce = 1n; ; nonce += 1n) {
    const candidate = signDigest(key, digest, nonce)
    if (isShort(key.curve, candidate.r)) return candidate
  }
}

function isShort({ width }: Curve, value: bigint): boolean {
  return value < 1n << BigInt(8 * (width - 1) - 1)
}

/** The number's bytes without the zero that makes it positive; where it needs none, the negative of the number. */
function withoutSign(value: bigint): Buffer {
  const bytes = integerContent(value)
  return bytes[0] === 0 ? bytes.subarray(1) : integerContent(-value)
}
