import { createPublicKey } from 'node:crypto'
import { createEncryptionClient, rawRsaKeyring, SecretBytes } from '@strongroom/core'
import { afterAll, afterEach, expect, it } from 'vitest'
import { describeOnHsm, everyModule, faultyModules } from '../../../../test/support/hsm.ts'
import { openTestToken } from '../../test/hsm-keys.ts'
import { hsmRsaKeyring } from '../keyrings/hsm-rsa-keyring.ts'
import { createHsmKey, listHsmKeys, rotateHsmKey, verifyHsmKey } from './keys.ts'
import { hsmPublicKey } from './public-keys.ts'
import { hsmRandom } from './random.ts'

describeOnHsm(everyModule, 'administration of keys', (hsm) => {
  const token = openTestToken(hsm)
  afterAll(() => token.close())

  it('makes a key-encryption key that is sound, whatever the defaults of the module are', async () => {
    const key = await createHsmKey(token, { alias: 'sound' })
    expect(key).toMatchObject({ name: 'sound/v0001', alias: 'sound', version: 1, kind: 'aes', bits: 256, usages: ['encrypt', 'decrypt'] })
    expect(key.extractable).toBe(false)
    expect(key.id).toMatch(/^[0-9a-f]{32}$/)
    expect(key.checkValue).toMatch(/^[0-9a-f]{6}$/)
    const { sound, findings } = await verifyHsmKey(token, {
      alias: 'sound',
      ...(key.checkValue === undefined ? {} : { checkValue: key.checkValue }),
    })
    // NSS says of no key that it was made where it is.
    expect(findings.filter(({ holds }) => holds !== true).map(({ check }) => check)).toEqual(hsm.module === 'nss' ? ['local'] : [])
    expect(sound).toBe(hsm.module !== 'nss')
    expect(findings.map(({ check }) => check)).toContain('check-value')
  })

  it.each([
    ['rsa', 2048, ['decrypt']],
    ['hmac', 256, ['sign', 'verify']],
    ['aes-wrapping', 256, ['wrap', 'unwrap']],
    ['rsa-wrapping', 2048, ['unwrap']],
  ] as const)('makes a key of the kind %s that may do nothing else', async (kind, bits, usages) => {
    const key = await createHsmKey(token, { alias: kind, kind, bits })
    expect(key).toMatchObject({ kind, bits, usages, extractable: false })
    const { findings } = await verifyHsmKey(token, { alias: kind })
    expect(findings.find(({ check }) => check === 'usage')?.holds).toBe(true)
  })

  it('rotates to a new version, and leaves the old one as it was', async () => {
    const first = await createHsmKey(token, { alias: 'turning', bits: 128 })
    const second = await rotateHsmKey(token, { alias: 'turning' })
    expect(second).toMatchObject({ name: 'turning/v0002', version: 2, bits: 128 })
    expect(second.id).not.toBe(first.id)
    expect(await rotateHsmKey(token, { alias: 'turning', bits: 256 })).toMatchObject({ name: 'turning/v0003', bits: 256 })
    const listed = await listHsmKeys(token, { alias: 'turning' })
    expect(listed.map(({ name }) => name)).toEqual(['turning/v0001', 'turning/v0002', 'turning/v0003'])
    expect(listed[0]).toEqual(first)
    expect((await verifyHsmKey(token, { alias: 'turning' })).key.name).toBe('turning/v0003')
  })

  it('lets no two keys have one name', async () => {
    await createHsmKey(token, { alias: 'single' })
    await expect(createHsmKey(token, { alias: 'single' })).rejects.toMatchObject({ reason: 'KEY_EXISTS', keyName: 'single/v0001' })
    const made = await Promise.allSettled(Array.from({ length: 6 }, () => rotateHsmKey(token, { alias: 'single' })))
    for (const outcome of made) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ reason: 'KEY_EXISTS' })
    }
    const names = (await listHsmKeys(token, { alias: 'single' })).map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  it('lists keys of others under their own labels, and every key once', async () => {
    const names = (await listHsmKeys(token)).map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(names).toEqual(expect.arrayContaining(['sound/v0001', 'rsa/v0001', 'turning/v0003']))
  })

  it('says what is not there, and what the check value shows to be another', async () => {
    await createHsmKey(token, { alias: 'checked' })
    await expect(verifyHsmKey(token, { alias: 'absent' })).rejects.toMatchObject({ reason: 'KEY_NOT_FOUND' })
    await expect(verifyHsmKey(token, { alias: 'checked', version: 2 })).rejects.toMatchObject({
      reason: 'KEY_NOT_FOUND',
      keyName: 'checked/v0002',
    })
    await expect(rotateHsmKey(token, { alias: 'absent' })).rejects.toMatchObject({ reason: 'KEY_NOT_FOUND' })
    const { sound, findings } = await verifyHsmKey(token, { alias: 'checked', checkValue: '000000' })
    expect(sound).toBe(false)
    expect(findings.at(-1)).toMatchObject({ check: 'check-value', holds: false })
  })

  it.each([
    [{ alias: '' }, 'alias'],
    [{ alias: 'a\nb' }, 'alias'],
    [{ alias: ' a' }, 'alias'],
    [{ alias: 'a', bits: 100 }, 'bits'],
    [{ alias: 'a', bits: 512 }, 'bits'],
    [{ alias: 'a', kind: 'rsa', bits: 1024 }, 'bits'],
    [{ alias: 'a', kind: 'des' }, 'kind'],
    [{ alias: 'a', extractable: true }, 'extractable'],
    [{}, 'alias'],
  ])('refuses the options %j', async (options, option) => {
    await expect(createHsmKey(token, options as never)).rejects.toMatchObject({ code: 'OPTION_INVALID', option })
  })

  it('draws random bytes', async () => {
    using one = await hsmRandom(token, { length: 3000 })
    using other = await hsmRandom(token, { length: 3000 })
    expect(one.length).toBe(3000)
    expect(one.equals(other)).toBe(false)
    expect(one.use((bytes) => new Set(bytes.subarray(-256)).size)).toBeGreaterThan(64)
    await expect(hsmRandom(token, { length: 0 })).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'length' })
  })
})

describeOnHsm(faultyModules, 'administration of keys at an HSM that answers wrongly', (hsm) => {
  const token = openTestToken(hsm, { backoffMs: 1 })
  afterEach(() => hsm.faults.clear())
  afterAll(() => token.close())

  it.each([
    ['aes', 'C_GenerateKey'],
    ['hmac', 'C_GenerateKey'],
    ['rsa', 'C_GenerateKeyPair'],
  ] as const)('leaves one key of the kind %s where the HSM made it and said that it did not', async (kind, call) => {
    hsm.faults.inject(call, { action: 'answer-after', code: 0x6, times: 2 })
    const key = await createHsmKey(token, { alias: `twice-${kind}`, kind, ...(kind === 'rsa' ? { bits: 2048 } : {}) })
    expect(hsm.faults.left(call)).toBe(0)
    expect(await listHsmKeys(token, { alias: `twice-${kind}` })).toEqual([key])
    if (kind !== 'rsa') return
    const spki = await hsmPublicKey(token, { alias: 'twice-rsa', version: 1 })
    const secret = SecretBytes.random(32)
    // The half that is left is that of the key that is left.
    const keyring = hsmRsaKeyring({ token, namespace: 'ns', alias: 'twice-rsa', padding: 'OAEP_SHA1' })
    const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
    const writer = rawRsaKeyring({ namespace: 'ns', name: 'twice-rsa/v0001', padding: 'OAEP_SHA1', publicKey })
    const { ciphertext } = await createEncryptionClient({ keyring: writer }).encrypt(secret.use((bytes) => Uint8Array.from(bytes)))
    const { plaintext } = await createEncryptionClient({ keyring }).decrypt(ciphertext)
    expect(secret.equals(SecretBytes.copyOf(plaintext))).toBe(true)
  })

  it('logs in again, and finds its handles again, in mid-work', async () => {
    await createHsmKey(token, { alias: 'resumed' })
    hsm.faults.inject('C_GetAttributeValue', { action: 'log-out', after: 3 })
    expect((await listHsmKeys(token, { alias: 'resumed' })).map(({ name }) => name)).toEqual(['resumed/v0001'])
    hsm.faults.inject('C_FindObjectsInit', { action: 'drop-sessions', after: 1 })
    expect((await verifyHsmKey(token, { alias: 'resumed' })).sound).toBe(true)
  })

  it('tells what the HSM refuses, and leaves nothing behind', async () => {
    hsm.faults.inject('C_GenerateKey', { code: 0xd1, times: Number.POSITIVE_INFINITY })
    await expect(createHsmKey(token, { alias: 'refused' })).rejects.toMatchObject({
      code: 'KEY_OPERATIONAL',
      reason: 'MODULE_REFUSED',
      ckr: 'CKR_TEMPLATE_INCONSISTENT',
    })
    hsm.faults.clear()
    expect(await listHsmKeys(token, { alias: 'refused' })).toEqual([])
  })

  it('stops when it is told to', async () => {
    const reason = new Error('enough')
    await expect(createHsmKey(token, { alias: 'stopped', signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(await listHsmKeys(token, { alias: 'stopped' })).toEqual([])
    // While the HSM is at it, it cannot be stopped; what it made goes again.
    const controller = new AbortController()
    hsm.faults.delay(50, 'C_GenerateKey')
    const making = createHsmKey(token, { alias: 'stopped', signal: controller.signal })
    await expect.poll(() => hsm.faults.running('C_GenerateKey'), { interval: 1 }).toBe(1)
    controller.abort(reason)
    await expect(making).rejects.toBe(reason)
    expect(await listHsmKeys(token, { alias: 'stopped' })).toEqual([])
  })
})
