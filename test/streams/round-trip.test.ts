import { randomBytes } from 'node:crypto'
import { createEncryptionClient, generateAesKey, parseMessage, rawAesKeyring, type SuiteId } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { chunkings, collect, streamOf } from './chunks.ts'

const keyring = rawAesKeyring({ namespace: 'streams', name: 'kek', key: generateAesKey() })
const committing = createEncryptionClient({ keyring })
const legacy = createEncryptionClient({ keyring, commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' })
const encryptionContext = { purpose: 'streams' }
const FRAME = 64

const suites: readonly SuiteId[] = ['0014', '0046', '0078', '0114', '0146', '0178', '0214', '0346', '0378', '0478', '0578']
const clientOf = (suite: SuiteId) => (suite === '0478' || suite === '0578' ? committing : legacy)
const sizes = [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME - 1, 3 * FRAME, 1000]

describe.each(suites)('streams of suite %s', (suite) => {
  const client = clientOf(suite)

  it('write what decrypt opens, however their chunks are cut', async () => {
    for (const size of sizes) {
      const plaintext = randomBytes(size)
      for (const [how, chunks] of chunkings(plaintext, size)) {
        const stream = client.encryptStream({ suite, encryptionContext, frameLength: FRAME })
        const ciphertext = await collect(streamOf(chunks()).pipeThrough(stream))
        const opened = await client.decrypt(ciphertext, { encryptionContext })
        expect([how, size, Buffer.from(opened.plaintext).equals(plaintext), opened.suite]).toEqual([how, size, true, suite])
        const { headerLength } = await stream.message
        expect(headerLength).toBe(parseMessage(ciphertext).headerLength)
      }
    }
  })

  it('read what encrypt writes, however their chunks are cut', async () => {
    for (const size of sizes) {
      const plaintext = randomBytes(size)
      const { ciphertext } = await client.encrypt(plaintext, { suite, encryptionContext, frameLength: FRAME })
      for (const [how, chunks] of chunkings(ciphertext, size)) {
        const stream = client.decryptStream({ encryptionContext })
        const opened = await collect(streamOf(chunks()).pipeThrough(stream))
        expect([how, size, opened.equals(plaintext)]).toEqual([how, size, true])
        const message = await stream.message
        expect(message).toMatchObject({ suite, encryptionContext, openedBy: { edk: 0, keyId: 'kek' } })
      }
    }
  })

  it('know the length of their ciphertext ahead where they know that of the plaintext', async () => {
    for (const plaintextLength of sizes) {
      const stream = client.encryptStream({ suite, plaintextLength, frameLength: FRAME })
      const { ciphertextLength } = await stream.message
      const ciphertext = await collect(streamOf([randomBytes(plaintextLength)]).pipeThrough(stream))
      expect(ciphertextLength).toBe(ciphertext.length)
    }
  })

  it('have the layout of the one-shot form: as many frames of the same lengths', async () => {
    for (const size of sizes) {
      const plaintext = randomBytes(size)
      const stream = client.encryptStream({ suite, encryptionContext, frameLength: FRAME, plaintextLength: size })
      const streamed = await collect(streamOf([plaintext]).pipeThrough(stream))
      const { ciphertext } = await client.encrypt(plaintext, { suite, encryptionContext, frameLength: FRAME })
      expect(streamed.length).toBe(ciphertext.length)
    }
  })
})

describe('streams', () => {
  it.each([1, 2, 4095, 65_535, 65_536, 65_537, 262_144, 262_145, 1_000_003])('have frames of %i bytes on demand', async (frameLength) => {
    const plaintext = randomBytes(Math.min(3 * frameLength + 5, 2_000_000))
    const stream = committing.encryptStream({ suite: '0478', frameLength })
    const ciphertext = await collect(streamOf([plaintext.subarray(0, 100_000), plaintext.subarray(100_000)]).pipeThrough(stream))
    expect(parseMessage(ciphertext).frameLength).toBe(frameLength)
    const { plaintext: opened } = await committing.decrypt(ciphertext)
    expect(Buffer.from(opened).equals(plaintext)).toBe(true)
    const back = await collect(streamOf([ciphertext]).pipeThrough(committing.decryptStream()))
    expect(back.equals(plaintext)).toBe(true)
  })

  it('may have frames far longer than their plaintext, and than memory', async () => {
    const plaintext = randomBytes(100_000)
    const stream = committing.encryptStream({ suite: '0478', frameLength: 2 ** 32 - 1 })
    const ciphertext = await collect(streamOf([plaintext]).pipeThrough(stream))
    expect((await collect(streamOf([ciphertext]).pipeThrough(committing.decryptStream()))).equals(plaintext)).toBe(true)
  })

  it('have frames of 64 KiB where nothing else is asked for, and go through one another', async () => {
    const plaintext = randomBytes(300_000)
    const ends = committing.encryptStream()
    const opened = await collect(streamOf([plaintext]).pipeThrough(ends).pipeThrough(committing.decryptStream()))
    expect(opened.equals(plaintext)).toBe(true)
    expect((await ends.message).frameLength).toBe(65_536)
  })

  it('answer chunks in memory of their own', async () => {
    const { ciphertext } = await committing.encrypt(randomBytes(1000), { suite: '0578', frameLength: 100 })
    const streams = [
      streamOf([randomBytes(200_000)]).pipeThrough(committing.encryptStream()),
      streamOf([randomBytes(1000)]).pipeThrough(committing.encryptStream({ frameLength: 7 })),
      streamOf([ciphertext]).pipeThrough(committing.decryptStream()),
    ]
    for (const stream of streams) {
      for await (const chunk of stream) {
        expect([Buffer.isBuffer(chunk), chunk.byteOffset, chunk.buffer.byteLength]).toEqual([false, 0, chunk.length])
      }
    }
  })
})
