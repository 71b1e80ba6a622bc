import { createHash, generateKeyPairSync, type JsonWebKey, type KeyObject, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { generateAesKey } from './aes-key.ts'
import { compressedPoint, publicKeyOfPoint } from './ec-curve.ts'
import { keyFingerprint } from './key-fingerprint.ts'

describe('keyFingerprint', () => {
  it.each([
    ['RSA-2048', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['P-521', generateKeyPairSync('ec', { namedCurve: 'P-521' })],
    ['ED25519', generateKeyPairSync('ed25519')],
  ])('of both halves of %s, in every form, is the hash of the SubjectPublicKeyInfo', (kind, { publicKey, privateKey }) => {
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    const expected = `${kind} SHA256:${createHash('sha256').update(spki).digest('base64url')}`
    const forms = [publicKey, privateKey, new Uint8Array(spki), publicKey.export({ format: 'jwk' }), privateKey.export({ format: 'jwk' })]
    const texts = [publicKey.export({ type: 'spki', format: 'pem' }), privateKey.export({ type: 'pkcs8', format: 'pem' })] as string[]
    for (const form of [...forms, ...texts]) expect(keyFingerprint(form)).toBe(expected)
  })

  it('of an EC key with a compressed point is the usual one', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    const compressed = publicKeyOfPoint('P-384', compressedPoint(publicKey))
    expect(keyFingerprint(compressed as KeyObject)).toBe(keyFingerprint(publicKey))
  })

  it('of an AES key is the same in every form, differs from key to key, and shows no byte of it', () => {
    const key = generateAesKey(192)
    const jwk: JsonWebKey = { kty: 'oct', k: Buffer.from(key).toString('base64url') }
    const fingerprint = keyFingerprint(key)
    expect(fingerprint).toMatch(/^AES-192 MAC:[\w-]{11}$/)
    expect(keyFingerprint(jwk)).toBe(fingerprint)
    expect(keyFingerprint(generateAesKey(192))).not.toBe(fingerprint)
    const shown = Buffer.from(fingerprint.split(':')[1] as string, 'base64url')
    expect(Buffer.from(key).includes(shown.subarray(0, 3))).toBe(false)
  })

  it('of what is no key is an error that shows none of it', () => {
    const secret = randomBytes(31)
    for (const wrong of [secret, secret.toString('base64'), { kty: 'oct', k: secret.toString('base64url') }, 7, null]) {
      let failure: unknown
      try {
        keyFingerprint(wrong as never)
      } catch (error) {
        failure = error
      }
      expect(failure).toMatchObject({ code: 'KEY_INVALID' })
      expect(`${failure} ${(failure as Error).cause}`).not.toContain(secret.toString('base64').slice(0, 8))
    }
  })
})
