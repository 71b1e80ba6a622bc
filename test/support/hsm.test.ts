import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import type * as Pkcs11 from 'pkcs11js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeOnHsm, everyModule, faultyModules, type TestHsm } from './hsm.ts'

const load = createRequire(import.meta.url)
const CKM_AES_GCM = 0x1087
const CKM_CLOUDHSM_AES_GCM = 0x80001087

function open(hsm: TestHsm) {
  const { PKCS11, CKF_OS_LOCKING_OK } = load('pkcs11js') as typeof Pkcs11
  const module = new PKCS11()
  module.load(hsm.library)
  module.C_Initialize({
    flags: CKF_OS_LOCKING_OK,
    ...(hsm.libraryParameters === undefined ? {} : { libraryParameters: hsm.libraryParameters }),
  })
  const slots = module.C_GetSlotList(true)
  const slot = slots.find((each) => module.C_GetTokenInfo(each).label.trim() === hsm.token.label)
  if (slot === undefined) throw new Error('The token is not there')
  return { module, slot }
}

type Opened = ReturnType<typeof open>

function key({ module }: Opened, session: Buffer): Buffer {
  const flags = [0x1, 0x2, 0x103, 0x104, 0x105].map((type) => ({ type, value: true }))
  const template = [
    { type: 0, value: 4 },
    { type: 0x100, value: 0x1f },
    { type: 0x161, value: 32 },
    { type: 0x162, value: false },
    ...flags,
  ]
  return module.C_GenerateKey(session, { mechanism: 0x1080 }, [
    ...template,
    { type: 3, value: 'kek' },
    { type: 0x102, value: Buffer.from('id') },
  ])
}

function gcm(iv: Buffer, mechanism = CKM_AES_GCM) {
  return { mechanism, parameter: { type: 7, iv, ivBits: iv.length * 8, aad: Buffer.from('aad'), tagBits: 128 } }
}

describeOnHsm(everyModule, 'a test token', (hsm) => {
  let opened: Opened
  let session: Buffer
  let kek: Buffer
  beforeAll(() => {
    opened = open(hsm)
    session = opened.module.C_OpenSession(opened.slot, 4 | 2)
    opened.module.C_Login(session, 1, hsm.token.pin)
    kek = key(opened, session)
  })
  afterAll(() => opened.module.C_Finalize())

  it('seals and opens with AES-GCM in the manner of its module', () => {
    const { module } = opened
    const plain = Buffer.from('0123456789abcdef')
    const iv = Buffer.alloc(12, hsm.module === 'cloudhsm' ? 0 : 7)
    module.C_EncryptInit(session, gcm(iv), kek)
    const sealed = module.C_Encrypt(session, plain, Buffer.alloc(64))
    expect(iv.equals(Buffer.alloc(12))).toBe(false)
    expect(sealed.length).toBe(32)
    module.C_DecryptInit(session, gcm(iv), kek)
    expect(module.C_Decrypt(session, sealed, Buffer.alloc(64))).toEqual(plain)
  })

  it('is seen by another process at the same time', () => {
    const program = `const { PKCS11 } = require('pkcs11js'); const m = new PKCS11(); m.load(process.argv[1])
      m.C_Initialize({ flags: 2, ...(process.argv[2] ? { libraryParameters: process.argv[2] } : {}) })
      const slot = m.C_GetSlotList(true).find((s) => m.C_GetTokenInfo(s).label.trim() === process.argv[3])
      const s = m.C_OpenSession(slot, 6); m.C_Login(s, 1, process.argv[4])
      m.C_FindObjectsInit(s, [{ type: 3, value: 'kek' }]); process.stdout.write(String(m.C_FindObjects(s, 9).length))`
    const args = ['-e', program, hsm.library, hsm.libraryParameters ?? '', hsm.token.label, hsm.token.pin]
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      cwd: import.meta.dirname,
      env: { PATH: process.env.PATH, ...hsm.environment },
    })
    expect({ stdout, stderr }).toEqual({ stdout: '1', stderr: '' })
  })
})

describeOnHsm(['cloudhsm'], 'the manners of CloudHSM', (hsm) => {
  let opened: Opened
  beforeAll(() => {
    opened = open(hsm)
  })
  afterAll(() => opened.module.C_Finalize())

  it('refuses read-only sessions, IVs of the caller, foreign attributes and functions, and more than 16224 bytes', () => {
    const { module, slot } = opened
    expect(slot.readBigUInt64LE()).toBe(0x2000000000000001n)
    expect(() => module.C_OpenSession(slot, 4)).toThrow('CKR_FUNCTION_FAILED')
    const session = module.C_OpenSession(slot, 6)
    module.C_Login(session, 1, hsm.token.pin)
    const kek = key(opened, session)
    expect(() => module.C_EncryptInit(session, gcm(Buffer.alloc(12, 1)), kek)).toThrow('CKR_MECHANISM_PARAM_INVALID')
    expect(() => module.C_SetAttributeValue(session, kek, [{ type: 3, value: 'new' }])).toThrow('CKR_FUNCTION_NOT_SUPPORTED')
    expect(() => module.C_GetAttributeValue(session, kek, [{ type: 0x40000600 }])).toThrow('CKR_ATTRIBUTE_TYPE_INVALID')
    module.C_EncryptInit(session, gcm(Buffer.alloc(12)), kek)
    expect(() => module.C_Encrypt(session, Buffer.alloc(16_225), Buffer.alloc(17_000))).toThrow('CKR_DATA_LEN_RANGE')
    module.C_EncryptInit(session, gcm(Buffer.alloc(0), CKM_CLOUDHSM_AES_GCM), kek)
    const prefixed = module.C_Encrypt(session, Buffer.alloc(32, 5), Buffer.alloc(100))
    expect(prefixed.length).toBe(60)
    module.C_DecryptInit(session, gcm(prefixed.subarray(0, 12)), kek)
    expect(module.C_Decrypt(session, prefixed.subarray(12), Buffer.alloc(64))).toEqual(Buffer.alloc(32, 5))
    const mechanisms = module.C_GetMechanismList(slot)
    expect(mechanisms).toContain(CKM_CLOUDHSM_AES_GCM)
    expect(mechanisms).not.toContain(0x2109)
  })
})

describeOnHsm(faultyModules, 'faults', (hsm) => {
  let opened: Opened
  let session: Buffer
  let kek: Buffer
  beforeAll(() => {
    opened = open(hsm)
    session = opened.module.C_OpenSession(opened.slot, 4 | 2)
    opened.module.C_Login(session, 1, hsm.token.pin)
    kek = key(opened, session)
  })
  afterAll(() => opened.module.C_Finalize())
  function seal(): Buffer {
    const { module } = opened
    module.C_EncryptInit(session, gcm(Buffer.alloc(12)), kek)
    return module.C_Encrypt(session, Buffer.alloc(32), Buffer.alloc(64))
  }

  it('hit the call that they were armed for, and no other', () => {
    const before = hsm.faults.calls('C_EncryptInit')
    hsm.faults.inject('C_EncryptInit', { code: 0x30, after: 2, times: 2 })
    const outcomes = Array.from({ length: 5 }, () => {
      try {
        return seal().length
      } catch (error) {
        return (error as Error).message
      }
    })
    expect(outcomes).toEqual([48, 48, 'CKR_DEVICE_ERROR', 'CKR_DEVICE_ERROR', 48])
    expect(hsm.faults.calls('C_EncryptInit') - before).toBe(5)
    expect(hsm.faults.left('C_EncryptInit')).toBe(0)
  })

  it('damage what a call puts out', () => {
    const { module } = opened
    hsm.faults.inject('C_Encrypt', { action: 'damage' })
    const iv = Buffer.alloc(12)
    module.C_EncryptInit(session, gcm(iv), kek)
    const sealed = module.C_Encrypt(session, Buffer.alloc(32), Buffer.alloc(64))
    module.C_DecryptInit(session, gcm(iv), kek)
    expect(() => module.C_Decrypt(session, sealed, Buffer.alloc(64))).toThrow()
  })

  it('log the user out, and close every session', () => {
    const { module, slot } = opened
    hsm.faults.inject('C_EncryptInit', { action: 'log-out' })
    expect(() => seal()).toThrow(/CKR_(USER_NOT_LOGGED_IN|OBJECT_HANDLE_INVALID|KEY_HANDLE_INVALID)/)
    module.C_Login(session, 1, hsm.token.pin)
    hsm.faults.inject('C_EncryptInit', { action: 'drop-sessions' })
    expect(() => seal()).toThrow('CKR_SESSION_HANDLE_INVALID')
    session = module.C_OpenSession(slot, 6)
  })

  it('are cleared together', () => {
    hsm.faults.inject('C_GenerateRandom', { code: 6, times: Number.POSITIVE_INFINITY })
    expect(() => opened.module.C_GenerateRandom(session, Buffer.alloc(8))).toThrow('CKR_FUNCTION_FAILED')
    hsm.faults.clear()
    expect(opened.module.C_GenerateRandom(session, Buffer.alloc(8)).equals(Buffer.alloc(8))).toBe(false)
  })
})

describe('faults of an unknown function', () => {
  it('are a mistake of the test', async () => {
    const { Faults } = await import('./hsm/faults.ts')
    expect(() => new Faults('/nowhere').calls('C_Nothing')).toThrow(/C_Nothing/)
  })
})
