import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { describeOnHsm, everyModule } from '../../../../test/support/hsm.ts'
import { openTestToken } from '../../test/hsm-keys.ts'
import { type HsmDoctorReport, type HsmDoctorStepName, hsmDoctor } from './doctor.ts'
import { createHsmKey, listHsmKeys } from './keys.ts'

function outcomes({ steps }: HsmDoctorReport): Partial<Record<HsmDoctorStepName, string>> {
  return Object.fromEntries(steps.map(({ step, outcome }) => [step, outcome]))
}

function said({ steps }: HsmDoctorReport, step: HsmDoctorStepName): string {
  return steps.find((each) => each.step === step)?.message ?? ''
}

const allOk = {
  login: 'ok',
  random: 'ok',
  generate: 'ok',
  iv: 'ok',
  'round-trip': 'ok',
  aad: 'ok',
  tampering: 'ok',
  size: 'ok',
  extraction: 'ok',
  key: 'skipped',
  latency: 'ok',
}

describeOnHsm(everyModule, 'the doctor', (hsm) => {
  const token = openTestToken(hsm)
  afterAll(() => token.close())

  it('finds an HSM healthy, and leaves nothing in it', async () => {
    let clock = 0
    const report = await hsmDoctor(token, { samples: 10, now: () => (clock += 3) })
    expect(report.healthy).toBe(true)
    // NSS wraps every key for whoever asks.
    expect(outcomes(report)).toEqual({ ...allOk, extraction: hsm.module === 'nss' ? 'warning' : 'ok' })
    expect(said(report, 'iv')).toContain(hsm.module === 'cloudhsm' ? 'vendor-prefixed' : 'caller')
    expect(report.wrap).toEqual({ p50: 3, p99: 3 })
    expect(report.unwrap).toEqual({ p50: 3, p99: 3 })
    expect(await listHsmKeys(token)).toEqual([])
  })

  it('looks a key over', async () => {
    await createHsmKey(token, { alias: 'looked-at' })
    const report = await hsmDoctor(token, { alias: 'looked-at', samples: 10 })
    expect(outcomes(report).key).toBe(hsm.module === 'nss' ? 'warning' : 'ok')
    expect(said(report, 'key')).toContain('looked-at/v0001')
    const absent = await hsmDoctor(token, { alias: 'absent', samples: 10 })
    expect(absent.healthy).toBe(false)
    expect(outcomes(absent).key).toBe('failed')
    expect(said(absent, 'key')).toContain('listHsmKeys')
  })

  it.each([[{ samples: 9 }], [{ alias: '' }], [{ sample: 50 }]])('refuses the options %j', async (options) => {
    await expect(hsmDoctor(token, options as never)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  it('stops when it is told to', async () => {
    const reason = new Error('enough')
    await expect(hsmDoctor(token, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describeOnHsm(['cloudhsm', 'softhsm2-faulty'], 'the doctor at a failing HSM', (hsm) => {
  const token = openTestToken(hsm, { backoffMs: 1, deadlineMs: 2_000, circuit: { failures: 1_000, coolDownMs: 1 } })
  beforeAll(() => token.info())
  afterEach(() => hsm.faults.clear())
  afterAll(() => token.close())
  const always = Number.POSITIVE_INFINITY

  it.each([
    ['random', 'C_GenerateRandom', 0x54, 'CKR_FUNCTION_NOT_SUPPORTED'],
    ['generate', 'C_GenerateKey', 0xe2, 'CKR_TOKEN_WRITE_PROTECTED'],
    ['iv', 'C_EncryptInit', 0x70, 'CKR_MECHANISM_INVALID'],
  ] as const)('names the step %s and the module’s word for it', async (step, call, code, ckr) => {
    hsm.faults.inject(call, { code, times: always })
    const report = await hsmDoctor(token, { samples: 10 })
    expect(report.healthy).toBe(false)
    expect(outcomes(report)[step]).toBe('failed')
    expect(said(report, step)).toContain(ckr)
    if (step !== 'random') expect(outcomes(report)['round-trip']).toBe('skipped')
  })

  it('tells a token that says where the IV is, and does not mean it', async () => {
    hsm.faults.inject('C_Encrypt', { action: 'damage', times: always })
    const report = await hsmDoctor(token, { samples: 10 })
    expect(outcomes(report)).toMatchObject({ 'round-trip': 'skipped' })
    expect(report.healthy).toBe(false)
  })

  it('tells a module that damages what it opens', async () => {
    // The two calls before it find out who makes the IV.
    hsm.faults.inject('C_Decrypt', { action: 'damage', after: 1 })
    const report = await hsmDoctor(token, { samples: 10 })
    expect(outcomes(report)['round-trip']).toBe('failed')
    expect(said(report, 'round-trip')).toContain('Do not use this HSM')
  })

  it('tells a preset that is wrong, and the right one', async () => {
    const gcmIv = hsm.module === 'cloudhsm' ? 'caller' : 'zero-in-place'
    await using other = openTestToken(hsm, { quirks: { gcmIv } })
    const report = await hsmDoctor(other, { samples: 10 })
    expect(outcomes(report)).toMatchObject({ login: 'ok', iv: 'failed', 'round-trip': 'skipped' })
    expect(said(report, 'iv')).toContain(hsm.module === 'cloudhsm' ? "gcmIv: 'vendor-prefixed'" : "gcmIv: 'caller'")
  })

  it('fails at the login where the PIN is wrong, and asks for it once', async () => {
    const before = hsm.faults.calls('C_Login')
    await using other = openTestToken(hsm, { pin: 'crypto_user:wrong-horse' })
    hsm.faults.inject('C_Login', { code: 0xa0, times: always })
    hsm.faults.inject('C_OpenSession', { action: 'log-out' })
    const report = await hsmDoctor(other, { samples: 10 })
    if (outcomes(report).login === 'failed') expect(said(report, 'login')).toContain('PIN')
    expect(hsm.faults.calls('C_Login') - before).toBeLessThanOrEqual(1)
  })
})

describe('the doctor of something else', () => {
  it('takes a token and nothing else', async () => {
    await expect(hsmDoctor({} as never)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })
})
