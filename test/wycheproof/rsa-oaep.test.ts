import { constants, createHash, privateDecrypt, publicEncrypt } from 'node:crypto'
import { type RawRsaPadding, rawRsaKeyring } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { seededBytes } from './curves.ts'
import { bigintBytes, bytesToBigint } from './der.ts'
import { dataKey } from './edk-forge.ts'
import { type OaepOptions, oaepBlock, rawEncrypt, rsaKey } from './rsa-forge.ts'
import { expectOpens, expectRefused, messageWith } from './verdict.ts'

const key = rsaKey(2048, 'oaep')
const { width, modulus } = key
const hashes = ['sha1', 'sha256', 'sha384', 'sha512'] as const
const paddings: Record<(typeof hashes)[number], RawRsaPadding> = {
  sha1: 'OAEP_SHA1',
  sha256: 'OAEP_SHA256',
  sha384: 'OAEP_SHA384',
  sha512: 'OAEP_SHA512',
}

describe.each(hashes)('a data key under RSA-OAEP with %s', (hash) => {
  const keyring = rawRsaKeyring({ namespace: 'n', name: 'k', padding: paddings[hash], privateKey: key.privateKey })
  const message = (ciphertext: Uint8Array) => messageWith([{ providerId: Buffer.from('n'), providerInfo: Buffer.from('k'), ciphertext }])
  const opens = (ciphertext: Uint8Array) => expectOpens(keyring, message(ciphertext))
  const refuses = (ciphertext: Uint8Array) => expectRefused(keyring, message(ciphertext))
  const forge = (options: Partial<OaepOptions> = {}, secret: Uint8Array = dataKey) =>
    rawEncrypt(key, oaepBlock(width, secret, { hash, ...options }))
  const hashLength = createHash(hash).digest().length
  const right = forge()

  it('opens, as made here and by OpenSSL', async () => {
    await opens(right)
    await opens(publicEncrypt({ key: key.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }, dataKey))
    const opened = privateDecrypt({ key: key.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }, right)
    expect(opened).toEqual(dataKey)
  })
  it('opens whatever the seed is: zeros, ones', async () => {
    await opens(forge({ seed: Buffer.alloc(hashLength) }))
    await opens(forge({ seed: Buffer.alloc(hashLength, 0xff) }))
  })

  it.each<[string, Partial<OaepOptions>]>([
    ['a label', { label: Buffer.from('label') }],
    ['a label of a zero byte', { label: Buffer.of(0) }],
    ['a label hash of zeros', { labelHash: Buffer.alloc(hashLength) }],
    ['a label hash with its first bit flipped', { labelHash: flipped(hash, 0, 0x80) }],
    ['a label hash with its last bit flipped', { labelHash: flipped(hash, hashLength - 1, 1) }],
    ['a first byte of 1', { first: 1 }],
    ['a first byte of 2, as in PKCS#1 v1.5', { first: 2 }],
    ['no separator', { separator: 'none' }],
    ['a separator of 0', { separator: 0 }],
    ['a separator of 2', { separator: 2 }],
    ['a separator of 0xff', { separator: 0xff }],
    ['a byte of 1 in the padding, which reads as the separator', { inPadding: 1 }],
    ['a byte of 2 in the padding', { inPadding: 2 }],
    ['a byte of 0xff in the padding', { inPadding: 0xff }],
    ['no mask over the seed', { unmasked: 'seed' }],
    ['no mask over the message', { unmasked: 'message' }],
  ])('is refused with %s', (_, options) => refuses(forge(options)))

  it.each(hashes.filter((other) => other !== hash))('is refused with %s for the label, for the mask, or for both', async (other) => {
    await refuses(forge({ mgfHash: other }))
    await refuses(forge({ hash: other }))
    await refuses(forge({ hash: other, mgfHash: hash }))
  })
  it('is refused with MGF1 over MD5', () => refuses(forge({ mgfHash: 'md5' })))

  it.each([0, 1, 15, 16, 24, 31, 33, 64])('is refused where the key in it has %i bytes', (size) =>
    refuses(forge({}, seededBytes('data key', size))),
  )

  it.each<[string, () => bigint]>([
    ['0', () => 0n],
    ['1', () => 1n],
    ['2', () => 2n],
    ['n - 1', () => modulus - 1n],
    ['n', () => modulus],
    ['n + 1', () => modulus + 1n],
    ['2^bits - 1', () => (1n << BigInt(8 * width)) - 1n],
    ['a power of two', () => 1n << 2000n],
    ['its negative', () => modulus - bytesToBigint(right)],
    ['its double', () => (2n * bytesToBigint(right)) % modulus],
  ])('is refused as the number %s', (_, number) => refuses(bigintBytes(number(), width)))

  it('is refused with the modulus added to it, where that fits', async () => {
    const small = withSeed(hash, (number) => number + modulus < 1n << BigInt(8 * width))
    await opens(small)
    await refuses(bigintBytes(bytesToBigint(small) + modulus, width))
  })

  it('is refused with its leading zeros left out, or with more of them', async () => {
    const small = withSeed(hash, (number) => number < 1n << BigInt(8 * width - 8))
    expect(small[0]).toBe(0)
    await opens(small)
    await refuses(small.subarray(1))
    await refuses(Buffer.concat([Buffer.of(0), small]))
    await refuses(Buffer.concat([Buffer.of(0), right]))
  })

  it('is refused cut anywhere, longer, or empty', async () => {
    for (const length of [0, 1, 32, 128, 254, 255]) {
      await refuses(right.subarray(0, length))
      await refuses(right.subarray(width - length))
    }
    for (const more of [1, 16, 256]) await refuses(Buffer.concat([right, Buffer.alloc(more)]))
  })

  it('is refused under PKCS#1 v1.5, without padding, and under another key', async () => {
    await refuses(publicEncrypt({ key: key.publicKey, padding: constants.RSA_PKCS1_PADDING }, dataKey))
    const bare = Buffer.concat([Buffer.alloc(width - dataKey.length), dataKey])
    await refuses(publicEncrypt({ key: key.publicKey, padding: constants.RSA_NO_PADDING }, bare))
    const other = rsaKey(2048, 'other')
    await refuses(rawEncrypt(other, oaepBlock(width, dataKey, { hash })))
  })

  /** A ciphertext whose number is as it is wanted, by the choice of the seed. */
  function withSeed(name: string, wanted: (number: bigint) => boolean): Buffer {
    for (let index = 0; ; index += 1) {
      const ciphertext = forge({ seed: seededBytes(`${name} ${index}`, hashLength) })
      if (wanted(bytesToBigint(ciphertext))) return ciphertext
    }
  }
})

function flipped(hash: string, at: number, bits: number): Buffer {
  return Buffer.from(
    createHash(hash)
      .digest()
      .map((byte, index) => (index === at ? byte ^ bits : byte)),
  )
}
