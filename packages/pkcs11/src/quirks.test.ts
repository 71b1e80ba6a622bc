import { describe, expect, it } from 'vitest'
import { CKM } from './constants.ts'
import { detectQuirks, validateQuirks, withOverrides } from './quirks.ts'

describe('the ways of a module', () => {
  it.each([
    ['SoftHSM', 'Implementation of PKCS11', [], 'softhsm2'],
    ['Mozilla Foundation', 'NSS Internal Crypto Services', [], 'nss'],
    ['Kryoptic Project', 'Kryoptic PKCS11 Module', [], 'kryoptic'],
    ['SafeNet', 'Chrystoki', [], 'luna'],
    ['nCipher Corp. Ltd', 'nCipher PKCS#11', [], 'nshield'],
    ['Amazon', 'CloudHSM', [CKM.AES_GCM, CKM.CLOUDHSM_AES_GCM], 'cloudhsm5'],
    // Whatever it says of itself.
    ['SoftHSM', '', [CKM.CLOUDHSM_AES_GCM], 'cloudhsm5'],
    ['Somebody', 'else', [CKM.AES_GCM], 'generic'],
  ])('are told by %s, %s and its mechanisms', (manufacturer, description, mechanisms, name) => {
    expect(detectQuirks(manufacturer, description, new Set(mechanisms)).name).toBe(name)
  })

  it('give way to what the caller knows better', () => {
    const nss = detectQuirks('Mozilla Foundation', '', new Set())
    const luna = detectQuirks('SafeNet', '', new Set())
    const cloudHsm = detectQuirks('', '', new Set([CKM.CLOUDHSM_AES_GCM]))
    expect(withOverrides(nss, undefined)).toBe(nss)
    expect(withOverrides(nss, 'luna')).toBe(luna)
    expect(withOverrides(nss, { gcmIv: 'zero-in-place', mostAad: undefined as never })).toEqual({ ...nss, gcmIv: 'zero-in-place' })
    expect(withOverrides(nss, { name: 'cloudhsm5', mostBytes: 100 })).toEqual({ ...cloudHsm, mostBytes: 100 })
  })

  it.each<[object | string]>([
    ['cloudhsm'],
    [{ gcmIV: 'caller' }],
    [{ gcmIv: 'mine' }],
    [{ mostBytes: 0 }],
    [{ oaepHashes: ['MD5'] }],
    [{ ambiguousOnDecrypt: [5] }],
  ])('are not %o', (quirks) => {
    expect(() => validateQuirks('openHsmToken', quirks as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})
