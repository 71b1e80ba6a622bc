import { randomBytes } from 'node:crypto'
import {
  createEncryptionClient,
  type EncryptionClient,
  generateAesKey,
  isStrongroomError,
  type ObserverEvent,
  parseMessage,
  type RangeSource,
  rawAesKeyring,
} from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { dataKeyKeyring } from '../support/data-key-keyring.ts'
import { type ForgedFrame, forgeHeader, forgeMessage } from '../support/message-forge.ts'

const FRAME = 100
const OVERHEAD = 32
const keyring = rawAesKeyring({ namespace: 'streams', name: 'kek', key: generateAesKey() })
const client = createEncryptionClient({ keyring, suite: '0478', frameLength: FRAME })

/** A source over bytes, which notes what is read of it. */
function sourceOf(message: Uint8Array, reads: [number, number][] = []): RangeSource {
  return {
    size: message.length,
    async read(start, end) {
      reads.push([start, end])
      return Uint8Array.from(message.subarray(start, end))
    },
  }
}

async function sealed(length: number): Promise<{ plaintext: Buffer; ciphertext: Uint8Array; headerLength: number }> {
  const plaintext = randomBytes(length)
  const { ciphertext } = await client.encrypt(plaintext, { encryptionContext: { purpose: 'ranges' } })
  return { plaintext, ciphertext, headerLength: parseMessage(ciphertext).headerLength }
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'nothing failed',
    (error: unknown) => error,
  )
}

async function expectCode(work: Promise<unknown>, code: string, option?: string): Promise<void> {
  const failure = await failureOf(work)
  expect(isStrongroomError(failure, code) ? [failure.code, failure.option] : failure).toEqual([code, option])
}

describe('a frame index', () => {
  it('reads what slice would, at every place', async () => {
    for (const length of [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME, 3 * FRAME + 50]) {
      const { plaintext, ciphertext } = await sealed(length)
      const index = await client.openFrameIndex(sourceOf(ciphertext), { encryptionContext: { purpose: 'ranges' } })
      const places = [0, 1, FRAME - 1, FRAME, FRAME + 1, length - 1, length, length + 1, 10 * FRAME, -1, -FRAME, -length, -length - 1]
      for (const start of places) {
        for (const end of [...places, undefined]) {
          const part = await index.read(start, end)
          expect([length, start, end, Buffer.from(part).equals(plaintext.subarray(start, end))]).toEqual([length, start, end, true])
        }
      }
      expect(await index.plaintextLength()).toBe(length)
    }
  })

  it('says what is known of the message', async () => {
    const { ciphertext } = await sealed(1000)
    const index = await client.openFrameIndex(sourceOf(ciphertext))
    expect(index).toMatchObject({ suite: '0478', frameLength: FRAME, openedBy: { edk: 0, keyId: 'kek' } })
    expect({ ...index.encryptionContext }).toEqual({ purpose: 'ranges' })
  })

  it('reads messages that end with an empty frame, as other writers make them', async () => {
    const dataKey = randomBytes(32)
    const plaintext = randomBytes(2 * FRAME)
    const frames: ForgedFrame[] = [
      { sequence: 1, content: plaintext.subarray(0, FRAME), iv: randomBytes(12) },
      { sequence: 2, content: plaintext.subarray(FRAME) },
      { sequence: 3, content: Buffer.alloc(0), final: true },
    ]
    const message = forgeMessage(dataKey, { suite: '0478', messageId: randomBytes(32), frameLength: FRAME }, { frames })
    const other = createEncryptionClient({ keyring: dataKeyKeyring(dataKey) })
    const index = await other.openFrameIndex(sourceOf(message))
    expect(await index.plaintextLength()).toBe(2 * FRAME)
    expect(Buffer.from(await index.read(0)).equals(plaintext)).toBe(true)
    expect(Buffer.from(await index.read(-5)).equals(plaintext.subarray(-5))).toBe(true)
  })

  it('asks the source for the header, for the frames of a range in one, and for the final frame where the range touches the end', async () => {
    const { ciphertext, headerLength } = await sealed(100 * FRAME + 10)
    const reads: [number, number][] = []
    const index = await client.openFrameIndex(sourceOf(ciphertext, reads))
    expect(reads).toEqual([[0, 4096]])
    const at = (frame: number): number => headerLength + frame * (FRAME + OVERHEAD)
    await index.read(3 * FRAME + 5, 6 * FRAME + 1)
    expect(reads.slice(1)).toEqual([[at(3), at(7)]])
    await index.read(-1)
    expect(reads.slice(2)).toEqual([
      [at(100), ciphertext.length],
      [at(100), ciphertext.length],
    ])
    // Seen once, the end stays where it is.
    await index.read(-FRAME)
    expect(reads.slice(4)).toEqual([[at(99), ciphertext.length]])
    await index.read(50, 50)
    expect(await index.plaintextLength()).toBe(100 * FRAME + 10)
    expect(reads).toHaveLength(5)
  })

  it('holds no more than readBytes at a time, and yields frame by frame', async () => {
    const { plaintext, ciphertext } = await sealed(50 * FRAME)
    const reads: [number, number][] = []
    const index = await client.openFrameIndex(sourceOf(ciphertext, reads), { readBytes: 3 * (FRAME + OVERHEAD) })
    const parts: Uint8Array[] = []
    for await (const part of index.readFrames(10, 20 * FRAME)) parts.push(part)
    expect(Buffer.concat(parts).equals(plaintext.subarray(10, 20 * FRAME))).toBe(true)
    expect(parts.map(({ length }) => length)).toEqual([FRAME - 10, ...Array(19).fill(FRAME)])
    expect(reads.slice(1).every(([start, end]) => end - start <= 3 * (FRAME + OVERHEAD))).toBe(true)
    const one = await client.openFrameIndex(sourceOf(ciphertext), { readBytes: 1 })
    expect(Buffer.from(await one.read(0)).equals(plaintext)).toBe(true)
  })

  it('reads headers that are longer than its first look', async () => {
    const encryptionContext = { long: 'x'.repeat(30_000) }
    const { ciphertext } = await client.encrypt(randomBytes(1000), { encryptionContext })
    const reads: [number, number][] = []
    const index = await client.openFrameIndex(sourceOf(ciphertext, reads), { encryptionContext })
    expect(reads.map(([, end]) => end)).toEqual([4096, 16_384, ciphertext.length])
    expect((await index.read(0)).length).toBe(1000)
    await expectCode(client.openFrameIndex(sourceOf(ciphertext), { maxHeaderBytes: 30_000 }), 'LIMIT_EXCEEDED', 'maxHeaderBytes')
  })
})

describe('a frame index of a message that was tampered with', () => {
  it('answers the frames that are intact, and fails at the one that is not', async () => {
    const { plaintext, ciphertext, headerLength } = await sealed(5 * FRAME)
    for (let byte = 0; byte < FRAME + OVERHEAD; byte += 1) {
      const forged = Uint8Array.from(ciphertext)
      const at = headerLength + 2 * (FRAME + OVERHEAD) + byte
      forged[at] = (forged[at] as number) ^ 1
      const index = await client.openFrameIndex(sourceOf(forged))
      expect(Buffer.from(await index.read(0, 2 * FRAME)).equals(plaintext.subarray(0, 2 * FRAME))).toBe(true)
      expect(Buffer.from(await index.read(3 * FRAME)).equals(plaintext.subarray(3 * FRAME))).toBe(true)
      await expectCode(index.read(2 * FRAME, 2 * FRAME + 1), 'MESSAGE_INVALID')
      await expectCode(index.read(0), 'MESSAGE_INVALID')
    }
  })

  it('answers nothing of the end where frames were cut off, however well the size fits', async () => {
    const { ciphertext, headerLength } = await sealed(5 * FRAME)
    for (let length = headerLength; length < ciphertext.length; length += 1) {
      const opening = client.openFrameIndex(sourceOf(ciphertext.subarray(0, length)))
      const index = await opening.catch(() => undefined)
      // Some sizes are those of no message of such frames.
      if (index === undefined) await expectCode(opening, 'MESSAGE_INVALID')
      else {
        await expectCode(index.plaintextLength(), 'MESSAGE_INVALID')
        await expectCode(index.read(-1), 'MESSAGE_INVALID')
        await expectCode(index.read(0), 'MESSAGE_INVALID')
        await expectCode(index.read(0, 10 * FRAME), 'MESSAGE_INVALID')
        await expectCode(index.read(10 * FRAME, 11 * FRAME), 'MESSAGE_INVALID')
      }
    }
  })

  it('does not take bytes behind the end for a part of the message', async () => {
    const { ciphertext } = await sealed(5 * FRAME)
    for (const more of [1, 40, FRAME + OVERHEAD, 2 * (FRAME + OVERHEAD)]) {
      const opening = client.openFrameIndex(sourceOf(Buffer.concat([ciphertext, randomBytes(more)])))
      const index = await opening.catch(() => undefined)
      if (index === undefined) await expectCode(opening, 'MESSAGE_INVALID')
      else await expectCode(index.read(-1), 'MESSAGE_INVALID')
    }
  })

  it('does not take one frame for another', async () => {
    const { ciphertext, headerLength } = await sealed(5 * FRAME)
    const at = (frame: number): number => headerLength + frame * (FRAME + OVERHEAD)
    const swapped = Uint8Array.from(ciphertext)
    swapped.set(ciphertext.subarray(at(1), at(2)), at(2))
    swapped.set(ciphertext.subarray(at(2), at(3)), at(1))
    const index = await client.openFrameIndex(sourceOf(swapped))
    await expectCode(index.read(FRAME, FRAME + 1), 'MESSAGE_INVALID')
    await expectCode(index.read(2 * FRAME, 2 * FRAME + 1), 'MESSAGE_INVALID')
    // A final frame in the place of a regular one, with the right sequence number.
    const dataKey = randomBytes(32)
    const header = { suite: '0478', messageId: randomBytes(32), frameLength: 8 } as const
    const frames: ForgedFrame[] = [
      { sequence: 1, content: randomBytes(0), final: true },
      { sequence: 2, content: randomBytes(8), final: true },
    ]
    const message = forgeMessage(dataKey, header, { frames })
    const other = createEncryptionClient({ keyring: dataKeyKeyring(dataKey) })
    const size = forgeHeader(dataKey, header).length + 8 + OVERHEAD + 8 + 40
    const early = await other.openFrameIndex(sourceOf(Buffer.concat([message, Buffer.alloc(size - message.length)])))
    await expectCode(early.read(0, 1), 'MESSAGE_INVALID')
  })

  it('fails where the source is exchanged for another message, or answers less than it should', async () => {
    const first = await sealed(5 * FRAME)
    const second = await sealed(5 * FRAME)
    let current = first.ciphertext
    const index = await client.openFrameIndex({ size: current.length, read: async (start, end) => current.slice(start, end) })
    current = second.ciphertext
    await expectCode(index.read(0, 10), 'MESSAGE_INVALID')
    current = first.ciphertext.subarray(0, 300)
    await expectCode(index.read(3 * FRAME, 4 * FRAME), 'MESSAGE_INVALID')
    current = first.ciphertext
    expect(Buffer.from(await index.read(0)).equals(first.plaintext)).toBe(true)
  })
})

describe('opening a frame index', () => {
  const asking = (suite: '0478' | '0578', asked: number[]): EncryptionClient =>
    createEncryptionClient({
      keyring: {
        recipients: (request) => keyring.recipients(request),
        unwrap: (edks, request) => {
          asked.push(edks.length)
          return keyring.unwrap(edks, request)
        },
      },
      suite,
    })

  it('refuses signed messages with the reason, before it asks for a key', async () => {
    const asked: number[] = []
    const watched = asking('0578', asked)
    const { ciphertext } = await watched.encrypt(randomBytes(1000))
    const failure = await failureOf(watched.openFrameIndex(sourceOf(ciphertext)))
    expect(isStrongroomError(failure, 'SUITE_FORBIDDEN')).toBe(true)
    expect((failure as Error).message).toMatch(/signature is over the whole message/)
    expect(asked).toEqual([])
  })

  it('refuses messages without frames with the reason', async () => {
    const dataKey = randomBytes(32)
    const other = createEncryptionClient({ keyring: dataKeyKeyring(dataKey) })
    const message = forgeMessage(dataKey, { suite: '0478', messageId: randomBytes(32) }, { unframed: randomBytes(100) })
    const failure = await failureOf(other.openFrameIndex(sourceOf(message)))
    expect((failure as Error).message).toMatch(/has no frames/)
  })

  it('refuses another context, another policy, another key, forged headers and what is no message', async () => {
    const { ciphertext, headerLength } = await sealed(1000)
    const opening = (bytes: Uint8Array, encryptionContext = {}) => client.openFrameIndex(sourceOf(bytes), { encryptionContext })
    await expectCode(opening(ciphertext, { purpose: 'other' }), 'CONTEXT_MISMATCH')
    const legacy = createEncryptionClient({ keyring, commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT', suite: '0178' })
    await expectCode(opening((await legacy.encrypt(randomBytes(10))).ciphertext), 'SUITE_FORBIDDEN', 'commitmentPolicy')
    const stranger = createEncryptionClient({ keyring: rawAesKeyring({ namespace: 'streams', name: 'kek', key: generateAesKey() }) })
    await expectCode(stranger.openFrameIndex(sourceOf(ciphertext)), 'MESSAGE_INVALID')
    for (let at = 0; at < headerLength; at += 1) {
      const forged = Uint8Array.from(ciphertext)
      forged[at] = (forged[at] as number) ^ 1
      const failure = await failureOf(opening(forged))
      expect(isStrongroomError(failure) && ['MESSAGE_INVALID', 'SUITE_FORBIDDEN', 'LIMIT_EXCEEDED'].includes(failure.code)).toBe(true)
    }
    await expectCode(opening(Buffer.alloc(0)), 'MESSAGE_INVALID')
    await expectCode(opening(ciphertext.subarray(0, headerLength)), 'MESSAGE_INVALID')
    await expectCode(opening(Buffer.alloc(10_000)), 'MESSAGE_INVALID')
  })

  it('bounds the frames that it holds in memory', async () => {
    const { ciphertext } = await sealed(5 * FRAME)
    await expectCode(client.openFrameIndex(sourceOf(ciphertext), { maxFrameLength: FRAME - 1 }), 'LIMIT_EXCEEDED', 'maxFrameLength')
    // A single short frame is not as long as the frame length says it could be.
    const { ciphertext: short } = await client.encrypt(randomBytes(10), { frameLength: 2 ** 32 - 1 })
    expect((await (await client.openFrameIndex(sourceOf(short), { maxFrameLength: 10 })).read(0)).length).toBe(10)
  })

  it('hands on what the source throws, and its abort', async () => {
    const gone = new Error('gone')
    const { ciphertext } = await sealed(5 * FRAME)
    expect(await failureOf(client.openFrameIndex({ size: 10_000, read: () => Promise.reject(gone) }))).toBe(gone)
    expect(await failureOf(client.openFrameIndex(sourceOf(ciphertext), { signal: AbortSignal.abort(gone) }))).toBe(gone)
    const abort = new AbortController()
    const signals: unknown[] = []
    const source: RangeSource = {
      ...sourceOf(ciphertext),
      read: async (start, end, signal) => {
        signals.push(signal)
        if (signals.length === 2) abort.abort(gone)
        return ciphertext.slice(start, end)
      },
    }
    const index = await client.openFrameIndex(source)
    expect(await failureOf(index.read(0, 5, { signal: abort.signal }))).toBe(gone)
    expect(await failureOf(index.read(0, 5, { signal: abort.signal }))).toBe(gone)
    expect(signals).toEqual([undefined, abort.signal])
  })

  it('validates what it is given', async () => {
    const { ciphertext } = await sealed(10)
    for (const options of [{ maxFrameLength: 0 }, { readBytes: -1 }, { maxHeaderBytes: 0.5 }, { frames: 1 }]) {
      const failure = await failureOf(client.openFrameIndex(sourceOf(ciphertext), options as never))
      expect(isStrongroomError(failure, 'OPTION_INVALID')).toBe(true)
    }
    for (const source of [undefined, null, {}, { size: 1 }, { size: -1, read: async () => ciphertext }, { read: async () => ciphertext }]) {
      await expectCode(client.openFrameIndex(source as never), 'INPUT_INVALID', 'source')
    }
    await expectCode(client.openFrameIndex({ size: 100, read: async () => 'text' as never }), 'INPUT_INVALID', 'source')
    const index = await client.openFrameIndex(sourceOf(ciphertext))
    for (const place of [Number.NaN, 0.5, '1', Number.POSITIVE_INFINITY]) {
      await expectCode(index.read(place as number), 'INPUT_INVALID', 'start')
      await expectCode(index.read(0, place as number), 'INPUT_INVALID', 'end')
    }
    const failure = await failureOf(index.read(0, 1, { abort: true } as never))
    expect(isStrongroomError(failure, 'OPTION_INVALID')).toBe(true)
  })

  it('tells an observer of a message that was rejected', async () => {
    const events: ObserverEvent[] = []
    const observed = createEncryptionClient({ keyring, observer: (event) => events.push(event) })
    const { ciphertext } = await sealed(5 * FRAME)
    const forged = Uint8Array.from(ciphertext)
    forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1
    const index = await observed.openFrameIndex(sourceOf(forged))
    await failureOf(index.read(-1))
    await failureOf(observed.openFrameIndex(sourceOf(ciphertext.subarray(0, 60))))
    expect(events.filter(({ type }) => type === 'message.rejected')).toEqual([
      { type: 'message.rejected', code: 'MESSAGE_INVALID', ciphertextBytes: ciphertext.length },
      { type: 'message.rejected', code: 'MESSAGE_INVALID', ciphertextBytes: 60 },
    ])
  })
})
