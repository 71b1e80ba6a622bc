import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { createItemEncryptor } from '@strongroom/dynamodb'
import { expect, it } from 'vitest'
import { comparable, itemOfVector, itemVectorKeyring, tableOfVector, type VectorConfig } from '../support/item-vectors.ts'
import { describeVectors } from '../support/vectors.ts'

type Json = Readonly<Record<string, unknown>>

interface DecryptTest {
  readonly type: 'positive-decrypt' | 'negative-decrypt'
  readonly description: string
  readonly config: VectorConfig
  readonly plaintext: Json
  readonly encrypted: Json
}

describeVectors('dbesdk', 'items of the official Java client', (vectors) => {
  const keyring = itemVectorKeyring(vectors)
  const cases = ['decrypt_java_32.json', 'decrypt_java_33.json'].flatMap((file) =>
    Object.entries(vectors.json<{ tests: Record<string, DecryptTest> }>(file).tests).map(([id, test]) => ({
      name: `${file} ${id} ${test.description}`,
      ...test,
    })),
  )

  it('are all seen', () => {
    expect(cases.filter(({ type }) => type === 'positive-decrypt')).toHaveLength(19)
    expect(cases.filter(({ type }) => type === 'negative-decrypt')).toHaveLength(2)
  })

  it.each(cases)('$name', async ({ type, config, plaintext, encrypted }) => {
    const encryptor = createItemEncryptor({ keyring, table: tableOfVector(config) })
    const opening = encryptor.decryptItem(itemOfVector(encrypted))
    if (type === 'positive-decrypt') expect(comparable((await opening).item)).toEqual(comparable(itemOfVector(plaintext)))
    else await expect(opening).rejects.toMatchObject({ code: 'ITEM_MISMATCH' })
  })
})

interface IoTests {
  readonly DecryptTests: readonly { readonly Config: VectorConfig; readonly EncryptedRecords: Json[]; readonly PlainTextRecords: Json[] }[]
  readonly WriteTests: readonly { readonly Config: VectorConfig; readonly Records: Json[] }[]
}

describeVectors('dbesdk', 'items of iotest.json', (vectors) => {
  const keyring = itemVectorKeyring(vectors)
  const { DecryptTests: reads, WriteTests: writes } = vectors.json<IoTests>('iotest.json')

  it.each(reads)('decrypts those of $Config', async ({ Config, EncryptedRecords, PlainTextRecords }) => {
    expect(EncryptedRecords).toHaveLength(PlainTextRecords.length)
    const encryptor = createItemEncryptor({ keyring, table: tableOfVector(Config) })
    for (const [index, record] of EncryptedRecords.entries()) {
      const { item } = await encryptor.decryptItem(itemOfVector(record))
      expect(item).toEqual(itemOfVector(PlainTextRecords[index] ?? {}))
    }
  })

  it.each(writes)('encrypts and decrypts those of $Config', async ({ Config, Records }) => {
    const encryptor = createItemEncryptor({ keyring, table: tableOfVector(Config) })
    for (const record of Records) {
      const item: Record<string, AttributeValue> = itemOfVector(record)
      const { item: encrypted } = await encryptor.encryptItem(item)
      expect(Object.keys(encrypted).sort()).toEqual([...Object.keys(item), 'aws_dbe_foot', 'aws_dbe_head'].sort())
      expect(comparable((await encryptor.decryptItem(encrypted)).item)).toEqual(comparable(item))
    }
  })
})
