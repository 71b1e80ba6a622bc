import { describe, expect, it } from 'vitest'
import { CKM } from '../constants.ts'
import { handleBytes, handleOf, ulongOf } from './handle.ts'
import { jobAnswer, jobIv, jobMemory, jobOutput, NOT_RUN, setSession, wipeJob } from './job.ts'
import { Mechanism } from './mechanism.ts'

const iv = new Uint8Array(12).fill(1)
const aad = new Uint8Array(5).fill(2)
const request = {
  operation: 'encrypt',
  key: 0x2000000000000001n,
  inputBytes: 4,
  outputBytes: 8,
  fill: (to: Uint8Array) => to.fill(3),
} as const

describe('the memory of a job', () => {
  it('holds what the thread needs where the thread looks for it', () => {
    const memory = jobMemory({ ...request, mechanism: Mechanism.gcm(CKM.CLOUDHSM_AES_GCM, iv, aad) })
    setSession(memory, handleBytes(7n))
    const words = new Uint32Array(memory, 0, 16)
    expect([...words.subarray(0, 2), ...words.subarray(6, 11)]).toEqual([1, 1, 0x80001087, 12, 5, 4, 8])
    expect(handleOf(new Uint8Array(memory, 8, 8))).toBe(7n)
    expect(handleOf(new Uint8Array(memory, 16, 8))).toBe(0x2000000000000001n)
    expect([...new Uint8Array(memory, 64)]).toEqual([...iv, ...aad, 3, 3, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0])
  })

  it('tells how the job went, and gives its output, never more than there is room for', () => {
    const memory = jobMemory({ ...request, mechanism: Mechanism.gcm(CKM.AES_GCM, iv, aad) })
    const words = new Uint32Array(memory, 0, 16)
    words[12] = 0x30
    words[13] = 1
    expect(jobAnswer(memory)).toEqual({ code: 0x30, stage: 'init' })
    words[13] = 2
    expect(jobAnswer(memory).stage).toBe('run')
    words[11] = 6
    expect(jobOutput(memory)).toHaveLength(6)
    words[11] = 0xffff
    expect(jobOutput(memory)).toHaveLength(8)
    expect(jobIv(memory)).toEqual(iv)
    words[12] = NOT_RUN
    expect(jobAnswer(memory).code).toBe(NOT_RUN)
  })

  it('of OAEP has no IV and no associated data', () => {
    const memory = jobMemory({ ...request, operation: 'decrypt', mechanism: Mechanism.oaep('SHA256') })
    expect([...new Uint32Array(memory, 0, 16).subarray(0, 2), ...new Uint32Array(memory, 0, 16).subarray(6, 9)]).toEqual([
      2, 2, 9, 0x250, 2,
    ])
    expect(jobIv(memory)).toHaveLength(0)
    new Uint32Array(memory, 0, 16)[11] = 8
    expect(jobOutput(memory).byteOffset).toBe(68)
  })

  it('is overwritten whole, and not asked for where it went to a thread', () => {
    const memory = jobMemory({ ...request, mechanism: Mechanism.gcm(CKM.AES_GCM, iv, aad) })
    wipeJob(memory)
    expect(new Uint8Array(memory).every((byte) => byte === 0)).toBe(true)
    structuredClone(memory, { transfer: [memory] })
    expect(() => wipeJob(memory)).not.toThrow()
  })

  it('is not made for lengths that nobody asks for', () => {
    const mechanism = Mechanism.plain(CKM.AES_ECB)
    for (const inputBytes of [-1, 1.5, Number.NaN, 2 ** 20 + 1]) {
      expect(() => jobMemory({ ...request, mechanism, inputBytes })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    }
  })
})

it('reads numbers of either size', () => {
  expect(ulongOf(handleBytes(32n))).toBe(32)
  expect(ulongOf(new Uint8Array(Uint32Array.of(32).buffer))).toBe(32)
})
