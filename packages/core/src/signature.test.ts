import { createECDH, generateKeyPairSync, sign as signSync, verify as verifySync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { generateSigningKey, parseVerificationKey, signFixedLength, toFixedLength, verifySignature } from './signature.ts'
import { type SuiteSignature, suiteById } from './suite.ts'

const p256 = suiteById('0214').signature as SuiteSignature
const p384 = suiteById('0578').signature as SuiteSignature
const data = new TextEncoder().encode('signed')

describe.each([
  ['P-256', p256, 'prime256v1', 32, 71],
  ['P-384', p384, 'secp384r1', 48, 103],
] as const)('%s', (_curve, signature, openssl, coordinate, length) => {
  it('signs at one length, and every signature verifies, by the runtime too', async () => {
    const { signingKey, publicKey } = await generateSigningKey(signature)
    const key = parseVerificationKey(signature, publicKey)
    if (key === undefined) throw new Error('the key does not parse')
    for (let count = 0; count < 25; count += 1) {
      const der = await signFixedLength(signature, signingKey, data)
      expect(der).toHaveLength(length)
      expect(await verifySignature(signature, key, data, der)).toBe(true)
      expect(verifySync(signature.hash, data, key, der)).toBe(true)
    }
  })

  it('does not verify other data, another key, or a changed signature', async () => {
    const { signingKey, publicKey } = await generateSigningKey(signature)
    const key = parseVerificationKey(signature, publicKey) as NonNullable<ReturnType<typeof parseVerificationKey>>
    const other = parseVerificationKey(signature, (await generateSigningKey(signature)).publicKey) as typeof key
    const der = await signFixedLength(signature, signingKey, data)
    expect(await verifySignature(signature, key, data.subarray(1), der)).toBe(false)
    expect(await verifySignature(signature, other, data, der)).toBe(false)
    for (const broken of [new Uint8Array(0), der.subarray(1), Uint8Array.of(...der, 0), new Uint8Array(length)]) {
      expect(await verifySignature(signature, key, data, broken)).toBe(false)
    }
  })

  it('stores the public key as the compressed point that the runtime makes of the same key', async () => {
    const { signingKey, publicKey } = await generateSigningKey(signature)
    const ecdh = createECDH(openssl)
    ecdh.setPrivateKey(Buffer.from(signingKey.export({ format: 'jwk' }).d as string, 'base64url'))
    expect(publicKey).toBe(ecdh.getPublicKey('base64', 'compressed'))
    const key = parseVerificationKey(signature, publicKey)
    expect(key?.export({ format: 'jwk' }).x).toBe(
      Buffer.from(ecdh.getPublicKey())
        .subarray(1, coordinate + 1)
        .toString('base64url'),
    )
  })

  it('takes a public key only in the one form', async () => {
    const ecdh = createECDH(openssl)
    ecdh.generateKeys()
    const compressed = ecdh.getPublicKey(null, 'compressed')
    const good = compressed.toString('base64')
    const withFirst = (first: number): string => Buffer.concat([Buffer.of(first), compressed.subarray(1)]).toString('base64')
    expect(parseVerificationKey(signature, good)).toBeDefined()
    const refused: Record<string, string> = {
      uncompressed: ecdh.getPublicKey('base64', 'uncompressed'),
      hybrid: ecdh.getPublicKey('base64', 'hybrid'),
      'of an unknown form': withFirst(5),
      'the point at infinity': Buffer.alloc(coordinate + 1).toString('base64'),
      'a byte short': compressed.subarray(0, -1).toString('base64'),
      'a byte long': Buffer.concat([compressed, Buffer.of(0)]).toString('base64'),
      'with a coordinate above the prime': Buffer.concat([Buffer.of(2), Buffer.alloc(coordinate, 0xff)]).toString('base64'),
      base64url: good.includes('+') || good.includes('/') ? compressed.toString('base64url') : `${good}=`,
      'with a line break': `${good.slice(0, 4)}\n${good.slice(4)}`,
      'with a space after it': `${good} `,
      hex: compressed.toString('hex'),
      empty: '',
    }
    for (const [what, text] of Object.entries(refused)) expect([what, parseVerificationKey(signature, text)]).toEqual([what, undefined])
  })

  it('refuses a coordinate that is on no point of the curve', () => {
    const offCurve = Array.from({ length: 64 }, (_, x) =>
      Buffer.concat([Buffer.of(2), Buffer.alloc(coordinate - 1), Buffer.of(x)]).toString('base64'),
    )
    const parsed = offCurve.map((text) => parseVerificationKey(signature, text) !== undefined)
    // About half of all x have a point.
    expect(parsed).toContain(false)
    expect(parsed).toContain(true)
  })
})

it('refuses a key of the other curve, on either side', async () => {
  const small = await generateSigningKey(p256)
  const large = await generateSigningKey(p384)
  expect(parseVerificationKey(p384, small.publicKey)).toBeUndefined()
  expect(parseVerificationKey(p256, large.publicKey)).toBeUndefined()
  for (const key of [small.signingKey, generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey]) {
    await expect(signFixedLength(p384, key, data)).rejects.toMatchObject({ code: 'MATERIALS_INVALID' })
  }
})

describe('non-canonical base64', () => {
  it('whose last character has bits to spare is refused', async () => {
    // Of P-384 only: its 49 bytes leave four bits of the last character unused, the 33 bytes of P-256 leave none.
    const { publicKey } = await generateSigningKey(p384)
    expect(publicKey).toMatch(/[AQgw]==$/)
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
    const last = alphabet[alphabet.indexOf(publicKey.at(-3) as string) + 1] as string
    const spare = `${publicKey.slice(0, -3)}${last}==`
    expect(Buffer.from(spare, 'base64')).toEqual(Buffer.from(publicKey, 'base64'))
    expect(parseVerificationKey(p384, spare)).toBeUndefined()
    expect(parseVerificationKey(p384, publicKey.replace(/=+$/, ''))).toBeUndefined()
  })
})

describe('toFixedLength', () => {
  const n384 = BigInt(`0x${'f'.repeat(48)}c7634d81f4372ddf581a0db248b0a77aecec196accc52973`)
  const wide = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(96, '0'), 'hex')
  const rs = (r: bigint, s: bigint): Buffer => Buffer.concat([wide(r), wide(s)])
  const high = n384 - 5n
  const low = 1n << 380n

  /** r and s of a DER signature, read strictly. */
  function read(der: Uint8Array): [bigint, bigint] {
    const bytes = Buffer.from(der)
    expect([bytes[0], bytes[1]]).toEqual([0x30, bytes.length - 2])
    let at = 2
    const integers = [0, 1].map(() => {
      expect(bytes[at]).toBe(2)
      const length = bytes[at + 1] as number
      const content = bytes.subarray(at + 2, at + 2 + length)
      at += 2 + length
      expect((content[0] as number) < 0x80).toBe(true)
      expect(content.length === 1 || content[0] !== 0 || (content[1] as number) >= 0x80).toBe(true)
      return BigInt(`0x${content.toString('hex')}`)
    })
    expect(at).toBe(bytes.length)
    return integers as [bigint, bigint]
  }

  it('keeps s where one of r and s has its high bit set', () => {
    expect(read(toFixedLength(p384, rs(high, low)) as Uint8Array)).toEqual([high, low])
    expect(read(toFixedLength(p384, rs(low, high)) as Uint8Array)).toEqual([low, high])
  })

  it('replaces s by n - s where both have it, or neither', () => {
    const upper = n384 - (n384 >> 2n)
    expect(read(toFixedLength(p384, rs(high, upper)) as Uint8Array)).toEqual([high, n384 - upper])
    expect(read(toFixedLength(p384, rs(low, low)) as Uint8Array)).toEqual([low, n384 - low])
  })

  it('gives up where r is too short for either', () => {
    expect(toFixedLength(p384, rs(1n, high))).toBeUndefined()
    expect(toFixedLength(p384, rs(1n << 370n, low))).toBeUndefined()
  })

  it('gives up where s is short, but for n - s', () => {
    expect(toFixedLength(p384, rs(high, 1n))).toBeUndefined()
    expect(read(toFixedLength(p384, rs(low, 1n)) as Uint8Array)).toEqual([low, n384 - 1n])
  })

  it('never answers another length, nor a signature that does not verify', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    let kept = 0
    for (let count = 0; count < 400; count += 1) {
      const der = toFixedLength(p256, signSync('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' }))
      if (der === undefined) continue
      kept += 1
      expect(der).toHaveLength(71)
      expect(verifySync('sha256', data, publicKey, der)).toBe(true)
    }
    expect(kept).toBeGreaterThan(350)
  })
})
