import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { itemSuiteById } from '@strongroom/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../test/fuzz/slow.ts'
import { aesKeyring, both } from '../test/items.ts'
import { createItemEncryptor, type Item } from './item-encryptor.ts'
import type { AttributeAction, TableConfig } from './table-config.ts'

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }).filter((value) => value.isWellFormed()),
)
const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 38 }).map((all) => all.join(''))
/** Numbers of up to 38 digits in their normal form, so that what comes back is what was given. */
const number = fc.tuple(digits, fc.integer({ min: 0, max: 38 }), fc.boolean()).map(([all, point, negative]) => {
  const whole = all.slice(0, point).replace(/^0+/, '') || '0'
  const fraction = all.slice(point).replace(/0+$/, '')
  const plain = fraction === '' ? whole : `${whole}.${fraction}`
  return negative && /[1-9]/.test(plain) ? `-${plain}` : plain
})
const bytes = fc.uint8Array({ maxLength: 40 })
const sorted = <T>(values: readonly T[], compare?: (a: T, b: T) => number): T[] => [...values].sort(compare)
const scalar: fc.Arbitrary<AttributeValue> = fc.oneof(
  text.map((S) => ({ S })),
  number.map((N) => ({ N })),
  bytes.map((B) => ({ B })),
  fc.boolean().map((BOOL) => ({ BOOL })),
  fc.constant({ NULL: true as const }),
  fc.uniqueArray(text, { maxLength: 5 }).map((SS) => ({ SS: sorted(SS) })),
  fc.uniqueArray(number, { maxLength: 5 }).map((NS) => ({ NS: sorted(NS) })),
  fc.uniqueArray(bytes, { maxLength: 5, selector: String }).map((BS) => ({ BS: sorted(BS, Buffer.compare) })),
)
const value: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }).map((L) => ({ L })),
    fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true }).map((M) => ({ M })),
  ),
})).value
/** A value in as many lists and maps as go around it. */
const deep: fc.Arbitrary<AttributeValue> = fc
  .tuple(scalar, fc.array(fc.option(text, { nil: undefined }), { maxLength: 31 }))
  .map(([core, wraps]) =>
    wraps.reduce<AttributeValue>((inner, key) => (key === undefined ? { L: [inner] } : { M: Object.fromEntries([[key, inner]]) }), core),
  )

const name = text.filter((candidate) => candidate !== '' && !candidate.startsWith('aws_dbe_'))
const action = fc.constantFrom<AttributeAction>('encrypt', 'sign', 'context', 'ignore')
const suite = fc.constantFrom('6700' as const, '6701' as const)

/** A table and an item that fits it. The actions of keys follow from those of the others. */
const fitting = fc
  .tuple(
    fc.uniqueArray(name, { minLength: 2, maxLength: 8 }),
    fc.array(action, { minLength: 8, maxLength: 8 }),
    fc.array(fc.oneof(value, deep), { minLength: 8, maxLength: 8 }),
    fc.oneof(
      text.map((S) => ({ S })),
      number.map((N) => ({ N })),
      bytes.map((B) => ({ B })),
    ),
    fc.boolean(),
    name,
    suite,
  )
  .map(([names, actions, values, keyValue, hasSortKey, logicalTableName, chosenSuite]) => {
    const [partitionKey, second, ...others] = names as [string, string, ...string[]]
    const rest = hasSortKey ? others : [second, ...others]
    const table: TableConfig = {
      logicalTableName,
      partitionKey,
      ...(hasSortKey ? { sortKey: second } : {}),
      actions: Object.fromEntries(rest.map((attribute, index) => [attribute, actions[index] as AttributeAction])),
      suite: chosenSuite,
    }
    const keys = hasSortKey ? [partitionKey, second] : [partitionKey]
    const item: Item = Object.fromEntries([
      ...keys.map((key) => [key, keyValue]),
      ...rest.map((attribute, index) => [attribute, values[index] as AttributeValue]),
    ])
    return { table, item }
  })

describe('any item', () => {
  it('comes back as it was, and hides what is encrypted', { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fitting, async ({ table, item }) => {
        const writer = createItemEncryptor({ keyring: both, table })
        const { item: encrypted } = await writer.encryptItem(item)
        for (const [attribute, given] of Object.entries(item)) {
          if (table.actions[attribute] === 'encrypt') expect(Object.keys(encrypted[attribute] ?? {})).toEqual(['B'])
          else expect(encrypted[attribute]).toEqual(given)
        }
        const opened = await createItemEncryptor({ keyring: aesKeyring('theirs'), table }).decryptItem(encrypted)
        expect(opened.item).toEqual(item)
        expect(opened.suite).toBe(table.suite)
        expect(itemSuiteById(writer.describeItem(encrypted).suite).id).toBe(table.suite)
      }),
      { numRuns: runs(150) },
    )
  })

  it('is refused with any of its signed attributes changed', { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fitting, fc.nat(), scalar, async ({ table, item }, pick, other) => {
        const encryptor = createItemEncryptor({ keyring: both, table })
        const { item: encrypted } = await encryptor.encryptItem(item)
        const signed = Object.keys(item).filter((attribute) => table.actions[attribute] !== 'ignore')
        const attribute = signed[pick % signed.length] as string
        fc.pre(JSON.stringify(other) !== JSON.stringify(item[attribute]))
        await expect(encryptor.decryptItem({ ...encrypted, [attribute]: other })).rejects.toMatchObject({ code: 'ITEM_INVALID' })
      }),
      { numRuns: runs(100) },
    )
  })

  it('never makes a parser throw anything but an error of ours, whatever stands in its place', { timeout: 600_000 }, async () => {
    const table: TableConfig = { logicalTableName: 't', partitionKey: 'id', actions: { a: 'encrypt', b: 'sign', c: 'ignore' } }
    const encryptor = createItemEncryptor({ keyring: both, table })
    const { item } = await encryptor.encryptItem({ id: { S: 'x' }, a: { S: 'y' }, b: { N: '1' }, c: { NULL: true } })
    const attribute = fc.constantFrom('id', 'a', 'b', 'c', 'aws_dbe_head', 'aws_dbe_foot')
    const content = fc.oneof(fc.anything(), fc.constantFrom(null, undefined, 1, 'x', [], {}))
    const typeName = fc.constantFrom('S', 'N', 'B', 'BOOL', 'NULL', 'SS', 'NS', 'BS', 'L', 'M', 'X')
    const malformed = fc.oneof(
      content,
      fc.tuple(typeName, content).map(([type, inner]) => ({ [type]: inner })),
      fc.tuple(typeName, content).map(([type, inner]) => ({ [type]: [inner] })),
      content.map((inner) => ({ M: { key: inner } })),
    ) as fc.Arbitrary<AttributeValue>
    const piece = fc.oneof(
      value,
      malformed,
      fc.uint8Array({ maxLength: 600 }).map((B) => ({ B })),
    )
    const head = item['aws_dbe_head']?.B as Uint8Array
    const damaged = fc
      .tuple(fc.nat(head.length - 1), fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.nat(8))
      .map(([at, inserted, removed]) => ({
        B: Uint8Array.of(...head.subarray(0, at), ...inserted, ...head.subarray(at + removed)),
      }))
    const change = fc.oneof(fc.tuple(attribute, piece), fc.tuple(fc.constant('aws_dbe_head'), damaged))
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 2 }), async (changes) => {
        const failure: unknown = await encryptor.decryptItem({ ...item, ...Object.fromEntries(changes) }).then(
          () => undefined,
          (error: unknown) => error,
        )
        if (failure === undefined) return
        expect((failure as { code?: string }).code).toMatch(/^(ITEM_INVALID|ITEM_MISMATCH|ITEM_NOT_ENCRYPTED|LIMIT_EXCEEDED)$/)
      }),
      { numRuns: runs(1500) },
    )
    const written = fc.tuple(fc.constantFrom('id', 'a', 'b', 'c'), fc.oneof(value, malformed))
    await fc.assert(
      fc.asyncProperty(written, async ([name, given]) => {
        const failure: unknown = await encryptor.encryptItem({ id: { S: 'x' }, [name]: given }).then(
          () => undefined,
          (error: unknown) => error,
        )
        if (failure !== undefined) expect((failure as { code?: string }).code).toMatch(/^ATTRIBUTE_(INVALID|MISSING)$/)
      }),
      { numRuns: runs(1500) },
    )
  })
})
