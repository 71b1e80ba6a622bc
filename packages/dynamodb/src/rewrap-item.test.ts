import { defaultMaterials, type Keyring, multiKeyring } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { aesKeyring, both, order, tableOf } from '../test/items.ts'
import { createItemEncryptor, type Item } from './item-encryptor.ts'
import type { TableConfig } from './table-config.ts'

const encryptedNames = ['email', 'lines', 'empty']
const ciphertexts = (item: Item) => encryptedNames.map((name) => item[name])

async function written(keyring: Keyring, table: TableConfig): Promise<Item> {
  return (await createItemEncryptor({ keyring, table }).encryptItem(order)).item
}

describe.each([1, 2] as const)('a rewrapped item of version %i', (version) => {
  it.each([
    ['6700', '6700'],
    ['6701', '6701'],
    ['6700', '6701'],
    ['6701', '6700'],
  ] as const)('from suite %s to %s keeps its ciphertext, and has new keys', async (before, after) => {
    const old = await written(aesKeyring('old'), tableOf(version, before))
    const table = tableOf(version, after)
    const encryptor = createItemEncryptor({ keyring: both, table })
    const rewrapped = await encryptor.rewrapItem(old, { from: aesKeyring('old') })
    expect([rewrapped.fields, rewrapped.suite]).toEqual(['kept', after])
    expect(ciphertexts(rewrapped.item)).toEqual(ciphertexts(old))
    expect(rewrapped.item['aws_dbe_head']).not.toEqual(old['aws_dbe_head'])
    expect(encryptor.describeItem(rewrapped.item).encryptedDataKeys).toHaveLength(2)
    for (const name of ['ours', 'theirs'])
      expect((await createItemEncryptor({ keyring: aesKeyring(name), table }).decryptItem(rewrapped.item)).item).toEqual(order)
    await expect(createItemEncryptor({ keyring: aesKeyring('old'), table }).decryptItem(rewrapped.item)).rejects.toMatchObject({
      code: 'ITEM_INVALID',
    })
  })

  it('shares nothing with the one that was given', async () => {
    const old = await written(both, tableOf(version))
    const encryptor = createItemEncryptor({ keyring: both, table: tableOf(version) })
    const rewriting = encryptor.rewrapItem(old)
    for (const { B } of Object.values(old)) B?.fill(0)
    expect((await encryptor.decryptItem((await rewriting).item)).item).toEqual(order)
  })

  it('follows its configuration as to what is signed and what is in the context', async () => {
    const old = await written(both, tableOf(version))
    const other = tableOf(version === 1 ? 2 : 1)
    const encryptor = createItemEncryptor({ keyring: both, table: other })
    const { item, fields } = await encryptor.rewrapItem(old)
    expect(fields).toBe('kept')
    expect(ciphertexts(item)).toEqual(ciphertexts(old))
    expect(encryptor.describeItem(item).version).toBe(version === 1 ? 2 : 1)
    expect((await encryptor.decryptItem(item)).item).toEqual(order)
  })

  it('is encrypted anew where other attributes are encrypted by now', async () => {
    const old = await written(both, tableOf(version))
    const { actions, ...table } = tableOf(version)
    for (const change of [{ state: 'encrypt' }, { email: 'sign' }] as const) {
      const encryptor = createItemEncryptor({ keyring: both, table: { ...table, actions: { ...actions, ...change } } })
      const { item, fields } = await encryptor.rewrapItem(old)
      expect(fields).toBe('re-encrypted')
      expect(item['lines']).not.toEqual(old['lines'])
      expect(encryptor.describeItem(item).encryptedAttributes).toBe('state' in change ? 4 : 2)
      expect((await encryptor.decryptItem(item)).item).toEqual(order)
    }
  })

  it('is encrypted anew where the data keys come from materials, which make their own', async () => {
    const old = await written(both, tableOf(version))
    const encryptor = createItemEncryptor({ materials: defaultMaterials(both), table: tableOf(version) })
    const { item, fields } = await encryptor.rewrapItem(old)
    expect(fields).toBe('re-encrypted')
    expect((await encryptor.decryptItem(item)).item).toEqual(order)
  })

  it('is verified before', async () => {
    const old = await written(both, tableOf(version))
    const encryptor = createItemEncryptor({ keyring: both, table: tableOf(version) })
    for (const forged of [
      { ...old, state: { S: 'sent' } },
      { ...old, email: old['lines'] },
      { ...old, aws_dbe_foot: { B: new Uint8Array(96) } },
    ])
      await expect(encryptor.rewrapItem(forged as Item)).rejects.toMatchObject({ code: 'ITEM_INVALID' })
  })

  it('is encrypted even where plaintext is written for now', async () => {
    const { actions, ...table } = tableOf(version)
    const old = await written(both, tableOf(version))
    const plaintextOverride = 'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ'
    for (const changed of [actions, { ...actions, email: 'sign' as const }]) {
      const encryptor = createItemEncryptor({ keyring: both, table: { ...table, actions: changed, plaintextOverride } })
      const { item, suite } = await encryptor.rewrapItem(old)
      expect([suite, Object.keys(item['lines'] ?? {})]).toEqual(['6700', ['B']])
    }
  })

  it('is refused where its new keyring cannot encrypt, or has more keys than the limit', async () => {
    const old = await written(both, tableOf(version))
    const reading = createItemEncryptor({ keyring: multiKeyring({ children: [both] }), table: tableOf(version) })
    await expect(reading.rewrapItem(old)).rejects.toMatchObject({ code: 'KEYRING_CANNOT_ENCRYPT' })
    const limited = createItemEncryptor({ keyring: both, table: tableOf(version), maxEncryptedDataKeys: 1 })
    const single = await written(aesKeyring('ours'), tableOf(version))
    await expect(limited.rewrapItem(single)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})
