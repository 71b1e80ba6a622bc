import { generateAesKey, type Keyring, rawAesKeyring, SecretBytes, serialiseContext, suiteById, type WrapRequest } from '@strongroom/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeOnHsm, everyModule } from '../../../../test/support/hsm.ts'
import { importKey, makeAesKey, openTestToken } from '../../test/hsm-keys.ts'
import { hsmKeyring } from '../keyrings/hsm-keyring.ts'
import type { HsmToken } from '../token/hsm-token.ts'

const context = { purpose: 'orders' }
const request: WrapRequest = { suite: suiteById('0478'), context, aad: serialiseContext(context) }

async function wrapped(keyring: Keyring, secret: SecretBytes) {
  const [recipient] = await keyring.recipients({ ...request, dataKeyExists: true })
  return recipient?.wrap(secret, request) ?? []
}

async function aeadKey(keyring: Keyring) {
  const key = await keyring.wrappingKeys?.current()
  if (key?.kind !== 'aead') throw new Error('No AES key')
  return key
}

describeOnHsm(everyModule, 'an AES key', (hsm) => {
  let token: HsmToken
  let twin: Keyring
  beforeAll(async () => {
    token = openTestToken(hsm, { backoffMs: 1 })
    const known = generateAesKey()
    twin = rawAesKeyring({ namespace: 'test', name: 'known/v0001', key: known })
    await importKey(token, 'known/v0001', known)
    await makeAesKey(token, 'made/v0001')
  })
  afterAll(() => token.close())

  it('opens what a software keyring of the same key wrapped, and the other way round', async () => {
    const keyring = hsmKeyring({ token, namespace: 'test', alias: 'known' })
    for (const [writer, reader] of [
      [keyring, twin],
      [twin, keyring],
    ] as const) {
      using secret = SecretBytes.random(32)
      const opened = await reader.unwrap(await wrapped(writer, secret), request)
      if (!('secret' in opened)) throw new Error('It does not open')
      expect([opened.keyId, opened.secret.equals(secret)]).toEqual(['known/v0001', true])
    }
  })

  it('never uses an IV twice', async () => {
    const key = await aeadKey(hsmKeyring({ token, namespace: 'test', alias: 'made', verifyAfterWrap: 'never' }))
    using secret = SecretBytes.random(32)
    const ivs = await Promise.all(
      Array.from({ length: 500 }, async () => Buffer.from((await key.seal(secret, new Uint8Array(0))).iv).toString('hex')),
    )
    expect(new Set(ivs).size).toBe(500)
  })

  it('takes secrets of 1 to 4,096 bytes, and no sealed ones of other lengths', async () => {
    const key = await aeadKey(hsmKeyring({ token, namespace: 'test', alias: 'made' }))
    const aad = new Uint8Array(3)
    for (const length of [1, 64, 4_096]) {
      using secret = SecretBytes.random(length)
      const { iv, sealed } = await key.seal(secret, aad)
      expect([iv.length, sealed.length]).toEqual([12, length + 16])
      using opened = await key.open(iv, sealed, aad)
      expect(opened.equals(secret)).toBe(true)
    }
    using tooLong = SecretBytes.random(4_097)
    await expect(key.seal(tooLong, aad)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    for (const [iv, sealed] of [
      [12, 16],
      [12, 4_113],
      [11, 48],
      [0, 48],
    ] as const) {
      await expect(key.open(new Uint8Array(iv), new Uint8Array(sealed), aad)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    }
  })

  it('is not changed by what the caller does with its bytes meanwhile', async () => {
    const key = await aeadKey(hsmKeyring({ token, namespace: 'test', alias: 'made' }))
    const aad = Uint8Array.of(1, 2, 3)
    const secret = SecretBytes.random(32)
    const copy = secret.share()
    const sealing = key.seal(secret, aad)
    aad.fill(0)
    secret.dispose()
    const { iv, sealed } = await sealing
    const opening = key.open(iv, sealed, Uint8Array.of(1, 2, 3))
    iv.fill(0)
    sealed.fill(0)
    using opened = await opening
    expect(opened.equals(copy)).toBe(true)
  })
})

describeOnHsm(['cloudhsm', 'softhsm2-faulty'], 'what an AES key wraps', (hsm) => {
  let token: HsmToken
  beforeAll(async () => {
    token = openTestToken(hsm, { backoffMs: 1 })
    await makeAesKey(token, 'checked/v0001')
  })
  afterAll(() => token.close())

  const seal = async (verifyAfterWrap: 'first' | 'always' | 'never', quirks = {}) => {
    await using other = openTestToken(hsm, { backoffMs: 1, ...quirks })
    const key = await aeadKey(hsmKeyring({ token: other, namespace: 'test', alias: 'checked', verifyAfterWrap }))
    using secret = SecretBytes.random(32)
    const before = hsm.faults.calls('C_Decrypt')
    for (let wrap = 0; wrap < 3; wrap += 1) await key.seal(secret, new Uint8Array(0))
    return hsm.faults.calls('C_Decrypt') - before
  }

  it('is opened again, the first time on each session unless told otherwise', async () => {
    expect([await seal('first'), await seal('always'), await seal('never')]).toEqual([1, 3, 0])
  })

  it('is thrown away where it does not open', async () => {
    hsm.faults.inject('C_Encrypt', { action: 'damage' })
    await expect(seal('first')).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', reason: 'WRAP_NOT_VERIFIED' })
    hsm.faults.inject('C_Encrypt', { action: 'damage' })
    expect(await seal('never')).toBe(0)
    hsm.faults.clear()
  })

  describe.runIf(hsm.module === 'cloudhsm')('where the module makes the IV in place', () => {
    const quirks = { quirks: { gcmIv: 'zero-in-place' as const } }

    it('has the IV of the module', async () => {
      expect(await seal('always', quirks)).toBe(3)
    })

    it('is thrown away where the module keeps the IV to itself, verified or not', async () => {
      hsm.faults.inject('C_Encrypt', { action: 'keep-iv' })
      await expect(seal('never', quirks)).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', reason: 'WRAP_NOT_VERIFIED' })
      hsm.faults.clear()
    })
  })
})
