import { createCipheriv } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { SecretBytes } from '../secret-bytes.ts'
import type { AeadKey } from '../wrapping-key.ts'
import { rawAesKey } from './raw-aes-keyring.ts'

type Wrap = Parameters<NonNullable<AeadKey['openLegacy']>>[0]

const kek = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex')
const secrets = [16, 24, 32].map((length) => SecretBytes.random(length))

async function open(key: Uint8Array, wrap: Wrap, sealed: Uint8Array): Promise<SecretBytes> {
  return (await rawAesKey({ name: 'kek', key }).openLegacy?.(wrap, sealed)) as SecretBytes
}

function seal(key: Uint8Array, wrap: Wrap, secret: SecretBytes): Buffer {
  const bits = key.length * 8
  const cipher =
    wrap === 'aes-kw'
      ? createCipheriv(`id-aes${bits}-wrap`, key, Buffer.alloc(8, 0xa6))
      : createCipheriv(`aes-${bits}-ecb` as 'aes-256-ecb', key, null)
  return secret.use((bytes) => Buffer.concat([cipher.update(bytes), cipher.final()]))
}

it('opens the key wrap of RFC 3394, section 4.6', async () => {
  const sealed = Buffer.from('28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21', 'hex')
  const secret = await open(kek, 'aes-kw', sealed)
  expect(secret.use((bytes) => Buffer.from(bytes).toString('hex'))).toBe('00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f')
})

describe.each(['aes-kw', 'aes-ecb-pkcs5'] as const)('%s', (wrap) => {
  it.each([16, 24, 32])('opens data keys of every length under a key of %i bytes', async (length) => {
    const key = kek.subarray(0, length)
    for (const secret of secrets) expect((await open(key, wrap, seal(key, wrap, secret))).equals(secret)).toBe(true)
  })

  it('says nothing but that it does not open, whatever is wrong', async () => {
    const sealed = seal(kek, wrap, secrets[2] as SecretBytes)
    const wrong = [
      ...[0, 8, 15, 16, 17, 24, sealed.length - 1].map((length) => sealed.subarray(0, length)),
      Buffer.concat([sealed, Buffer.alloc(8)]),
      Buffer.alloc(1 << 20),
      Buffer.from(sealed.map((byte, at) => (at === sealed.length - 1 ? byte ^ 1 : byte))),
    ]
    for (const bytes of wrong) {
      const failure = await open(kek, wrap, bytes).catch((error: unknown) => error)
      // A cut at a block of ECB may, one time in 256, end in what looks like padding.
      if (wrap === 'aes-ecb-pkcs5' && SecretBytes.is(failure)) {
        expect(failure.equals(secrets[2] as SecretBytes)).toBe(false)
        continue
      }
      expect(failure).toMatchObject({ code: 'MESSAGE_INVALID', message: 'The encrypted data key does not open under kek.' })
      expect(failure).not.toHaveProperty('cause')
    }
  })
})
