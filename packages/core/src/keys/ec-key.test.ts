import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type EcKeyInput, generateEcKeyPair, loadEcPrivateKey, loadEcPublicKey } from './ec-key.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })

const publicForms: Record<string, EcKeyInput> = {
  PEM: publicKey.export({ type: 'spki', format: 'pem' }) as string,
  DER: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
  JWK: publicKey.export({ format: 'jwk' }),
  KeyObject: publicKey,
  'the private half as KeyObject': privateKey,
  'the private half as PEM': privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  'the private half as JWK': privateKey.export({ format: 'jwk' }),
}
const privateForms: Record<string, EcKeyInput> = {
  'PKCS#8 PEM': privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  'SEC1 PEM': privateKey.export({ type: 'sec1', format: 'pem' }) as string,
  'PKCS#8 DER': new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' })),
  'SEC1 DER': new Uint8Array(privateKey.export({ type: 'sec1', format: 'der' })),
  JWK: privateKey.export({ format: 'jwk' }),
  KeyObject: privateKey,
}

describe('EC keys', () => {
  it.each(Object.entries(publicForms))('load their public half from %s', (_form, input) => {
    expect(loadEcPublicKey(input, 'P-384', 'recipientPublicKey').equals(publicKey)).toBe(true)
  })

  it.each(Object.entries(privateForms))('load their private half from %s', (_form, input) => {
    expect(loadEcPrivateKey(input, 'P-384').equals(privateKey)).toBe(true)
  })

  it('load an encrypted private key with its passphrase, and say when it is missing or wrong', async () => {
    const pair = await generateEcKeyPair({ curve: 'P-384', passphrase: 'correct horse' })
    expect(pair.privateKey).toContain('ENCRYPTED')
    expect(loadEcPrivateKey(pair.privateKey, 'P-384', 'correct horse').type).toBe('private')
    expect(() => loadEcPrivateKey(pair.privateKey, 'P-384')).toThrow(/give its passphrase/)
    expect(() => loadEcPrivateKey(pair.privateKey, 'P-384', 'wrong horse')).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }))
  })

  it('are refused on another curve, of another kind, and as the other half', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const koblitz = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const cases: [() => KeyObject, RegExp][] = [
      [
        () => loadEcPublicKey(other.publicKey, 'P-384', 'recipientPublicKey'),
        /recipientPublicKey is a public P-256 key; a public key on P-384/,
      ],
      [() => loadEcPrivateKey(other.privateKey, 'P-521'), /private P-256 key; a private key on P-521/],
      [() => loadEcPublicKey(koblitz.publicKey, 'P-256', 'recipientPublicKey'), /public EC key/],
      [() => loadEcPublicKey(rsa.publicKey, 'P-256', 'recipientPublicKey'), /public rsa key/],
      [() => loadEcPrivateKey(publicKey, 'P-384'), /public P-384 key/],
    ]
    for (const [load, message] of cases)
      expect(load).toThrow(expect.objectContaining({ code: 'KEY_INVALID', message: expect.stringMatching(message) }))
  })

  it('are refused where the point is not on the curve', () => {
    const der = Buffer.from(publicKey.export({ type: 'spki', format: 'der' }))
    der[der.length - 1] = (der.at(-1) as number) ^ 1
    const jwk = publicKey.export({ format: 'jwk' })
    const y = Buffer.from(jwk.y as string, 'base64url')
    y[47] = (y[47] as number) ^ 1
    for (const input of [der, { ...jwk, y: y.toString('base64url') }, { ...jwk, x: '', y: '' }]) {
      expect(() => loadEcPublicKey(input, 'P-384', 'recipientPublicKey')).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }))
    }
  })

  it.each(['P-256', 'P-384', 'P-521'] as const)('are made on %s', async (curve) => {
    const pair = await generateEcKeyPair({ curve })
    expect(
      loadEcPublicKey(pair.publicKey, curve, 'recipientPublicKey').equals(loadEcPublicKey(createPrivateKey(pair.privateKey), curve, '')),
    ).toBe(true)
  })

  it('are made with known options only', async () => {
    await expect(generateEcKeyPair({ curve: 'secp256k1' } as never)).rejects.toMatchObject({ option: 'curve' })
    await expect(generateEcKeyPair({ bits: 256 } as never)).rejects.toMatchObject({ option: 'bits' })
  })
})
