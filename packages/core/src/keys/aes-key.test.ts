import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { generateAesKey, loadAesKey } from './aes-key.ts'

describe('an AES key', () => {
  it.each([16, 24, 32])('of %i bytes comes from bytes, a KeyObject or a JWK', (length) => {
    const bytes = new Uint8Array(length).map((_, index) => index * 7 + 0xf0)
    const forms = [bytes, createSecretKey(bytes), { kty: 'oct', k: Buffer.from(bytes).toString('base64url') }]
    for (const form of forms) expect(Uint8Array.from(loadAesKey(form).export())).toEqual(bytes)
  })

  it('is a copy: its bytes may be wiped afterwards', () => {
    const bytes = new Uint8Array(32).fill(7)
    const key = loadAesKey(bytes)
    bytes.fill(0)
    expect(key.export()[0]).toBe(7)
  })

  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

  it.each<[string, unknown]>([
    ['15 bytes', new Uint8Array(15)],
    ['33 bytes', new Uint8Array(33)],
    ['no bytes', new Uint8Array(0)],
    ['a KeyObject of 15 bytes', createSecretKey(new Uint8Array(15))],
    ['a private key', privateKey],
    ['a public key', publicKey],
    ['a string', '0123456789abcdef'],
    ['a JWK of another type', { kty: 'RSA', k: 'AAAAAAAAAAAAAAAAAAAAAA' }],
    ['a JWK without k', { kty: 'oct' }],
    ['a JWK of 15 bytes', { kty: 'oct', k: Buffer.alloc(15).toString('base64url') }],
    ['a JWK whose k is no base64url', { kty: 'oct', k: `${Buffer.alloc(16).toString('base64url')}!*` }],
    ['null', null],
    ['nothing', undefined],
  ])('is not %s', (_what, input) => {
    expect(() => loadAesKey(input as never)).toThrowError(expect.objectContaining({ code: 'KEY_INVALID', option: 'key' }))
  })

  it('is not printed by the error that refuses it', () => {
    const marker = 'AQEBAQEBAQEBAQEBAQEB'
    for (const input of [new Uint8Array(15).fill(1), { kty: 'oct', k: marker }, { kty: 'none', k: marker }]) {
      expect(() => loadAesKey(input)).toThrowError(expect.objectContaining({ message: expect.not.stringMatching(/AQEB|1,1,1|0101/) }))
    }
  })
})

describe('generateAesKey', () => {
  it('makes fresh keys of the length asked for', () => {
    expect([generateAesKey(), generateAesKey(128), generateAesKey(192), generateAesKey(256)].map(({ length }) => length)).toEqual([
      32, 16, 24, 32,
    ])
    expect(generateAesKey()).not.toEqual(generateAesKey())
  })

  it.each([0, 64, 512, '256', null])('refuses %j bits', (bits) => {
    expect(() => generateAesKey(bits as 256)).toThrowError(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})
