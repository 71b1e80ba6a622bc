import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { importKey, openTestToken } from '../../packages/pkcs11/test/hsm-keys.ts'
import { describeOnHsm } from '../support/hsm.ts'
import { DriverProcess, javascriptDriver, strongroomDriver } from './driver-process.ts'

describeOnHsm(['softhsm2', 'cloudhsm'], 'our driver with a key in an HSM', (hsm) => {
  const value = randomBytes(32)
  const hsmKey = { type: 'hsm', module: hsm.library, token: hsm.token.label, pin: hsm.token.pin, label: 'interop', namespace: 'interop' }
  const raw = { type: 'raw-aes', namespace: 'interop', name: 'interop/v0001', key: value.toString('base64') }
  const official = new DriverProcess(javascriptDriver)
  const ours = new DriverProcess(strongroomDriver)
  beforeAll(async () => {
    await using token = openTestToken(hsm)
    await importKey(token, 'interop/v0001', value)
  })
  afterAll(() => Promise.all([ours.close(), official.close()]))

  it('writes what official clients read with the same key, and reads what they write', async () => {
    const message = { encryptionContext: { purpose: 'interop' }, plaintext: Buffer.from('from an HSM').toString('base64') }
    for (const [writer, keyring, reader, other] of [
      [ours, hsmKey, official, raw],
      [ours, { ...hsmKey, label: 'interop/v0001' }, official, raw],
      [official, raw, ours, hsmKey],
    ] as const) {
      const written = await writer.ask({ op: 'esdk.encrypt', keyring, ...message })
      expect(written).toMatchObject({ ok: true })
      const read = await reader.ask({ op: 'esdk.decrypt', keyring: other, ciphertext: written.ciphertext })
      expect(read).toMatchObject({ ok: true, plaintext: message.plaintext })
    }
  })

  it('tells a key that is not there, and a request that is not whole', async () => {
    const request = { op: 'esdk.encrypt', plaintext: '' }
    expect(await ours.ask({ ...request, keyring: { ...hsmKey, label: 'absent' } })).toMatchObject({
      ok: false,
      error: expect.stringMatching(/^KEY_OPERATIONAL: /),
    })
    expect(await ours.ask({ ...request, keyring: { type: 'hsm', module: '/none' } })).toMatchObject({
      ok: false,
      error: expect.stringMatching(/^INPUT_INVALID: /),
    })
    expect(await official.ask({ ...request, keyring: hsmKey })).toMatchObject({
      ok: false,
      error: expect.stringMatching(/^UNSUPPORTED: /),
    })
  })
})
