import { constants, generateKeyPairSync, privateDecrypt } from 'node:crypto'
import { expect, it } from 'vitest'
import { assertImplicitRejection } from './rsa-pkcs1.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

it('this runtime rejects implicitly: garbage decrypts to bytes, never to an error', () => {
  assertImplicitRejection(privateKey)
  for (let first = 0; first < 32; first += 1) {
    const garbage = Buffer.alloc(256, 0x5a)
    garbage[0] = first
    expect(privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, garbage)).toBeInstanceOf(Buffer)
  }
})

it('it does so for a modulus that is no whole number of bytes too', () => {
  const { privateKey: odd } = generateKeyPairSync('rsa', { modulusLength: 2050 })
  assertImplicitRejection(odd)
})

it('a key that cannot be tried counts as unsafe, every time', () => {
  const { privateKey: ec } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  for (let attempt = 0; attempt < 2; attempt += 1) {
    expect(() => assertImplicitRejection(ec)).toThrowError(
      expect.objectContaining({ code: 'RUNTIME_UNSUPPORTED', message: expect.stringContaining('OAEP') }),
    )
  }
})
