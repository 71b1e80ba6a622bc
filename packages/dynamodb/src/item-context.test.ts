import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { hierarchicalKeyring, staticKeyStore } from '@strongroom/kms'
import { describe, expect, it } from 'vitest'
import { aesKeyring } from '../test/items.ts'
import { contextAttributes } from './item-context.ts'
import { createItemEncryptor } from './item-encryptor.ts'
import type { TableConfig } from './table-config.ts'

const values: Readonly<Record<string, AttributeValue>> = {
  s: { S: 'blue' },
  n: { N: '1.5' },
  b: { B: Uint8Array.of(1, 2) },
  t: { BOOL: true },
  f: { BOOL: false },
  z: { NULL: true },
  l: { L: [{ S: 'x' }] },
  'a.b': { SS: ['x', 'y'] },
  '\ufe4c': { S: '' },
  '\u{10001}': { S: 'high' },
}

describe('attributes in an encryption context', () => {
  it('come back from the context of version 2, all types of them', async () => {
    const actions = Object.fromEntries(Object.keys(values).map((name) => [name, 'context' as const]))
    const table: TableConfig = { logicalTableName: 't', partitionKey: 'id', actions, suite: '6700' }
    const encryptor = createItemEncryptor({ keyring: aesKeyring('ours'), table })
    const { item } = await encryptor.encryptItem({ id: { N: '007' }, ...values })
    const { encryptionContext } = await encryptor.decryptItem(item)
    expect(encryptionContext).toMatchObject({
      'aws-crypto-attr.s': 'blue',
      'aws-crypto-attr.n': '1.5',
      'aws-crypto-attr.b': '//8BAg==',
      'aws-crypto-attr.t': 'true',
      'aws-crypto-attr.z': 'null',
      // In the order of the UTF-8 of the names: a.b, b, f, id, l, n, s, t, z, U+FE4C, U+10001.
      'aws-crypto-legend': 'BBLNBNSLLSS',
    })
    expect(contextAttributes(encryptionContext)).toEqual({ id: { N: '7' }, ...values })
  })

  it('are the keys in version 1', async () => {
    const table: TableConfig = { logicalTableName: 't', partitionKey: 'id', sortKey: 'at', actions: {}, suite: '6700' }
    const encryptor = createItemEncryptor({ keyring: aesKeyring('ours'), table })
    const { item } = await encryptor.encryptItem({ id: { S: 'x' }, at: { N: '5' } })
    expect(contextAttributes((await encryptor.decryptItem(item)).encryptionContext)).toEqual({ id: { S: 'x' }, at: { N: '5' } })
  })

  it('choose a branch key', async () => {
    const branchKeys = ['blue', 'red'].map((branchKeyId, index) => ({
      branchKeyId,
      version: '01234567-89ab-4def-8123-456789abcdef',
      branchKey: new Uint8Array(32).fill(index),
    }))
    const keyring = hierarchicalKeyring({
      keyStore: staticKeyStore(branchKeys),
      branchKeyId: (context) => contextAttributes(context)['tenant']?.S,
    })
    const table: TableConfig = { logicalTableName: 't', partitionKey: 'id', actions: { tenant: 'context' }, suite: '6700' }
    const encryptor = createItemEncryptor({ keyring, table })
    for (const tenant of ['blue', 'red']) {
      const { item } = await encryptor.encryptItem({ id: { S: 'x' }, tenant: { S: tenant } })
      expect(encryptor.describeItem(item).encryptedDataKeys).toMatchObject([{ branchKeyId: tenant }])
      expect((await encryptor.decryptItem(item)).openedBy?.keyId).toBe(tenant)
      const other = tenant === 'blue' ? 'red' : 'blue'
      await expect(encryptor.decryptItem({ ...item, tenant: { S: other } })).rejects.toMatchObject({ code: 'ITEM_INVALID' })
    }
    await expect(encryptor.encryptItem({ id: { S: 'x' }, tenant: { N: '1' } })).rejects.toMatchObject({ code: 'CONTEXT_INVALID' })
  })

  it.each([
    ['no base64', '!'],
    ['nothing', ''],
    ['an unknown type', 'AAMA'],
    ['a cut value', 'AQEAAAAB'],
  ])('are left out where there is %s', (_what, text) => {
    expect(contextAttributes({ 'aws-crypto-attr.id': text, other: 'x' })).toEqual({})
    expect(contextAttributes({ 'aws-crypto-attr.id': text, 'aws-crypto-legend': '' })).toEqual({})
  })

  it('may have any name', () => {
    expect(Object.entries(contextAttributes({ 'aws-crypto-attr.__proto__': 'x', 'aws-crypto-legend': 'S' }))).toEqual([
      ['__proto__', { S: 'x' }],
    ])
  })
})
