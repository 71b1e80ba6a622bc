import { hierarchicalKeyring, staticKeyStore } from '@strongroom/kms'
import { describe, expect, it } from 'vitest'
import { both, order, tableOf } from '../test/items.ts'
import { describeItem } from './describe-item.ts'
import { createItemEncryptor } from './item-encryptor.ts'

const version = '01234567-89ab-4def-8123-456789abcdef'
const branch = hierarchicalKeyring({
  keyStore: staticKeyStore([{ branchKeyId: 'tenant-é', version, branchKey: new Uint8Array(32).fill(1) }]),
  branchKeyId: 'tenant-é',
})

describe('a described item', () => {
  it('tells version, suite, counts and keys, from the item or its header alone', async () => {
    const { item } = await createItemEncryptor({ keyring: both, table: tableOf(2, '6701') }).encryptItem(order)
    const described = describeItem(item)
    expect(described).toMatchObject({ version: 2, suite: '6701', signedAttributes: 8, encryptedAttributes: 3 })
    expect(Object.keys(described.encryptionContext)).toEqual(['aws-crypto-public-key'])
    expect(
      described.encryptedDataKeys.map(({ providerId, providerInfo }) => [
        providerId,
        Buffer.from(providerInfo).toString('latin1').slice(0, 6),
      ]),
    ).toEqual([
      ['test', 'ours\0\0'],
      ['test', 'theirs'],
    ])
    expect(describeItem(item['aws_dbe_head']?.B as Uint8Array)).toEqual(described)
  })

  it('tells branch key and version', async () => {
    const { item } = await createItemEncryptor({ keyring: branch, table: tableOf(1) }).encryptItem(order)
    expect(describeItem(item)).toMatchObject({
      version: 1,
      suite: '6700',
      encryptionContext: {},
      encryptedDataKeys: [{ providerId: 'aws-kms-hierarchy', branchKeyId: 'tenant-é', branchKeyVersion: version }],
    })
  })

  it('is described by what it holds when it is asked', async () => {
    const { item } = await createItemEncryptor({ keyring: branch, table: tableOf(1) }).encryptItem(order)
    const described = describeItem(item)
    const before = structuredClone(described)
    item['aws_dbe_head']?.B?.fill(0)
    expect(described).toEqual(before)
  })

  it.each([
    ['no header', order],
    ['an empty header', { ...order, aws_dbe_head: { B: new Uint8Array(0) } }],
    ['a header of another type', { ...order, aws_dbe_head: { S: 'x' } }],
    ['noise', new Uint8Array(200).fill(1)],
  ])('is not one with %s', (_what, item) => {
    expect(() => describeItem(item)).toThrow(expect.objectContaining({ code: 'ITEM_INVALID' }))
  })

  it('takes no unknown option', () => {
    expect(() => describeItem(order, { max: 1 } as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', option: 'max' }))
  })
})
