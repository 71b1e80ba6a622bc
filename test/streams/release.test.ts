import { randomBytes } from 'node:crypto'
import {
  createEncryptionClient,
  type DecryptStreamOptions,
  generateAesKey,
  isStrongroomError,
  type Keyring,
  type ObserverEvent,
  parseMessage,
  rawAesKeyring,
} from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { dataKeyKeyring } from '../support/data-key-keyring.ts'
import { type ForgedFrame, type ForgedHeader, forgeHeader, forgeMessage, forgeSigner, signed } from '../support/message-forge.ts'
import { chunksOf, collect, collectUntilFailure, streamOf } from './chunks.ts'

// Frames this long are released one by one; shorter ones several at a time.
const FRAME = 40_000
const keyring = rawAesKeyring({ namespace: 'streams', name: 'kek', key: generateAesKey() })
const client = createEncryptionClient({ keyring, frameLength: FRAME })
const plaintext = randomBytes(3 * FRAME + 10)

async function decrypt(message: Uint8Array, options?: DecryptStreamOptions, chunk = 10_000) {
  return collectUntilFailure(streamOf(chunksOf(message, chunk)).pipeThrough(client.decryptStream(options)))
}

function expectCode(failure: unknown, code: string, option?: string): void {
  expect(isStrongroomError(failure, code)).toBe(true)
  if (option !== undefined) expect((failure as { option?: string }).option).toBe(option)
}

/** A keyring that counts how often it is asked. */
function counting(): { readonly keyring: Keyring; readonly asked: () => { wraps: number; unwraps: number } } {
  const asked = { wraps: 0, unwraps: 0 }
  return {
    keyring: {
      recipients: (request) => {
        asked.wraps += 1
        return keyring.recipients(request)
      },
      unwrap: (edks, request) => {
        asked.unwraps += 1
        return keyring.unwrap(edks, request)
      },
    },
    asked: () => ({ ...asked }),
  }
}

describe.each(['0478', '0578'] as const)('a decrypting stream of suite %s', (suite) => {
  it('releases a frame when it is complete, before the next one has come', async () => {
    const { ciphertext } = await client.encrypt(plaintext, { suite })
    const { headerLength } = parseMessage(ciphertext)
    const { readable, writable } = client.decryptStream()
    const writer = writable.getWriter()
    const reader = readable.getReader()
    const first = headerLength + FRAME + 32
    await writer.write(ciphertext.subarray(0, first - 1))
    const reading = reader.read()
    await writer.write(ciphertext.subarray(first - 1, first))
    expect(Buffer.from((await reading).value as Uint8Array).equals(plaintext.subarray(0, FRAME))).toBe(true)
    await reader.cancel()
  })

  it('holds the final frame back until the message has ended', async () => {
    const { ciphertext } = await client.encrypt(plaintext, { suite })
    const { readable, writable } = client.decryptStream()
    const writer = writable.getWriter()
    const writing = writer.write(ciphertext)
    const reader = readable.getReader()
    let released = 0
    while (released < 3 * FRAME) released += (await reader.read()).value?.length ?? 0
    await writing
    let isDone = false
    const last = reader.read().then((result) => {
      isDone = true
      return result
    })
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    expect([released, isDone]).toEqual([3 * FRAME, false])
    await writer.close()
    expect(Buffer.from((await last).value as Uint8Array).equals(plaintext.subarray(3 * FRAME))).toBe(true)
  })

  it('never releases the final frame of a message that is cut, longer, or forged at its end', async () => {
    const { ciphertext } = await client.encrypt(plaintext, { suite })
    const flipped = Uint8Array.from(ciphertext)
    flipped[flipped.length - 1] = (flipped[flipped.length - 1] as number) ^ 1
    const forgeries = [
      ciphertext.subarray(0, -1),
      ciphertext.subarray(0, -30),
      ciphertext.subarray(0, ciphertext.length - (suite === '0578' ? 105 : 0) - 1),
      Buffer.concat([ciphertext, Buffer.of(0)]),
      flipped,
    ]
    for (const forged of forgeries) {
      for (const chunk of [forged.length, 10_000]) {
        const { released, failure } = await decrypt(forged, {}, chunk)
        expectCode(failure, 'MESSAGE_INVALID')
        expect(released.equals(plaintext.subarray(0, 3 * FRAME))).toBe(true)
      }
    }
  })

  it('releases the frames before a forged one, and nothing after it', async () => {
    const { ciphertext } = await client.encrypt(plaintext, { suite })
    const { headerLength } = parseMessage(ciphertext)
    const forged = Uint8Array.from(ciphertext)
    const at = headerLength + FRAME + 32 + 100
    forged[at] = (forged[at] as number) ^ 1
    const { released, failure } = await decrypt(forged)
    expectCode(failure, 'MESSAGE_INVALID')
    expect(released.equals(plaintext.subarray(0, FRAME))).toBe(true)
  })

  it('releases the short frames before a forged one, though they are opened several at a time', async () => {
    const { ciphertext } = await client.encrypt(plaintext.subarray(0, 1000), { suite, frameLength: 100 })
    const { headerLength } = parseMessage(ciphertext)
    const forged = Uint8Array.from(ciphertext)
    const at = headerLength + 4 * (100 + 32) + 50
    forged[at] = (forged[at] as number) ^ 1
    const { released, failure } = await decrypt(forged, {}, forged.length)
    expectCode(failure, 'MESSAGE_INVALID')
    expect(released.equals(plaintext.subarray(0, 400))).toBe(true)
  })

  it('compares the context before it asks for a key, and before it releases anything', async () => {
    const { ciphertext } = await client.encrypt(plaintext, { suite, encryptionContext: { purpose: 'a' } })
    const { keyring: spied, asked } = counting()
    const watched = createEncryptionClient({ keyring: spied })
    const expected = { encryptionContext: { purpose: 'b' } }
    const stream = watched.decryptStream(expected)
    const { released, failure } = await collectUntilFailure(streamOf([ciphertext]).pipeThrough(stream))
    expectCode(failure, 'CONTEXT_MISMATCH')
    expect([released.length, asked().unwraps]).toEqual([0, 0])
    await expect(stream.message).rejects.toBe(failure)
    expectCode((await decrypt(ciphertext, { encryptionContext: { other: 'x' } })).failure, 'CONTEXT_MISMATCH')
  })
})

describe('a signed message in a decrypting stream', () => {
  it("is refused with signedStreams: 'refuse' before a key is asked for", async () => {
    const { keyring: spied, asked } = counting()
    const watched = createEncryptionClient({ keyring: spied })
    const { ciphertext } = await watched.encrypt(plaintext, { suite: '0578' })
    const { released, failure } = await collectUntilFailure(
      streamOf(chunksOf(ciphertext, 100)).pipeThrough(watched.decryptStream({ signedStreams: 'refuse' })),
    )
    expectCode(failure, 'SUITE_FORBIDDEN', 'signedStreams')
    expect([released.length, asked().unwraps]).toEqual([0, 0])
    const unsigned = await watched.encrypt(plaintext, { suite: '0478' })
    const opened = await collect(streamOf([unsigned.ciphertext]).pipeThrough(watched.decryptStream({ signedStreams: 'refuse' })))
    expect(opened.equals(plaintext)).toBe(true)
  })
})

describe('the limits of a decrypting stream', () => {
  const dataKey = randomBytes(32)
  const forging = createEncryptionClient({ keyring: dataKeyKeyring(dataKey), commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' })
  const header: ForgedHeader = { suite: '0478', messageId: randomBytes(32), frameLength: 0xffffffff }
  const only = (content: Uint8Array): { frames: readonly ForgedFrame[] } => ({ frames: [{ sequence: 1, content, final: true }] })
  const open = (message: Uint8Array, options?: DecryptStreamOptions) =>
    collectUntilFailure(streamOf(chunksOf(message, 1000)).pipeThrough(forging.decryptStream(options)))

  it('judge frames, not what the header says frames could be', async () => {
    const { released, failure } = await open(forgeMessage(dataKey, header, only(plaintext)))
    expect([released.equals(plaintext), failure]).toEqual([true, undefined])
  })

  it('name maxFrameLength as soon as a frame starts that is longer', async () => {
    const regular = Buffer.concat([forgeHeader(dataKey, header), Buffer.of(0, 0, 0, 1), Buffer.alloc(12)])
    expectCode((await open(regular)).failure, 'LIMIT_EXCEEDED', 'maxFrameLength')
    const final = forgeMessage(dataKey, header, only(plaintext.subarray(0, 101)))
    expectCode((await open(final, { maxFrameLength: 100 })).failure, 'LIMIT_EXCEEDED', 'maxFrameLength')
    expect((await open(final, { maxFrameLength: 101 })).failure).toBeUndefined()
  })

  it('name maxUnframedBytes, and hold a body without frames back as a whole', async () => {
    const signer = forgeSigner('P-384')
    const context = [['aws-crypto-public-key', signer.publicKey]] as const
    for (const suite of ['0478', '0578'] as const) {
      const start = { suite, messageId: header.messageId, context: suite === '0578' ? context : [] }
      const unsigned = forgeMessage(dataKey, start, { unframed: plaintext })
      const message = suite === '0578' ? signed(unsigned, signer.key, 'P-384') : unsigned
      expect((await open(message)).released.equals(plaintext)).toBe(true)
      expectCode((await open(message, { maxUnframedBytes: plaintext.length - 1 })).failure, 'LIMIT_EXCEEDED', 'maxUnframedBytes')
      const { released, failure } = await open(message.subarray(0, -1))
      expectCode(failure, 'MESSAGE_INVALID')
      expect(released.length).toBe(0)
    }
  })

  it('name maxHeaderBytes where a header is longer, or says that it is', async () => {
    const edk = { providerId: Buffer.from('p'), providerInfo: randomBytes(60_000), ciphertext: Buffer.from('c') }
    const message = forgeMessage(dataKey, { ...header, edks: [edk, edk] }, only(plaintext))
    const { headerLength } = parseMessage(message)
    expect((await open(message)).released.equals(plaintext)).toBe(true)
    expect((await open(message, { maxHeaderBytes: headerLength })).failure).toBeUndefined()
    expectCode((await open(message, { maxHeaderBytes: headerLength - 1 })).failure, 'LIMIT_EXCEEDED', 'maxHeaderBytes')
    expectCode((await open(message.subarray(0, 60_000), { maxHeaderBytes: 50_000 })).failure, 'LIMIT_EXCEEDED', 'maxHeaderBytes')
  })

  it('are validated, and unknown options refused', () => {
    const bad = [
      { maxFrameLength: 0 },
      { maxFrameLength: 2 ** 32 },
      { maxUnframedBytes: -1 },
      { maxHeaderBytes: 1.5 },
      { signedStreams: 'allow' },
      { maxFrames: 1 },
      { signal: {} },
    ]
    for (const options of bad)
      expect(() => client.decryptStream(options as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    expect(() => client.decryptStream({ encryptionContext: [] as never })).toThrow(expect.objectContaining({ code: 'CONTEXT_INVALID' }))
  })
})

describe('what is no message', () => {
  it('is told to be base64 where it looks like it', async () => {
    const { ciphertext } = await client.encrypt(plaintext)
    const text = Buffer.from(Buffer.from(ciphertext).toString('base64'))
    for (const chunk of [1, text.length]) {
      const { failure } = await decrypt(text.subarray(0, 1000), {}, chunk)
      expect((failure as Error).message).toMatch(/base64/)
    }
  })

  it('fails, be it empty, a start, or noise', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.of(2), Buffer.of(2, 4, 0x78), Buffer.alloc(100_000, 7)]) {
      const { released, failure } = await decrypt(bytes)
      expectCode(failure, 'MESSAGE_INVALID')
      expect(released.length).toBe(0)
    }
  })

  it('fails by the policy of the client, and by its count of encrypted data keys', async () => {
    const legacy = createEncryptionClient({ keyring, commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' })
    const old = await legacy.encrypt(plaintext)
    expectCode((await decrypt(old.ciphertext)).failure, 'SUITE_FORBIDDEN', 'commitmentPolicy')
    const edk = { providerId: Buffer.from('p'), providerInfo: Buffer.from('i'), ciphertext: Buffer.from('c') }
    const many = forgeHeader(randomBytes(32), { suite: '0478', messageId: randomBytes(32), edks: Array(17).fill(edk) })
    expectCode((await decrypt(many)).failure, 'LIMIT_EXCEEDED', 'maxEncryptedDataKeys')
  })
})

describe('an encrypting stream that knows its length', () => {
  const encrypt = (bytes: Uint8Array, plaintextLength: number, using = client) =>
    collectUntilFailure(streamOf(chunksOf(bytes, 999)).pipeThrough(using.encryptStream({ plaintextLength })))

  it('fails where more bytes come, as soon as they come', async () => {
    const { released, failure } = await encrypt(plaintext, plaintext.length - 1)
    expectCode(failure, 'INPUT_INVALID', 'plaintextLength')
    expectCode((await decrypt(released)).failure, 'MESSAGE_INVALID')
  })

  it('fails where fewer bytes come, without making a whole message of them', async () => {
    const { released, failure } = await encrypt(plaintext, plaintext.length + 1)
    expectCode(failure, 'INPUT_INVALID', 'plaintextLength')
    expectCode((await decrypt(released)).failure, 'MESSAGE_INVALID')
  })

  it('takes its data key from a cache; without a length every stream makes one', async () => {
    const { keyring: spied, asked } = counting()
    const cached = createEncryptionClient({ keyring: spied, cache: { maxAgeMs: 60_000, maxBytes: 10_000_000 }, frameLength: FRAME })
    for (let round = 0; round < 3; round += 1) expect((await encrypt(plaintext, plaintext.length, cached)).failure).toBeUndefined()
    expect(asked().wraps).toBe(1)
    for (let round = 0; round < 3; round += 1) await collect(streamOf([plaintext]).pipeThrough(cached.encryptStream()))
    expect(asked().wraps).toBe(4)
  })

  it('signs at one length, many times over', async () => {
    for (let round = 0; round < 40; round += 1) {
      const stream = client.encryptStream({ suite: '0578', plaintextLength: 10 })
      const message = await collect(streamOf([plaintext.subarray(0, 10)]).pipeThrough(stream))
      expect((await stream.message).ciphertextLength).toBe(message.length)
    }
  })

  it('refuses more frames than a message can count before it asks for a key', () => {
    const { keyring: spied, asked } = counting()
    const watched = createEncryptionClient({ keyring: spied })
    const tooMany = { frameLength: 1, plaintextLength: 2 ** 32 - 1 }
    expect(() => watched.encryptStream(tooMany)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED', option: 'frameLength' }))
    expect(asked().wraps).toBe(0)
  })

  it('has its options validated, and unknown ones refused', () => {
    const bad = [{ plaintextLength: -1 }, { plaintextLength: 1.5 }, { frameLength: 0 }, { suite: '0479' }, { frameSize: 1 }]
    for (const options of bad)
      expect(() => client.encryptStream(options as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    expect(() => client.encryptStream({ suite: '0178' })).toThrow(expect.objectContaining({ code: 'SUITE_FORBIDDEN' }))
  })
})

describe('an observer of streams', () => {
  it('is told what went through, and what was rejected', async () => {
    const events: ObserverEvent[] = []
    const observed = createEncryptionClient({ keyring, observer: (event) => events.push(event) })
    const ciphertext = await collect(streamOf(chunksOf(plaintext, 1000)).pipeThrough(observed.encryptStream({ suite: '0478' })))
    await collect(streamOf(chunksOf(ciphertext, 1000)).pipeThrough(observed.decryptStream()))
    await collectUntilFailure(streamOf([ciphertext.subarray(0, -1)]).pipeThrough(observed.decryptStream()))
    const sizes = { suite: '0478', plaintextBytes: plaintext.length, ciphertextBytes: ciphertext.length }
    expect(events.filter(({ type }) => type.startsWith('message.'))).toEqual([
      { type: 'message.encrypted', ...sizes },
      { type: 'message.decrypted', ...sizes },
      { type: 'message.rejected', code: 'MESSAGE_INVALID', ciphertextBytes: ciphertext.length - 1 },
    ])
  })
})
