import { describe, expect, it } from 'vitest'
import { defineTable } from './define-table.ts'
import { resolveTable } from './table.ts'
import { type TableSchema, typed } from './table-schema.ts'

const names = { logicalTableName: 'shop', partitionKey: 'pk', sortKey: 'sk' } as const
const keys = { pk: { type: 'S' }, sk: { type: 'S' } } as const

describe('a defined table', () => {
  it('has the attributes of all kinds of items', () => {
    const table = defineTable({
      ...names,
      suite: '6700',
      allowedUnsignedPrefix: ':',
      entities: {
        customer: { ...keys, email: { type: 'S', action: 'encrypt' }, note: { action: 'ignore' } },
        order: { ...keys, email: { type: 'NULL', action: 'encrypt' }, state: { type: typed<'open'>('S'), action: 'sign', optional: true } },
      },
    })
    expect(table).toEqual({
      ...names,
      suite: '6700',
      allowedUnsignedPrefix: ':',
      actions: { email: 'encrypt', note: 'ignore', state: 'sign' },
      types: { pk: ['S'], sk: ['S'], email: ['S', 'NULL'], state: ['S'] },
    })
    expect(Object.isFrozen(table) && Object.isFrozen(table.actions)).toBe(true)
    expect([...resolveTable(table).actions.keys()].sort()).toEqual(['email', 'note', 'pk', 'sk', 'state'])
  })

  it('checks types of its keys, too', () => {
    const table = defineTable({ ...names, attributes: { pk: { type: 'S' }, sk: { type: 'N', action: 'sign' } } })
    expect(resolveTable(table).types).toEqual(
      new Map([
        ['pk', ['S']],
        ['sk', ['N']],
      ]),
    )
  })

  it('has no type for an attribute that one kind leaves open', () => {
    const table = defineTable({
      ...names,
      entities: { a: { ...keys, x: { type: 'S', action: 'sign' } }, b: { ...keys, x: { action: 'sign' } } },
    })
    expect(table.types).not.toHaveProperty('x')
  })

  const attributes = keys
  it.each<[string, string, object]>([
    [
      'kinds that do not agree',
      'entities.b.x.action',
      { entities: { a: { ...keys, x: { action: 'sign' } }, b: { ...keys, x: { action: 'encrypt' } } } },
    ],
    ['a kind without the sort key', 'entities.b', { entities: { a: keys, b: { pk: { type: 'S' } } } }],
    ['an attribute without an action', 'x', { attributes: { ...keys, x: { type: 'S' } } }],
    ['an optional attribute of the context', 'x', { attributes: { ...keys, x: { action: 'context', optional: true } } }],
    ['an attribute of the context that one kind lacks', 'x', { entities: { a: { ...keys, x: { action: 'context' } }, b: keys } }],
    ['an encrypted key', 'actions.pk', { attributes: { ...keys, pk: { action: 'encrypt' } } }],
    ['an unknown action', 'attributes.x.action', { attributes: { ...keys, x: { action: 'hash' } } }],
    ['an unknown type', 'attributes.x.type', { attributes: { ...keys, x: { action: 'sign', type: 'string' } } }],
    ['a misspelt option of an attribute', 'attributes.x.optinal', { attributes: { ...keys, x: { action: 'sign', optinal: true } } }],
    ['attributes and entities', 'attributes', { attributes, entities: { a: attributes } }],
    ['neither attributes nor entities', 'attributes', {}],
    ['no kind', 'entities', { entities: {} }],
    ['an unknown option', 'actions', { attributes, actions: {} }],
    ['an unknown suite', 'suite', { attributes, suite: '0478' }],
  ])('is not one with %s', (_what, option, parts) => {
    expect(() => defineTable({ ...names, ...parts } as TableSchema)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', option }))
  })
})
