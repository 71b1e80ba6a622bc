import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createEncryptionClient, generateAesKey, rawAesKeyring } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { chunksOf, collect, collectUntilFailure, streamOf } from './chunks.ts'

const keyring = rawAesKeyring({ namespace: 'streams', name: 'kek', key: generateAesKey() })
const client = createEncryptionClient({ keyring })

async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

describe.each(['0478', '0578'] as const)('a stream of suite %s that seals on two threads', (suite) => {
  it('writes what decrypt opens, of the length that was promised', async () => {
    for (const frameLength of [100, 4096, 65_536, 600_000]) {
      for (const size of [0, 1, 524_288, 524_289, 5_000_000]) {
        const plaintext = randomBytes(size)
        const stream = client.encryptStream({ suite, frameLength, plaintextLength: size, threads: 2 })
        const ciphertext = await collect(streamOf(chunksOf(plaintext, 100_000)).pipeThrough(stream))
        const opened = await client.decrypt(ciphertext)
        expect([frameLength, size, Buffer.from(opened.plaintext).equals(plaintext)]).toEqual([frameLength, size, true])
        expect((await stream.message).ciphertextLength).toBe(ciphertext.length)
      }
    }
  })

  it('shares the other thread with other streams, each in its own order', async () => {
    const plaintexts = Array.from({ length: 6 }, () => randomBytes(3_000_000))
    const ciphertexts = await Promise.all(
      plaintexts.map((plaintext) =>
        collect(streamOf(chunksOf(plaintext, 65_536)).pipeThrough(client.encryptStream({ suite, threads: 2 }))),
      ),
    )
    for (const [index, ciphertext] of ciphertexts.entries()) {
      const opened = await client.decrypt(ciphertext)
      expect(Buffer.from(opened.plaintext).equals(plaintexts[index] as Buffer)).toBe(true)
    }
  })
})

describe('a stream that seals on two threads', () => {
  it('writes suites of every key length', async () => {
    const legacy = createEncryptionClient({ keyring, commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' })
    for (const suite of ['0014', '0146', '0178'] as const) {
      const plaintext = randomBytes(2_000_000)
      const ciphertext = await collect(streamOf([plaintext]).pipeThrough(legacy.encryptStream({ suite, threads: 2 })))
      expect(Buffer.from((await legacy.decrypt(ciphertext)).plaintext).equals(plaintext)).toBe(true)
    }
  })

  it('stops its source when nobody reads', async () => {
    let taken = 0
    const source = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          taken += 1
          controller.enqueue(new Uint8Array(524_288))
        },
      },
      { highWaterMark: 0 },
    )
    const reader = source.pipeThrough(client.encryptStream({ threads: 2 })).getReader()
    await reader.read()
    await settle()
    const before = taken
    // Four batches ahead, one that is filled, one that waits to be written, one that the pipe holds.
    expect(before).toBeLessThanOrEqual(4 + 4)
    await settle()
    expect(taken).toBe(before)
    await reader.cancel()
  })

  it('ends by abort and cancellation while frames are on the other thread, which then serves others', async () => {
    const reason = new Error('enough')
    const abort = new AbortController()
    const stream = client.encryptStream({ threads: 2, signal: abort.signal })
    const writing = streamOf(chunksOf(randomBytes(20_000_000), 1_000_000)).pipeTo(stream.writable)
    const reader = stream.readable.getReader()
    for (let read = 0; read < 3; read += 1) await reader.read()
    abort.abort(reason)
    await expect(reader.read()).rejects.toBe(reason)
    await expect(writing).rejects.toBe(reason)

    const cancelled = client.encryptStream({ threads: 2 })
    const piping = streamOf(chunksOf(randomBytes(20_000_000), 1_000_000)).pipeTo(cancelled.writable)
    const other = cancelled.readable.getReader()
    for (let read = 0; read < 3; read += 1) await other.read()
    await other.cancel(reason)
    await expect(piping).rejects.toBe(reason)

    const plaintext = randomBytes(2_000_000)
    const ciphertext = await collect(streamOf([plaintext]).pipeThrough(client.encryptStream({ threads: 2 })))
    expect(Buffer.from((await client.decrypt(ciphertext)).plaintext).equals(plaintext)).toBe(true)
  })

  it('fails at both ends where more comes than was declared, after what was sealed', async () => {
    const stream = client.encryptStream({ threads: 2, plaintextLength: 2_000_000 })
    const { failure } = await collectUntilFailure(streamOf(chunksOf(randomBytes(2_000_001), 100_000)).pipeThrough(stream))
    expect(failure).toMatchObject({ code: 'INPUT_INVALID', option: 'plaintextLength' })
  })

  it('keeps no process alive', async () => {
    const program = join(import.meta.dirname, 'two-threads-run.ts')
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@strongroom/source', program], { timeout: 25_000 })
    expect(stdout).toBe('intact\n')
  })

  it.each([0, 3, 1.5, true])('is asked for with 1 or 2, not with %s', (threads) => {
    expect(() => client.encryptStream({ threads: threads as 1 })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})
