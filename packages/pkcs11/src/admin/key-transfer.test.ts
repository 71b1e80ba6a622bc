import { createPublicKey, generateKeyPairSync, publicEncrypt } from 'node:crypto'
import { createEncryptionClient, type EncryptionClient } from '@strongroom/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeOnHsm, missingFor, setUpHsm, type TestHsm } from '../../../../test/support/hsm.ts'
import { hsmKeyring } from '../keyrings/hsm-keyring.ts'
import { type HsmToken, openHsmToken } from '../token/hsm-token.ts'
import { exportHsmKey, importHsmKey } from './key-transfer.ts'
import { createHsmKey, listHsmKeys, verifyHsmKey } from './keys.ts'
import { hsmPublicKey, storeHsmWrappingKey } from './public-keys.ts'

function opened(hsm: TestHsm): HsmToken {
  return openHsmToken({
    library: hsm.library,
    ...(hsm.libraryParameters === undefined ? {} : { libraryParameters: hsm.libraryParameters }),
    slot: { label: hsm.token.label },
    pin: hsm.token.pin,
  })
}

// Where it is not installed, keys move within one HSM.
const other = missingFor('nss') === undefined ? setUpHsm('nss') : undefined
afterAll(() => other?.[Symbol.dispose]())

describeOnHsm(['softhsm2', 'cloudhsm'], 'moving keys to the HSM of another vendor', (hsm) => {
  const source = opened(hsm)
  let target: HsmToken
  const mechanism = 'RSA_OAEP_SHA1'
  beforeAll(async () => {
    target = other === undefined ? source : opened(other)
    await createHsmKey(target, { alias: `from-${hsm.module}`, kind: 'rsa-wrapping', bits: 2048 })
    hsm.storeTrustedKey('target/v0001', await hsmPublicKey(target, { alias: `from-${hsm.module}`, version: 1 }))
  })
  afterAll(async () => {
    await source.close()
    await target.close()
  })

  it('wraps a key by a trusted key, and the other HSM has it: the same, and not to leave again', async () => {
    const alias = `moved-${hsm.module}`
    const made = await createHsmKey(source, { alias, exportable: true })
    const key = await exportHsmKey(source, { alias, version: 1, wrappingKey: 'target/v0001', mechanism })
    expect(key).toMatchObject({
      format: 'strongroom-hsm-key/1',
      name: `${alias}/v0001`,
      kind: 'aes',
      bits: 256,
      mechanism,
      checkValue: made.checkValue,
    })
    const travelled = { key: JSON.parse(JSON.stringify(key)) as typeof key, unwrappingKey: `from-${hsm.module}/v0001` }
    if (target === source) return void (await expect(importHsmKey(target, travelled)).rejects.toMatchObject({ reason: 'KEY_EXISTS' }))
    const arrived = await importHsmKey(target, travelled)
    expect(arrived).toMatchObject({ kind: 'aes', checkValue: made.checkValue, extractable: false, usages: ['encrypt', 'decrypt'] })
    const { findings } = await verifyHsmKey(target, { alias, checkValue: made.checkValue ?? '' })
    const failed = findings.filter(({ holds }) => holds === false).map(({ check }) => check)
    expect(failed).toEqual(expect.arrayContaining(['never-extractable', 'local']))
    expect(failed).not.toContain('check-value')
    await expect(importHsmKey(target, travelled)).rejects.toMatchObject({ reason: 'KEY_EXISTS' })

    const text = new TextEncoder().encode('written in one HSM, read in the other')
    const [here, there] = [source, target].map((token) =>
      createEncryptionClient({ keyring: hsmKeyring({ token, namespace: 'ns', alias, allowExtractable: true }) }),
    ) as [EncryptionClient, EncryptionClient]
    for (const [writer, reader] of [
      [here, there],
      [there, here],
    ] as const) {
      const { ciphertext } = await writer.encrypt(text, { encryptionContext: { purpose: 'moving' } })
      expect((await reader.decrypt(ciphertext, { encryptionContext: { purpose: 'moving' } })).plaintext).toEqual(text)
    }
  })

  it('wraps nothing by a key that is not trusted, and no key that may not leave', async () => {
    await createHsmKey(source, { alias: 'leaving', exportable: true })
    await createHsmKey(source, { alias: 'staying' })
    const mine = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
    await storeHsmWrappingKey(source, { name: 'mine/v0001', publicKey: mine })
    const leaving = { alias: 'leaving', version: 1, mechanism } as const
    await expect(exportHsmKey(source, { ...leaving, wrappingKey: 'mine/v0001' })).rejects.toMatchObject({
      reason: 'KEY_UNFIT',
      message: expect.stringContaining('CKA_TRUSTED'),
    })
    await expect(exportHsmKey(source, { ...leaving, alias: 'staying', wrappingKey: 'target/v0001' })).rejects.toMatchObject({
      reason: 'KEY_UNFIT',
      message: expect.stringContaining('exportable: true'),
    })
    await expect(exportHsmKey(source, { ...leaving, wrappingKey: 'absent/v0001' })).rejects.toMatchObject({ reason: 'KEY_NOT_FOUND' })
    const sha256 = exportHsmKey(source, { ...leaving, wrappingKey: 'target/v0001', mechanism: 'RSA_OAEP_SHA256' })
    const refusal =
      hsm.module === 'softhsm2'
        ? { code: 'OPTION_INVALID', message: expect.stringContaining('It does: RSA_OAEP_SHA1') }
        : { reason: 'MODULE_REFUSED', ckr: 'CKR_ARGUMENTS_BAD' }
    await expect(sha256).rejects.toMatchObject(refusal)
    await expect(storeHsmWrappingKey(source, { name: 'mine/v0001', publicKey: mine })).rejects.toMatchObject({ reason: 'KEY_EXISTS' })
  })

  it.each(['AES_KW', 'AES_KWP'] as const)('wraps by a key that both have, with %s', async (how) => {
    const alias = how.toLowerCase()
    hsm.storeTrustedKey(`${alias}-transport/v0001`)
    for (const kind of ['aes', 'hmac'] as const) {
      const made = await createHsmKey(source, { alias: `${alias}-${kind}`, kind, exportable: true })
      const key = await exportHsmKey(source, {
        alias: `${alias}-${kind}`,
        version: 1,
        wrappingKey: `${alias}-transport/v0001`,
        mechanism: how,
      })
      const back = await importHsmKey(source, { key, unwrappingKey: `${alias}-transport/v0001`, version: 2 })
      expect(back).toMatchObject({ name: `${alias}-${kind}/v0002`, kind, checkValue: made.checkValue, extractable: false })
    }
  })

  it('moves a pair, and its public half with it', async () => {
    hsm.storeTrustedKey('pair-transport/v0001')
    await createHsmKey(source, { alias: 'moving-pair', kind: 'rsa', bits: 2048, exportable: true })
    const key = await exportHsmKey(source, { alias: 'moving-pair', version: 1, wrappingKey: 'pair-transport/v0001', mechanism: 'AES_KWP' })
    await importHsmKey(source, { key, unwrappingKey: 'pair-transport/v0001', version: 2 })
    const halves = await Promise.all([1, 2].map((version) => hsmPublicKey(source, { alias: 'moving-pair', version })))
    expect(halves[0]).toEqual(halves[1])
  })

  it('destroys what arrives and is another key than the one that left', async () => {
    await createHsmKey(source, { alias: 'swapped', exportable: true })
    const key = await exportHsmKey(source, { alias: 'swapped', version: 1, wrappingKey: 'target/v0001', mechanism })
    const publicKey = createPublicKey({
      key: Buffer.from(await hsmPublicKey(target, { alias: `from-${hsm.module}`, version: 1 })),
      format: 'der',
      type: 'spki',
    })
    const forged = publicEncrypt({ key: publicKey, oaepHash: 'sha1' }, Buffer.alloc(32, 7)).toString('base64')
    const alias = `swapped-${hsm.module}`
    await expect(
      importHsmKey(target, { key: { ...key, wrapped: forged }, unwrappingKey: `from-${hsm.module}/v0001`, alias }),
    ).rejects.toMatchObject({ reason: 'KEY_UNFIT', message: expect.stringContaining('another key') })
    await expect(
      importHsmKey(target, { key, unwrappingKey: `from-${hsm.module}/v0001`, alias, checkValue: '000000' }),
    ).rejects.toMatchObject({ reason: 'KEY_UNFIT' })
    expect(await listHsmKeys(target, { alias })).toEqual([])
  })

  it.each([
    [{ format: 'other/1' }, 'key.format'],
    [{ wrapped: '' }, 'key.wrapped'],
    [{ wrapped: 'not base64!' }, 'key.wrapped'],
    [{ kind: 'des' }, 'key.kind'],
    [{ bits: 1 }, 'key.bits'],
    [{ mechanism: 'NONE' }, 'key.mechanism'],
    [{ extra: true }, 'key.extra'],
  ])('takes no wrapped key with %j', async (change, option) => {
    const key = { format: 'strongroom-hsm-key/1', name: 'a/v0001', kind: 'aes', bits: 256, mechanism, wrapped: 'AAAA', ...change }
    await expect(importHsmKey(source, { key: key as never, unwrappingKey: 'x/v0001' })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option,
    })
  })

  it('tells the public half of a pair, for writers without an HSM', async () => {
    await createHsmKey(source, { alias: 'pair', kind: 'rsa', bits: 2048 })
    const spki = await hsmPublicKey(source, { alias: 'pair', version: 1 })
    expect(createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).asymmetricKeyDetails).toMatchObject({
      modulusLength: 2048,
    })
    await expect(hsmPublicKey(source, { alias: `moved-${hsm.module}`, version: 1 })).rejects.toMatchObject({ reason: 'KEY_NOT_FOUND' })
  })

  it.each([
    ['no key at all', 'nothing'],
    ['another kind of key', generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey],
    ['a short key', generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey],
    ['a private key', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
    ['bytes', new Uint8Array(10)],
  ])('stores no wrapping key that is %s', async (_what, publicKey) => {
    await expect(storeHsmWrappingKey(source, { name: 'bad/v0001', publicKey })).rejects.toMatchObject({ code: 'KEY_INVALID' })
  })
})
