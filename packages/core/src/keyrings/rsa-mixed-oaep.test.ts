import { constants, createHash, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { SecretBytes } from '../secret-bytes.ts'
import { rawRsaKey } from './raw-rsa-key.ts'

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
const BLOCK = 256
const secret = SecretBytes.random(32)

function mgf1(seed: Uint8Array, length: number): Buffer {
  const parts = Array.from({ length: Math.ceil(length / 20) }, (_, index) =>
    createHash('sha1')
      .update(seed)
      .update(Buffer.from([0, 0, 0, index]))
      .digest(),
  )
  return Buffer.concat(parts).subarray(0, length)
}

const xor = (a: Uint8Array, b: Uint8Array): Buffer => Buffer.from(a.map((byte, at) => byte ^ (b[at] as number)))

/** The padded message before it is masked, as RFC 8017 lays it out. */
function dataBlock(message: Uint8Array): Buffer {
  const label = createHash('sha256').digest()
  return Buffer.concat([label, Buffer.alloc(BLOCK - 1 - 32 - 32 - 1 - message.length), Buffer.of(1), message])
}

function seal(data: Uint8Array, first = 0): Buffer {
  const seed = randomBytes(32)
  const maskedData = xor(data, mgf1(seed, data.length))
  const block = Buffer.concat([Buffer.of(first), xor(seed, mgf1(maskedData, 32)), maskedData])
  return publicEncrypt({ key: pair.publicKey, padding: constants.RSA_NO_PADDING }, block)
}

const open = async (sealed: Uint8Array) =>
  (await rawRsaKey({ name: 'old', privateKey: pair.privateKey }).open?.(sealed, 'OAEP_SHA256_MGF1_SHA1')) as SecretBytes

describe('OAEP with SHA-256 and masks of SHA-1', () => {
  it('opens messages of any length that fits', async () => {
    for (const length of [0, 1, 16, 32, BLOCK - 66]) {
      const message = SecretBytes.random(length)
      expect((await open(seal(message.use(dataBlock)))).equals(message)).toBe(true)
    }
  })

  it('is not what OAEP_SHA256 is', async () => {
    const other = publicEncrypt({ key: pair.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, Buffer.alloc(32))
    await expect(open(other)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('fails in one way, whatever is wrong inside', async () => {
    const good = secret.use(dataBlock)
    const change = (at: number, to: number) => Buffer.from(good.map((byte, index) => (index === at ? to : byte)))
    const separator = good.length - 33
    const wrong = {
      'first byte': seal(good, 1),
      'label, its first byte': seal(change(0, (good[0] as number) ^ 1)),
      'label, its last byte': seal(change(31, (good[31] as number) ^ 0x80)),
      'a byte that is neither 0 nor 1': seal(change(32, 2)),
      'the last of the zeros': seal(change(separator - 1, 0xff)),
      separator: seal(change(separator, 2)),
      'no separator': seal(Buffer.concat([good.subarray(0, 32), Buffer.alloc(good.length - 32)])),
      noise: Uint8Array.of(0, ...randomBytes(BLOCK - 1)),
      'all ones': new Uint8Array(BLOCK).fill(0xff),
      'a short one': seal(good).subarray(1),
    }
    for (const [what, sealed] of Object.entries(wrong)) {
      const failure = (await open(sealed).catch((error: unknown) => error)) as Error
      const told = { code: 'MESSAGE_INVALID', cause: undefined }
      expect({ what, code: (failure as { code?: string }).code, cause: failure.cause }).toEqual({ what, ...told })
    }
    expect((await open(seal(good))).equals(secret)).toBe(true)
  })

  it('is served for opening alone', async () => {
    const both = rawRsaKey({ name: 'old', privateKey: pair.privateKey })
    expect(both.paddings).toContain('OAEP_SHA256_MGF1_SHA1')
    await expect(both.seal?.(secret, 'OAEP_SHA256_MGF1_SHA1')).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'padding' })
    expect(rawRsaKey({ name: 'old', publicKey: pair.publicKey }).paddings).not.toContain('OAEP_SHA256_MGF1_SHA1')
  })
})
