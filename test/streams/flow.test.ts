import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Duplex, PassThrough, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  createEncryptionClient,
  type DecryptMaterials,
  defaultMaterials,
  type EncryptMaterials,
  generateAesKey,
  isStrongroomError,
  type Materials,
  rawAesKeyring,
  type SecretBytes,
} from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { chunksOf, collect, collectUntilFailure, streamOf } from './chunks.ts'

// Longer than half a batch: shorter frames are made several at a time.
const FRAME = 40_000
const keyring = rawAesKeyring({ namespace: 'streams', name: 'kek', key: generateAesKey() })
const client = createEncryptionClient({ keyring, suite: '0478', frameLength: FRAME })

/** A source that counts what was taken from it, and after its last chunk neither ends nor goes on. */
function unending(chunks: Iterable<Uint8Array>): {
  readonly stream: ReadableStream<Uint8Array>
  readonly taken: () => number
  readonly cancelled: () => unknown
} {
  const iterator = chunks[Symbol.iterator]()
  let taken = 0
  let cancelled: unknown
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { done, value } = iterator.next()
        if (done) return new Promise<void>(() => undefined)
        taken += 1
        controller.enqueue(value)
      },
      cancel(reason) {
        cancelled = reason
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, taken: () => taken, cancelled: () => cancelled }
}

/** Lets everything happen that can happen without anybody reading. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** Materials that tell of the data keys they handed out. */
function spied(held?: Promise<void>): { readonly materials: Materials; readonly keys: SecretBytes[]; readonly signals: AbortSignal[] } {
  const inner = defaultMaterials(keyring)
  const keys: SecretBytes[] = []
  const signals: AbortSignal[] = []
  const handOut = async <T extends EncryptMaterials | DecryptMaterials>(
    pending: T | Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> => {
    if (signal !== undefined) signals.push(signal)
    const materials = await pending
    await held
    keys.push(materials.dataKey)
    return materials
  }
  return {
    keys,
    signals,
    materials: {
      forEncrypt: (request) => handOut(inner.forEncrypt({ ...request, signal: undefined }), request.signal),
      forDecrypt: (request) => handOut(inner.forDecrypt({ ...request, signal: undefined }), request.signal),
    },
  }
}

async function sealed(length: number): Promise<Uint8Array> {
  return (await client.encrypt(randomBytes(length))).ciphertext
}

describe('a consumer that stops reading stops the source', () => {
  it.each(['encryptStream', 'decryptStream'] as const)('of %s', async (method) => {
    const bytes = method === 'encryptStream' ? randomBytes(100 * FRAME) : await sealed(100 * FRAME)
    const source = unending(chunksOf(bytes, FRAME))
    const reader = source.stream.pipeThrough(client[method]()).getReader()
    for (let read = 0; read < 5; read += 1) await reader.read()
    await settle()
    const taken = source.taken()
    // Besides what was read: the frame that is being made, a chunk that waits to be written, and one that the pipe holds.
    expect(taken).toBeLessThanOrEqual(5 + 3)
    await settle()
    expect(source.taken()).toBe(taken)
    await reader.cancel()
  })

  it('within one chunk of many frames: a frame is made when it is asked for', async () => {
    const { readable, writable } = client.encryptStream()
    const writer = writable.getWriter()
    let isWritten = false
    const writing = writer.write(randomBytes(50 * FRAME)).then(() => {
      isWritten = true
    })
    const reader = readable.getReader()
    for (let read = 0; read < 10; read += 1) await reader.read()
    await settle()
    expect(isWritten).toBe(false)
    for (let read = 10; read < 50; read += 1) await reader.read()
    await writing
    await reader.cancel()
  })
})

describe('bytes that change after the call to write', () => {
  it('change nothing in what is encrypted, even while writes wait', async () => {
    const plaintext = randomBytes(10 * FRAME)
    const { readable, writable } = client.encryptStream()
    const writer = writable.getWriter()
    const buffer = new Uint8Array(FRAME + 7)
    const writes: Promise<void>[] = []
    for (const chunk of chunksOf(plaintext, buffer.length)) {
      buffer.set(chunk)
      writes.push(writer.write(buffer.subarray(0, chunk.length)))
      buffer.fill(0xee)
    }
    writes.push(writer.close())
    const ciphertext = await collect(readable)
    await Promise.all(writes)
    expect(Buffer.from((await client.decrypt(ciphertext)).plaintext).equals(plaintext)).toBe(true)
  })

  it('change nothing in what is decrypted', async () => {
    const plaintext = randomBytes(10 * FRAME)
    const { ciphertext } = await client.encrypt(plaintext)
    const { readable, writable } = client.decryptStream()
    const writer = writable.getWriter()
    const writes: Promise<void>[] = []
    for (const chunk of chunksOf(ciphertext, 333)) {
      const buffer = Uint8Array.from(chunk)
      writes.push(writer.write(buffer))
      buffer.fill(0)
    }
    writes.push(writer.close())
    expect((await collect(readable)).equals(plaintext)).toBe(true)
    await Promise.all(writes)
  })
})

describe.each(['encryptStream', 'decryptStream'] as const)('%s', (method) => {
  const reason = new Error('enough')
  const input = async (): Promise<Uint8Array> => (method === 'encryptStream' ? randomBytes(20 * FRAME) : sealed(20 * FRAME))

  it('fails at both ends with the reason of an abort, and cancels its source', async () => {
    const abort = new AbortController()
    const source = unending(chunksOf(await input(), FRAME))
    const stream = client[method]({ signal: abort.signal })
    const piping = source.stream.pipeTo(stream.writable)
    const reader = stream.readable.getReader()
    const reading = (async () => {
      for (;;) if ((await reader.read()).done) return
    })()
    abort.abort(reason)
    await expect(reading).rejects.toBe(reason)
    await expect(piping).rejects.toBe(reason)
    expect(source.cancelled()).toBe(reason)
  })

  it('refuses to start under a signal that is aborted', () => {
    expect(() => client[method]({ signal: AbortSignal.abort(reason) })).toThrow(reason)
  })

  it('hands a failure of the source to its reader', async () => {
    const bytes = await input()
    const broken = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.subarray(0, 3 * FRAME))
      },
      pull(controller) {
        controller.error(reason)
      },
    })
    const { failure } = await collectUntilFailure(broken.pipeThrough(client[method]()))
    expect(failure).toBe(reason)
  })

  it('hands a cancellation by its reader to the source', async () => {
    const source = unending(chunksOf(await input(), FRAME))
    const stream = client[method]()
    const piping = source.stream.pipeTo(stream.writable)
    const reader = stream.readable.getReader()
    const reading = reader.read()
    await settle()
    await reader.cancel(reason)
    await expect(piping).rejects.toBe(reason)
    expect(source.cancelled()).toBe(reason)
    await reading.catch(() => undefined)
  })

  it('ends a write that waits for a reader when it is aborted', async () => {
    const { readable, writable } = client[method]()
    const writer = writable.getWriter()
    const writing = writer.write(await input())
    await settle()
    await writer.abort(reason)
    await expect(writing).rejects.toBe(reason)
    await expect(readable.getReader().read()).rejects.toBe(reason)
  })

  it.each([
    ['text', 'text', /TextEncoder/],
    ['shared bytes', new Uint8Array(new SharedArrayBuffer(8)), /not shared/],
    ['an array', [1, 2, 3], /Uint8Array/],
  ])('refuses %s', async (_what, chunk, message) => {
    const { readable, writable } = client[method]()
    const writer = writable.getWriter()
    const failure = await writer.write(chunk as Uint8Array).catch((error: unknown) => error)
    expect(isStrongroomError(failure, 'INPUT_INVALID')).toBe(true)
    expect((failure as Error).message).toMatch(message)
    await expect(readable.getReader().read()).rejects.toBe(failure)
  })

  it('has wiped its data key before it releases anything, and hears of an abort while it waits for one', async () => {
    const bytes = await input()
    const { materials, keys, signals } = spied()
    const stream = createEncryptionClient({ materials, suite: '0478', frameLength: FRAME })[method]()
    const reader = streamOf([bytes]).pipeThrough(stream).getReader()
    await reader.read()
    expect(keys.map(({ disposed }) => disposed)).toEqual([true])
    await reader.cancel(reason)
    expect(signals.map((signal) => [signal.aborted, signal.reason])).toEqual([[true, reason]])
  })

  it.each(['abort', 'cancel', 'signal'] as const)('wipes a data key that comes after the end by %s', async (how) => {
    const bytes = await input()
    const held = Promise.withResolvers<void>()
    const { materials, keys } = spied(held.promise)
    const abort = new AbortController()
    const stream = createEncryptionClient({ materials, suite: '0478' })[method]({ signal: abort.signal })
    const writer = stream.writable.getWriter()
    const writing = writer.write(bytes).catch((error: unknown) => error)
    await settle()
    if (how === 'abort') await writer.abort(reason)
    if (how === 'cancel') await stream.readable.cancel(reason)
    if (how === 'signal') abort.abort(reason)
    expect(await writing).toBe(reason)
    await expect(stream.message).rejects.toBe(reason)
    held.resolve()
    await settle()
    expect(keys.map(({ disposed }) => disposed)).toEqual([true])
  })

  it('fails at both ends with what its materials failed with', async () => {
    const failing: Materials = {
      forEncrypt: () => Promise.reject(reason),
      forDecrypt: () => Promise.reject(reason),
    }
    const stream = createEncryptionClient({ materials: failing, suite: '0478' })[method]()
    const writing = streamOf([await input()]).pipeTo(stream.writable)
    const { released, failure } = await collectUntilFailure(stream.readable)
    expect([released.length, failure]).toEqual([0, reason])
    await expect(writing).rejects.toBe(reason)
    await expect(stream.message).rejects.toBe(reason)
  })

  it('leaves nothing behind in its signal', async () => {
    const abort = new AbortController()
    const listeners: string[] = []
    const { signal } = abort
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...call: Parameters<typeof add>) => {
      listeners.push('added')
      add(...call)
    }
    signal.removeEventListener = (...call: Parameters<typeof remove>) => {
      listeners.push('removed')
      remove(...call)
    }
    await collect(streamOf([await input()]).pipeThrough(client[method]({ signal })))
    expect(listeners).toEqual(['added', 'removed'])
  })
})

describe('Node streams', () => {
  it('go through Duplex.fromWeb, both ways, in a pipeline', async () => {
    const plaintext = randomBytes(123_456)
    const parts: Uint8Array[] = []
    const sink = new Writable({
      write(chunk: Uint8Array, _encoding, done) {
        parts.push(chunk)
        done()
      },
    })
    const source = Readable.from([...chunksOf(plaintext, 5000)].map((chunk) => Buffer.from(chunk)))
    await pipeline(source, Duplex.fromWeb(client.encryptStream()), Duplex.fromWeb(client.decryptStream()), sink)
    expect(Buffer.concat(parts).equals(plaintext)).toBe(true)
  })

  it('go through Readable.toWeb and Writable.toWeb', async () => {
    const plaintext = randomBytes(50_000)
    const through = new PassThrough()
    const piping = (Readable.toWeb(Readable.from([plaintext])) as ReadableStream<Uint8Array>)
      .pipeThrough(client.encryptStream())
      .pipeTo(Writable.toWeb(through))
    const ciphertext = Buffer.concat(await through.toArray())
    await piping
    expect(Buffer.from((await client.decrypt(ciphertext)).plaintext).equals(plaintext)).toBe(true)
  })

  it('fail in a pipeline with the error of the stream', async () => {
    const forged = await sealed(5000)
    forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1
    const failing = pipeline(Readable.from([Buffer.from(forged)]), Duplex.fromWeb(client.decryptStream()), new PassThrough().resume())
    await expect(failing).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('end a destroyed source as an abort', async () => {
    const source = new PassThrough()
    const stream = Duplex.fromWeb(client.encryptStream())
    const failing = pipeline(source, stream, new PassThrough().resume())
    source.write(randomBytes(3 * FRAME))
    await settle()
    source.destroy(new Error('gone'))
    await expect(failing).rejects.toThrow('gone')
    if (!stream.destroyed) await once(stream, 'close')
  })
})
