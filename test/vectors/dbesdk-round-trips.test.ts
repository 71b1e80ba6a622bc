import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { createItemEncryptor, type TableConfig } from '@strongroom/dynamodb'
import { describe, expect, it } from 'vitest'
import { itemOfVector, itemVectorKeyring, tableOfVector, type VectorConfig } from '../support/item-vectors.ts'
import { describeVectors, type Vectors } from '../support/vectors.ts'

type Json = Readonly<Record<string, unknown>>
type Item = Readonly<Record<string, AttributeValue>>

interface RoundTrips {
  readonly RoundTripTest: { readonly Configs: Readonly<Record<string, VectorConfig>>; readonly Records: readonly Json[] }
}

const suites = ['6700', '6701'] as const

describeVectors('dbesdk', 'numbers of the official unit tests', (vectors) => {
  const { normalize, reject } = vectors.json<{ normalize: [string, string][]; reject: string[] }>('normalize-number.json')
  const table: TableConfig = { logicalTableName: 'numbers', partitionKey: 'id', actions: { number: 'encrypt' }, suite: '6700' }
  const encryptor = createItemEncryptor({ keyring: itemVectorKeyring(vectors), table })

  it('are all seen', () => {
    expect([normalize.length, reject.length]).toEqual([136, 53])
  })

  it.each(normalize)('%s comes back as %s', async (number, normal) => {
    const { item } = await encryptor.encryptItem({ id: { S: 'x' }, number: { N: number } })
    expect((await encryptor.decryptItem(item)).item).toEqual({ id: { S: 'x' }, number: { N: normal } })
  })

  it.each(reject)('%s is refused', async (number) => {
    await expect(encryptor.encryptItem({ id: { S: 'x' }, number: { N: number } })).rejects.toMatchObject({
      code: 'ATTRIBUTE_INVALID',
      attribute: 'number',
    })
  })
})

/** What an item is once it is decrypted: numbers in their normal form, sets in order. Both are those of the official vectors and of no code of ours. */
function normalOf(vectors: Vectors): (value: AttributeValue) => AttributeValue {
  const numbers = new Map(vectors.json<{ normalize: [string, string][] }>('normalize-number.json').normalize)
  const number = (text: string): string => (/^[1-9]\d*$/.test(text) ? text : (numbers.get(text) ?? String(Number(text))))
  const normal = (value: AttributeValue): AttributeValue => {
    if (value.N !== undefined) return { N: number(value.N) }
    if (value.NS !== undefined) return { NS: value.NS.map(number).sort() }
    if (value.SS !== undefined) return { SS: [...value.SS].sort() }
    if (value.BS !== undefined) return { BS: [...value.BS].sort(Buffer.compare) }
    if (value.L !== undefined) return { L: value.L.map(normal) }
    if (value.M !== undefined) return { M: Object.fromEntries(Object.entries(value.M).map(([key, part]) => [key, normal(part)])) }
    return value
  }
  return normal
}

describeVectors('dbesdk', 'records of the round trips', (vectors) => {
  const keyring = itemVectorKeyring(vectors)
  const normal = normalOf(vectors)
  const files = [vectors.json<RoundTrips>('data.json'), vectors.json<RoundTrips>('PermTest.json')]

  it('are all seen', () => {
    expect(files.map(({ RoundTripTest: { Configs, Records } }) => [Object.keys(Configs).length, Records.length])).toEqual([
      [3, 4],
      [expect.any(Number), 33],
    ])
  })

  describe.each(suites)('in suite %s', (suite) => {
    const cases = files.flatMap(({ RoundTripTest: { Configs, Records } }) =>
      Object.entries(Configs).flatMap(([name, config]) => Records.map((record, index) => ({ name: `${name} ${index}`, config, record }))),
    )
    it.each(cases)('$name', async ({ config, record }) => {
      const table = { ...tableOfVector(config), suite }
      const encryptor = createItemEncryptor({ keyring, table })
      const item: Item = itemOfVector(record)
      const { item: encrypted } = await encryptor.encryptItem(item)
      const { item: opened } = await encryptor.decryptItem(encrypted)
      const expected = Object.entries(item).map(([name, value]) => [name, table.actions[name] === 'encrypt' ? normal(value) : value])
      expect(opened).toEqual(Object.fromEntries(expected))
    })

    it('are signed as sets and numbers, not as they are written', async () => {
      const [{ RoundTripTest }] = files as [RoundTrips]
      const encryptor = createItemEncryptor({
        keyring,
        table: { ...tableOfVector(RoundTripTest.Configs['AllSign'] as VectorConfig), suite },
      })
      const rewritten = (value: AttributeValue): AttributeValue =>
        value.SS !== undefined ? { SS: [...value.SS].reverse() } : value.NS !== undefined ? { NS: [...value.NS].reverse() } : value
      for (const record of RoundTripTest.Records) {
        const { item } = await encryptor.encryptItem(itemOfVector(record))
        const stored = Object.fromEntries(Object.entries(item).map(([name, value]) => [name, rewritten(value)]))
        await encryptor.decryptItem(stored)
      }
    })
  })
})

describeVectors('dbesdk', 'records of the query tests', (vectors) => {
  const keyring = itemVectorKeyring(vectors)
  const { Records } = vectors.json<{ Records: Json[] }>('records.json')
  const configs = vectors.json<{ tableEncryptionConfigs: Record<string, Partial<VectorConfig>> }>('configs.json').tableEncryptionConfigs
  const usable = Object.entries(configs).filter(
    (entry): entry is [string, VectorConfig] => entry[1].attributeActionsOnEncrypt !== undefined,
  )

  it.each(usable)('survive configuration %s', async (_name, config) => {
    expect(Records.length).toBeGreaterThan(0)
    const encryptor = createItemEncryptor({ keyring, table: tableOfVector(config) })
    for (const record of Records) {
      const item = itemOfVector(record)
      const { item: encrypted } = await encryptor.encryptItem(item)
      for (const [name, action] of Object.entries(config.attributeActionsOnEncrypt)) {
        if (item[name] === undefined) continue
        if (action === 'ENCRYPT_AND_SIGN') expect(encrypted[name]).toEqual({ B: expect.any(Uint8Array) })
        else expect(encrypted[name]).toEqual(item[name])
      }
      const { item: opened } = await encryptor.decryptItem(encrypted)
      const numberTest =
        config.attributeActionsOnEncrypt['NumberTest'] === 'ENCRYPT_AND_SIGN' && item['NumberTest'] ? { NumberTest: { N: '800' } } : {}
      expect(opened).toEqual({ ...item, ...numberTest })
    }
  })
})
