import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { generateRsaKeyPair, loadRsaPrivateKey, loadRsaPublicKey, type RsaKeyInput } from './rsa-key.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const passphrase = 'correct horse'
const encrypted = { cipher: 'aes-256-cbc', passphrase } as const
const modulus = (key: KeyObject): string | undefined => key.export({ format: 'jwk' }).n
const expected = modulus(privateKey)

/** A view in the middle of a larger buffer, as a file reader may give. */
function pooled(bytes: Buffer): Uint8Array {
  return new Uint8Array(Buffer.concat([Buffer.alloc(5), bytes])).subarray(5)
}

describe('a private key', () => {
  it.each<[string, RsaKeyInput]>([
    ['PKCS#8 PEM', privateKey.export({ type: 'pkcs8', format: 'pem' })],
    ['PKCS#1 PEM', privateKey.export({ type: 'pkcs1', format: 'pem' })],
    ['PKCS#8 DER', pooled(privateKey.export({ type: 'pkcs8', format: 'der' }))],
    ['PKCS#1 DER', pooled(privateKey.export({ type: 'pkcs1', format: 'der' }))],
    ['JWK', privateKey.export({ format: 'jwk' })],
    ['KeyObject', privateKey],
  ])('is read from %s', (_form, input) => {
    const loaded = loadRsaPrivateKey(input)
    expect([loaded.type, modulus(loaded)]).toEqual(['private', expected])
    // Its public half comes with it.
    expect(modulus(loadRsaPublicKey(loaded))).toBe(expected)
  })

  it.each<[string, RsaKeyInput]>([
    ['PKCS#8 PEM', privateKey.export({ type: 'pkcs8', format: 'pem', ...encrypted })],
    ['PKCS#1 PEM', privateKey.export({ type: 'pkcs1', format: 'pem', ...encrypted })],
    ['PKCS#8 DER', privateKey.export({ type: 'pkcs8', format: 'der', ...encrypted })],
  ])('that is encrypted is read from %s with its passphrase, and only with it', (_form, input) => {
    expect(modulus(loadRsaPrivateKey(input, passphrase))).toBe(expected)
    const refused = (given?: string): Error => {
      try {
        loadRsaPrivateKey(input, given)
      } catch (error) {
        return error as Error
      }
      throw new Error('it was read')
    }
    expect(refused()).toMatchObject({ code: 'KEY_INVALID', option: 'privateKey', message: expect.stringContaining('give its passphrase') })
    const wrong = refused('wrong horse')
    expect(wrong).toMatchObject({ code: 'KEY_INVALID', option: 'privateKey', message: expect.stringContaining('passphrase') })
    expect(`${wrong.message}${String(wrong.cause)}${wrong.stack}`).not.toContain('wrong horse')
  })

  it('is not its public half', () => {
    for (const input of [publicKey, publicKey.export({ type: 'spki', format: 'pem' }), publicKey.export({ format: 'jwk' })]) {
      expect(() => loadRsaPrivateKey(input)).toThrowError(expect.objectContaining({ code: 'KEY_INVALID', option: 'privateKey' }))
    }
  })
})

describe('a public key', () => {
  it.each<[string, RsaKeyInput]>([
    ['SPKI PEM', publicKey.export({ type: 'spki', format: 'pem' })],
    ['PKCS#1 PEM', publicKey.export({ type: 'pkcs1', format: 'pem' })],
    ['SPKI DER', pooled(publicKey.export({ type: 'spki', format: 'der' }))],
    ['PKCS#1 DER', pooled(publicKey.export({ type: 'pkcs1', format: 'der' }))],
    ['JWK', publicKey.export({ format: 'jwk' })],
    ['KeyObject', publicKey],
    ['a private PEM', privateKey.export({ type: 'pkcs8', format: 'pem' })],
    ['a private JWK', privateKey.export({ format: 'jwk' })],
  ])('is read from %s', (_form, input) => {
    const loaded = loadRsaPublicKey(input)
    expect([loaded.type, modulus(loaded)]).toEqual(['public', expected])
  })
})

describe('other keys are refused', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })

  it.each<[string, RsaKeyInput]>([
    ['an EC KeyObject', ec.privateKey],
    ['an EC PEM', ec.privateKey.export({ type: 'pkcs8', format: 'pem' })],
    ['an EC DER', ec.privateKey.export({ type: 'pkcs8', format: 'der' })],
    ['an EC JWK', ec.privateKey.export({ format: 'jwk' })],
    ['an RSA-PSS key, which may only sign', pss.privateKey],
    ['text', 'no key at all'],
    ['bytes', Uint8Array.of(1, 2, 3)],
    ['an empty JWK', {}],
    ['null', null as never],
    ['a number', 7 as never],
  ])('such as %s', (_what, input) => {
    expect(() => loadRsaPrivateKey(input)).toThrowError(expect.objectContaining({ code: 'KEY_INVALID', option: 'privateKey' }))
    expect(() => loadRsaPublicKey(input)).toThrowError(expect.objectContaining({ code: 'KEY_INVALID', option: 'publicKey' }))
  })
})

describe('generateRsaKeyPair', () => {
  it('makes PEM that loads, of the length asked for', async () => {
    const pair = await generateRsaKeyPair({ modulusLength: 2048 })
    expect(loadRsaPublicKey(pair.publicKey).asymmetricKeyDetails?.modulusLength).toBe(2048)
    expect(modulus(loadRsaPrivateKey(pair.privateKey))).toBe(modulus(loadRsaPublicKey(pair.publicKey)))
  })

  it('encrypts the private half where a passphrase is given', async () => {
    const pair = await generateRsaKeyPair({ modulusLength: 2048, passphrase })
    expect(pair.privateKey).toContain('BEGIN ENCRYPTED PRIVATE KEY')
    expect(() => createPrivateKey(pair.privateKey)).toThrow()
    expect(loadRsaPrivateKey(pair.privateKey, passphrase).type).toBe('private')
  })

  it.each([{ modulusLength: 1024 }, { modulusLength: '2048' }, { passphrase: '' }, { passPhrase: 'misspelt' }])(
    'refuses %j',
    async (options) => {
      await expect(generateRsaKeyPair(options as never)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    },
  )
})
