import { createDecipheriv, randomBytes } from 'node:crypto'
import { type AeadKey, SecretBytes } from '@strongroom/core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { describeOnHsm, faultyModules } from '../../../test/support/hsm.ts'
import { importKey, openTestToken } from '../test/hsm-keys.ts'
import { type CkrClass, ckrRow, ckrTable } from './ckr.ts'
import { HsmError } from './errors.ts'
import { hsmKeyring } from './keyrings/hsm-keyring.ts'
import type { HsmToken } from './token/hsm-token.ts'

const ALWAYS = Number.POSITIVE_INFINITY
const CALLERS = 24
/** Classes that another try mends. */
const mended: ReadonlySet<CkrClass> = new Set(['login', 'session', 'handle', 'device', 'busy'])
/** On decryption they blame the ciphertext. */
const ofLength: ReadonlySet<number> = new Set([0x20, 0x21])
const rows = [...ckrTable].map(([code, { name, is }]) => ({ code, name, is }))
const vendors = { code: 0x8000_0042, name: ckrRow(0x8000_0042).name, is: ckrRow(0x8000_0042).is }

interface Sealed {
  readonly iv: Uint8Array
  readonly sealed: Uint8Array
}

describeOnHsm(faultyModules, 'every row of the table of return values, under load', (hsm) => {
  const kek = randomBytes(32)
  const aad = new TextEncoder().encode('purpose=load')
  const { faults } = hsm
  const secrets: readonly SecretBytes[] = Array.from({ length: CALLERS }, () => SecretBytes.random(32))
  let token: HsmToken
  let key: AeadKey
  let wrapped: readonly Sealed[]

  beforeAll(async () => {
    token = openTestToken(hsm, { maxSessions: 3, backoffMs: 1, circuit: { failures: 1_000_000, coolDownMs: 1 } })
    await importKey(token, 'load/v0001', kek)
    key = (await hsmKeyring({ token, namespace: 'test', alias: 'load' }).wrappingKeys?.current()) as AeadKey
    wrapped = await Promise.all(secrets.map((secret) => key.seal(secret, aad)))
  })
  afterAll(() => token.close())
  afterEach(async () => {
    faults.clear()
    token.retryPin()
    // Whatever happened: it works again.
    expect(await load()).toEqual([])
  })

  /** Software that holds the same key says whether what the HSM sealed is right. */
  function opensInSoftware({ iv, sealed }: Sealed): Buffer {
    const decipher = createDecipheriv('aes-256-gcm', kek, iv).setAAD(aad).setAuthTag(sealed.subarray(-16))
    return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
  }

  async function wrapOne(secret: SecretBytes): Promise<void> {
    const answer = await key.seal(secret, aad)
    expect(secret.use((bytes) => opensInSoftware(answer).equals(bytes))).toBe(true)
  }

  async function unwrapOne(index: number): Promise<void> {
    const { iv, sealed } = wrapped[index] as Sealed
    using opened = await key.open(iv, sealed, aad)
    expect(opened.equals(secrets[index] as SecretBytes)).toBe(true)
  }

  /** Wraps and unwraps at once; every caller has an answer, and every answer is right or one of our errors. Answers these. */
  async function load(): Promise<readonly HsmError[]> {
    const calls = secrets.flatMap((secret, index) => [wrapOne(secret), unwrapOne(index)])
    const failures: HsmError[] = []
    for (const outcome of await Promise.allSettled(calls)) {
      if (outcome.status === 'fulfilled') continue
      if (!(outcome.reason instanceof HsmError)) throw outcome.reason
      failures.push(outcome.reason)
    }
    return failures
  }

  function codes(failures: readonly HsmError[]): readonly string[] {
    return failures.map(({ code, ckrCode, reason }) => `${code} ${ckrCode?.toString(16) ?? reason}`)
  }

  describe.each([...rows, vendors])('$name', ({ code, is }) => {
    const hex = code.toString(16)

    it.each(['C_EncryptInit', 'C_Encrypt', 'C_DecryptInit', 'C_Decrypt'])('twice by %s in the middle of it', async (method) => {
      const logins = faults.calls('C_Login')
      faults.inject(method, { code, after: 7, times: 2 })
      const failures = codes(await load())
      const isOfText = method.startsWith('C_Decrypt') && (is === 'ciphertext' || (method === 'C_Decrypt' && ofLength.has(code)))
      const told = `${isOfText ? 'MESSAGE_INVALID' : 'KEY_OPERATIONAL'} ${hex}`
      // Where it hits the first wrap of a session, it is the wrap that is thrown away.
      const unified = failures.map((failure) => (isOfText && failure === 'KEY_OPERATIONAL WRAP_NOT_VERIFIED' ? told : failure))
      expect(unified).toEqual(mended.has(is) ? [] : [told, told])
      expect(faults.left(method)).toBe(0)
      // What a call answers is no reason to give the PIN again, unless the token is looked for anew.
      if (is !== 'device' && is !== 'login') expect(faults.calls('C_Login')).toBe(logins)
    })

    it('for good, on every wrap and unwrap', async () => {
      // After the call: before it, the operation would stay active in a session that such an answer does not spoil.
      for (const method of ['C_Encrypt', 'C_Decrypt']) faults.inject(method, { action: 'answer-after', code, times: ALWAYS })
      const failures = await load()
      expect(failures.length).toBe(2 * CALLERS)
      const ofWrap = mended.has(is) ? 'KEY_TRANSIENT' : 'KEY_OPERATIONAL'
      const ofUnwrap = is === 'ciphertext' || ofLength.has(code) ? 'MESSAGE_INVALID' : ofWrap
      for (const failure of failures) expect([ofWrap, ofUnwrap]).toContain(failure.code)
      if (ofWrap !== ofUnwrap) expect(failures.filter((failure) => failure.code === ofUnwrap).length).toBe(CALLERS)
    })

    it('by every other function that a lost login needs, while the PIN is given once or not at all', async () => {
      for (const method of ['C_OpenSession', 'C_GetSessionInfo', 'C_FindObjectsInit', 'C_FindObjects', 'C_GetAttributeValue', 'C_Login']) {
        const logins = faults.calls('C_Login')
        faults.inject('C_Encrypt', { action: 'log-out', after: 5 })
        faults.inject(method, { code, times: 2 })
        const failures = await load()
        expect(faults.left('C_Encrypt')).toBe(0)
        for (const failure of failures) expect(['KEY_TRANSIENT', 'KEY_OPERATIONAL']).toContain(failure.code)
        if (mended.has(is) && method !== 'C_Login') expect(codes(failures)).toEqual([])
        if (is === 'pin' && method === 'C_Login') {
          expect(faults.calls('C_Login')).toBe(logins + 1)
          expect(new Set(failures.map(({ reason }) => reason))).toEqual(new Set(['PIN_REJECTED']))
        }
        faults.clear()
        token.retryPin()
        expect(await load()).toEqual([])
      }
    })
  })
})
