import { constants, publicEncrypt } from 'node:crypto'
import { rawRsaKeyring } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { seededBytes } from './curves.ts'
import { bigintBytes, bytesToBigint } from './der.ts'
import { dataKey } from './edk-forge.ts'
import { oaepBlock, pkcs1Block, rawEncrypt, rsaKey } from './rsa-forge.ts'
import { expectOpens, expectRefused, messageWith, verdictOf } from './verdict.ts'

// The padding must not be told from a right one by anything that an attacker sees (Bleichenbacher): every failure has the words of a message
// whose data key is another, which is what a right padding around anything else gives.
describe.each([2048, 2050])('a data key under RSA PKCS#1 v1.5 with %i bits', (bits) => {
  const key = rsaKey(bits, 'pkcs1')
  const { width, modulus } = key
  const keyring = rawRsaKeyring({ namespace: 'n', name: 'k', padding: 'PKCS1', privateKey: key.privateKey })
  const message = (ciphertext: Uint8Array) => messageWith([{ providerId: Buffer.from('n'), providerInfo: Buffer.from('k'), ciphertext }])
  const block = (options?: Parameters<typeof pkcs1Block>[2], secret: Uint8Array = dataKey) => pkcs1Block(width, secret, options)
  const forge = (bytes: Uint8Array) => message(rawEncrypt(key, bytes))
  const wellPadded = forge(block({}, seededBytes('another key', 32)))

  async function expectUntold(forged: Uint8Array): Promise<void> {
    const verdict = await verdictOf(keyring, forged)
    expect(verdict).not.toBe('opened')
    expect(verdict).toEqual(await verdictOf(keyring, wellPadded))
  }

  it('opens, as made here and by OpenSSL', async () => {
    await expectOpens(keyring, forge(block()))
    await expectOpens(keyring, message(publicEncrypt({ key: key.publicKey, padding: constants.RSA_PKCS1_PADDING }, dataKey)))
  })

  it.each<[string, () => Uint8Array]>([
    ['a first byte of 1', () => block({ first: 1 })],
    ['block type 0', () => block({ type: 0 })],
    ['block type 1', () => block({ type: 1 })],
    ['block type 3', () => block({ type: 3 })],
    ['block type 0xff', () => block({ type: 0xff })],
    ['no separator', () => block({ separator: 0x55 })],
    ['no zero anywhere', () => Buffer.concat([Buffer.of(0, 2), Buffer.alloc(width - 2, 0x55)])],
    ['an empty padding', () => Buffer.concat([Buffer.of(0, 2, 0), Buffer.alloc(width - 3, 0x55)])],
    ['only the separator behind the padding', () => block({ padding: width - 3 }, Buffer.alloc(0))],
    ['zeros', () => Buffer.alloc(width)],
    ['the block type and zeros', () => Buffer.concat([Buffer.of(0, 2), Buffer.alloc(width - 2)])],
  ])('is refused like any other with %s', (_, bytes) => expectUntold(forge(bytes())))

  it.each([0, 1, 2, 3, 4, 5, 6, 7])('is refused like any other with a zero as byte %i of its padding', (zeroAt) =>
    expectUntold(forge(block({ zeroAt }))),
  )
  it.each([8, 9, 100])('is refused like any other with a zero as byte %i of its padding, which ends it early', (zeroAt) =>
    expectUntold(forge(block({ zeroAt }))),
  )
  it.each([0, 1, 16, 24, 31, 33, 48, 64])('is refused like any other where the key in it has %i bytes', (size) =>
    expectUntold(forge(block({}, seededBytes('data key', size)))),
  )
  it('is refused like any other where it fills the block, with 8 bytes of padding or fewer', async () => {
    for (const padding of [8, 7, 1]) await expectUntold(forge(block({ padding }, seededBytes('long', width - 3 - padding))))
  })
  it('is refused like any other under OAEP, under another key, and without padding', async () => {
    await expectUntold(forge(oaepBlock(width, dataKey, { hash: 'sha1' })))
    await expectUntold(forge(Buffer.concat([Buffer.alloc(width - dataKey.length), dataKey])))
    const numberOfOther = bytesToBigint(rawEncrypt(rsaKey(bits, 'other'), block())) % modulus
    await expectUntold(message(bigintBytes(numberOfOther, width)))
  })
  it.each<[string, bigint]>([
    ['0', 0n],
    ['1', 1n],
    ['2', 2n],
    ['n - 1', modulus - 1n],
    ['n - 2', modulus - 2n],
  ])('is refused like any other as the number %s', (_, number) => expectUntold(message(bigintBytes(number, width))))
  it('is refused like any other multiplied by a number of the attacker’s, as in the attack', async () => {
    const number = bytesToBigint(rawEncrypt(key, block()))
    for (let factor = 2n; factor < 40n; factor += 1n) {
      await expectUntold(message(bigintBytes((number * factor ** 65_537n) % modulus, width)))
    }
  })
  it('is refused the same way every time', async () => {
    const forged = forge(block({ type: 1 }))
    const verdicts = new Set<string>()
    for (let time = 0; time < 20; time += 1) verdicts.add(JSON.stringify(await verdictOf(keyring, forged)))
    expect(verdicts.size).toBe(1)
  })

  // Nothing secret is in these: anybody can see the length, and compare with the modulus.
  it('is refused as a number of the modulus or above, too short, or too long', async () => {
    for (const number of [modulus, modulus + 1n, modulus + 2n, (1n << BigInt(8 * width)) - 1n]) {
      await expectRefused(keyring, message(bigintBytes(number, width)))
    }
    const right = rawEncrypt(key, block())
    for (const length of [0, 1, 16, width - 1]) {
      await expectRefused(keyring, message(right.subarray(0, length)))
      await expectRefused(keyring, message(right.subarray(width - length)))
    }
    for (const more of [Buffer.of(0), Buffer.alloc(16), right]) {
      await expectRefused(keyring, message(Buffer.concat([right, more])))
      await expectRefused(keyring, message(Buffer.concat([more, right])))
    }
  })
  it('is refused with its leading zero left out', async () => {
    const small = smallCiphertext()
    await expectOpens(keyring, message(small))
    await expectRefused(keyring, message(small.subarray(1)))
  })

  function smallCiphertext(): Buffer {
    for (let index = 0; ; index += 1) {
      const filler = seededBytes(`padding ${index}`, width - 3 - dataKey.length).map((byte) => byte || 1)
      const ciphertext = rawEncrypt(key, Buffer.concat([Buffer.of(0, 2), filler, Buffer.of(0), dataKey]))
      if (ciphertext[0] === 0) return ciphertext
    }
  }
})
