import { describe, expect, it } from 'vitest'
import { CKM } from '../constants.ts'
import { Mechanism } from './mechanism.ts'

const IV = new Uint8Array(12)

describe('a mechanism', () => {
  it('has the shape that the native binding takes, with memory of its own', () => {
    expect(Mechanism.plain(CKM.AES_KEY_GEN).toNative()).toEqual({ mechanism: 0x1080 })
    const aad = Uint8Array.of(1, 2)
    const gcm = Mechanism.gcm(CKM.AES_GCM, IV, aad).toNative()
    aad.fill(9)
    expect(gcm).toEqual({ mechanism: 0x1087, parameter: { type: 7, iv: IV, ivBits: 96, aad: Uint8Array.of(1, 2), tagBits: 128 } })
    expect(Mechanism.gcm(CKM.CLOUDHSM_AES_GCM, new Uint8Array(0), new Uint8Array(0)).toNative()).toEqual({
      mechanism: 0x80001087,
      parameter: { type: 7, iv: new Uint8Array(0), ivBits: 0, tagBits: 128 },
    })
    expect(Mechanism.oaep('SHA384').toNative()).toEqual({ mechanism: 9, parameter: { type: 4, hashAlg: 0x260, mgf: 3, source: 1 } })
  })

  it('takes no parameter of another shape', () => {
    const bad: readonly (() => unknown)[] = [
      () => Mechanism.plain(-1),
      () => Mechanism.plain(2 ** 32),
      () => Mechanism.plain('0x1080' as never),
      () => Mechanism.gcm(CKM.AES_GCM, undefined as never, IV),
      () => Mechanism.gcm(CKM.AES_GCM, 'twelve bytes' as never, IV),
      () => Mechanism.gcm(CKM.AES_GCM, new Uint8Array(16), IV),
      () => Mechanism.gcm(CKM.AES_GCM, IV, null as never),
      () => Mechanism.gcm(CKM.AES_GCM, IV, new ArrayBuffer(4) as never),
      () => Mechanism.gcm(CKM.AES_GCM, IV, new Uint8Array(2 ** 20 + 1)),
      () => Mechanism.oaep('SHA224' as never),
      () => Mechanism.oaep(undefined as never),
    ]
    for (const make of bad) expect(make).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', option: 'mechanism' }))
  })
})
