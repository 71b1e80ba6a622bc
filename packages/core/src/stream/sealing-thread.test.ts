import { createCipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type SealingJob, SealingThread, sealingThread } from './sealing-thread.ts'

const raw = randomBytes(32)

function job(count: number, length: number): { readonly job: SealingJob; readonly sealed: Buffer } {
  const memory = Buffer.allocUnsafeSlow(count * (16 + length + 16))
  randomBytes(memory.length).copy(memory)
  const aads = randomBytes(count * 20)
  const sealed = Buffer.from(memory)
  for (let index = 0; index < count; index += 1) {
    const frame = sealed.subarray(index * (length + 32), (index + 1) * (length + 32))
    const cipher = createCipheriv('aes-256-gcm', raw, frame.subarray(4, 16))
    cipher.setAAD(aads.subarray(index * 20, (index + 1) * 20))
    cipher.update(frame.subarray(16, 16 + length)).copy(frame, 16)
    cipher.final()
    cipher.getAuthTag().copy(frame, 16 + length)
  }
  const key = createSecretKey(raw)
  return {
    job: { memory: memory.buffer as ArrayBuffer, key, cipher: 'aes-256-gcm', aads, count, ivAt: 4, contentAt: 16 },
    sealed,
  }
}

describe('a sealing thread', () => {
  it('seals frames where they lie', async () => {
    const thread = sealingThread()
    for (const [count, length] of [
      [1, 0],
      [1, 100_000],
      [7, 1000],
    ] as const) {
      const { job: asked, sealed } = job(count, length)
      const answer = thread.seal(asked)
      // The memory is on the other thread: nobody here can change it meanwhile.
      expect(asked.memory.byteLength).toBe(0)
      expect(Buffer.from(await answer).equals(sealed)).toBe(true)
    }
  })

  it('is one for the process, and free for two jobs at a time', async () => {
    const thread = sealingThread()
    expect(sealingThread()).toBe(thread)
    const answers: Promise<Uint8Array>[] = []
    for (const isFree of [true, true, false]) {
      expect(thread.isFree).toBe(isFree)
      answers.push(thread.seal(job(1, 10).job))
    }
    await Promise.all(answers)
    expect(thread.isFree).toBe(true)
  })

  it('that ends fails what it was asked for, and says so', async () => {
    let ends = 0
    const thread = new SealingThread(() => {
      ends += 1
    })
    const answer = thread.seal({ ...job(1, 10).job, cipher: 'no such cipher' })
    await expect(answer).rejects.toMatchObject({ code: 'RUNTIME_UNSUPPORTED', cause: expect.any(Error) })
    expect(ends).toBeGreaterThan(0)
    await expect(thread.seal(job(1, 10).job)).rejects.toMatchObject({ code: 'RUNTIME_UNSUPPORTED' })
  })
})
