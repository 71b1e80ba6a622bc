import { rawAesKeyring } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { dataKeyKeyring } from '../support/data-key-keyring.ts'
import { type ForgedDataKey, forgeMessage } from '../support/message-forge.ts'
import { seededBytes } from './curves.ts'
import { type AesEdkOptions, aesEdk, dataKey } from './edk-forge.ts'
import { content, expectOpens, expectRefused, messageWith } from './verdict.ts'

describe.each([16, 24, 32])('a data key under a raw AES key of %i bytes', (length) => {
  const key = seededBytes('wrapping key', length)
  const keyring = rawAesKeyring({ namespace: 'n', name: 'k', key })
  const opens = (edk: ForgedDataKey) => expectOpens(keyring, messageWith([edk]))
  const refuses = (edk: ForgedDataKey) => expectRefused(keyring, messageWith([edk]))
  const forge = (options: Partial<AesEdkOptions> = {}) => aesEdk({ key, ...options })
  const right = forge()
  const withTag = (tag: Uint8Array): ForgedDataKey => ({ ...right, ciphertext: Buffer.concat([right.ciphertext.subarray(0, -16), tag]) })
  const tag = right.ciphertext.subarray(-16)

  it('opens', () => opens(right))
  it('opens under an IV of zeros, and of ones: the IV is the writer’s', async () => {
    await opens(forge({ iv: Buffer.alloc(12) }))
    await opens(forge({ iv: Buffer.alloc(12, 0xff) }))
  })

  it.each([0, 1, 4, 8, 12, 13, 14, 15])('is refused with a tag of %i bytes, whatever it says', async (tagLength) => {
    await refuses(forge({ tagLength }))
    await refuses(forge({ tagLength, saidTagBits: tagLength * 8 }))
    await refuses(forge({ tagLength, saidTagBits: tagLength }))
  })
  it.each([96, 104, 112, 120, 0, 16, 136, 129, 2 ** 31, 2 ** 32 - 1])('is refused where it says that its tag has %i bits', (saidTagBits) =>
    refuses(forge({ saidTagBits })),
  )
  it('is refused with a longer tag', async () => {
    for (const more of [1, 4, 16]) await refuses(withTag(Buffer.concat([tag, Buffer.alloc(more)])))
    await refuses(withTag(Buffer.concat([Buffer.of(0), tag])))
  })
  it('is refused with a tag of zeros, of ones, or of nothing', async () => {
    await refuses(withTag(Buffer.alloc(16)))
    await refuses(withTag(Buffer.alloc(16, 0xff)))
    await refuses(withTag(Buffer.alloc(0)))
  })
  it('is refused with any bit of its tag flipped, two, a byte, or all', async () => {
    const flips = Array.from({ length: 128 }, (_, bit) => [bit])
    for (const bits of [...flips, [0, 127], [7, 8], [63, 64]]) {
      const forged = Buffer.from(tag)
      for (const bit of bits) forged[bit >> 3] = (forged[bit >> 3] as number) ^ (0x80 >> (bit & 7))
      await refuses(withTag(forged))
    }
    await refuses(withTag(Buffer.from(tag).reverse()))
    await refuses(withTag(tag.map((byte) => byte ^ 0xff)))
  })
  it.each([0, 1, 8, 11, 13, 16, 64])('is refused with an IV of %i bytes, even if it was sealed so', async (ivLength) => {
    // OpenSSL seals under no IV of 0 bytes: one of 1 byte is left out of what was written.
    const iv = seededBytes('iv', Math.max(ivLength, 1))
    const { providerInfo, ...rest } = forge({ iv, saidIvLength: ivLength })
    await refuses({ ...rest, providerInfo: ivLength === 0 ? providerInfo.subarray(0, -1) : providerInfo })
    await refuses(forge({ iv, saidIvLength: 12 }))
  })
  it.each([0, 11, 13, 16, 96, 2 ** 31, 2 ** 32 - 1])('is refused where it says that its IV has %i bytes', (saidIvLength) =>
    refuses(forge({ saidIvLength })),
  )
  it('is refused under another IV, another key, or another context', async () => {
    await refuses({ ...right, providerInfo: forge({ iv: seededBytes('other', 12) }).providerInfo })
    await refuses(aesEdk({ key: seededBytes('other key', length) }))
    await refuses(forge({ aad: Buffer.of(0) }))
    await refuses(forge({ aad: Buffer.of(0, 0) }))
    await refuses(forge({ aad: Buffer.of(0, 1, 0, 1, 0x61, 0, 1, 0x62) }))
  })
  it.each([0, 1, 15, 16, 24, 31, 33, 64])('is refused where the key in it has %i bytes', (size) =>
    refuses(forge({ secret: seededBytes('data key', size) })),
  )
  it('is refused where it is its tag alone, less, or nothing', async () => {
    for (const size of [16, 15, 1, 0]) await refuses({ ...right, ciphertext: right.ciphertext.subarray(0, size) })
  })
})

describe.each(['0078', '0178', '0478'] as const)('a message of suite %s', (suite) => {
  const keyring = dataKeyKeyring(dataKey)
  const header = { suite, messageId: seededBytes('message id', suite === '0478' ? 32 : 16), frameLength: 64 }
  const framed = forgeMessage(dataKey, header, { frames: [{ sequence: 1, content, final: true }] })
  const unframed = forgeMessage(dataKey, { ...header, frameLength: 0 }, { unframed: content })
  // One final frame: marker, sequence, IV, length, content, tag.
  const bodyStart = framed.length - (4 + 4 + 12 + 4 + content.length + 16)
  const tags = [
    ['the header', framed, bodyStart - 16],
    ['the final frame', framed, framed.length - 16],
    ['a body without frames', unframed, unframed.length - 16],
  ] as const

  it('opens', async () => {
    await expectOpens(keyring, framed)
    await expectOpens(keyring, unframed)
  })
  it.each(tags)('is refused with another tag of %s: zeros, ones, any bit flipped, reversed, of another part', async (_, message, at) => {
    const tag = Uint8Array.from(message.subarray(at, at + 16))
    const others = tags.map(([, other, place]) => other.subarray(place, place + 16)).filter((other) => !other.equals(tag))
    const forged = [
      Buffer.alloc(16),
      Buffer.alloc(16, 0xff),
      Buffer.from(tag).reverse(),
      ...Array.from({ length: 128 }, (_, bit) => tag.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))),
      ...others,
    ]
    expect(forged).toHaveLength(133)
    for (const bytes of forged) await expectRefused(keyring, replaced(message, at, 16, bytes))
  })
  it.each(tags)('is refused with a shorter or longer tag of %s', async (_, message, at) => {
    for (let length = 0; length < 16; length += 1)
      await expectRefused(keyring, replaced(message, at, 16, message.subarray(at, at + length)))
    for (const more of [1, 4, 16])
      await expectRefused(keyring, replaced(message, at, 16, Buffer.concat([message.subarray(at, at + 16), Buffer.alloc(more)])))
  })
  it('is refused under another IV of its body, also one of another length', async () => {
    const [framedIv, unframedIv] = [bodyStart + 8, unframed.length - (12 + 8 + content.length + 16)]
    for (const [message, at] of [
      [framed, framedIv],
      [unframed, unframedIv],
    ] as const) {
      await expectRefused(keyring, replaced(message, at, 12, Buffer.alloc(12)))
      await expectRefused(keyring, replaced(message, at, 12, Buffer.alloc(12, 0xff)))
      await expectRefused(keyring, replaced(message, at, 12, Buffer.alloc(16)))
      await expectRefused(keyring, replaced(message, at, 12, Buffer.alloc(8)))
      await expectRefused(keyring, replaced(message, at, 12, Buffer.alloc(0)))
    }
  })
})

function replaced(message: Uint8Array, at: number, length: number, by: Uint8Array): Buffer {
  return Buffer.concat([message.subarray(0, at), by, message.subarray(at + length)])
}
