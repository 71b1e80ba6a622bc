import { describe, expect, it } from 'vitest'
import { resolveTable } from './table.ts'
import type { TableConfig } from './table-config.ts'

const config: TableConfig = {
  logicalTableName: 'orders',
  partitionKey: 'id',
  actions: { email: 'encrypt', state: 'sign', note: 'ignore' },
}

describe('a table', () => {
  it('signs its keys', () => {
    const table = resolveTable({ ...config, sortKey: 'at', actions: { ...config.actions, id: 'sign' } })
    expect([table.actionOf('id'), table.actionOf('at'), table.version, table.suite, table.name]).toEqual([
      'sign',
      'sign',
      1,
      '6701',
      'orders',
    ])
  })

  it('has its keys in the context as soon as another attribute is', () => {
    const table = resolveTable({ ...config, sortKey: 'at', actions: { ...config.actions, tenant: 'context', at: 'context' } })
    expect([table.actionOf('id'), table.actionOf('at'), table.version]).toEqual(['context', 'context', 2])
  })

  it('tells what is signed, and what may be written', () => {
    const table = resolveTable({ ...config, allowedUnsigned: ['old'], allowedUnsignedPrefix: ':' })
    const names = ['id', 'email', 'state', 'note', 'old', ':any', 'other', 'aws_dbe_head', 'aws_dbe_b_email', '__proto__']
    expect(names.map((name) => table.actionOf(name))).toEqual([
      'sign',
      'encrypt',
      'sign',
      'ignore',
      'ignore',
      'ignore',
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    expect(names.filter((name) => table.isSigned(name))).toEqual(['id', 'email', 'state', 'other', '__proto__'])
  })

  it('is not changed by who changes its configuration afterwards', () => {
    const actions: Record<string, 'encrypt' | 'sign' | 'ignore'> = { email: 'encrypt' }
    const allowedUnsigned: string[] = []
    const table = resolveTable({ ...config, actions, allowedUnsigned })
    actions.email = 'ignore'
    allowedUnsigned.push('state')
    expect([table.actionOf('email'), table.isSigned('email'), table.isSigned('state')]).toEqual(['encrypt', true, true])
  })

  it.each<[string, string, object]>([
    ['an encrypted key', 'actions.id', { actions: { id: 'encrypt' } }],
    ['an ignored key', 'actions.at', { sortKey: 'at', actions: { at: 'ignore' } }],
    ['a key in the context alone', 'actions.at', { sortKey: 'at', actions: { at: 'sign', tenant: 'context' } }],
    ['a reserved attribute', 'actions.aws_dbe_x', { actions: { aws_dbe_x: 'ignore' } }],
    ['a reserved key', 'partitionKey', { partitionKey: 'aws_dbe_id' }],
    ['a reserved unsigned attribute', 'allowedUnsigned', { allowedUnsigned: ['aws_dbe_head'] }],
    ['one attribute as both keys', 'sortKey', { sortKey: 'id' }],
    ['a signed attribute among the unsigned', 'allowedUnsigned', { allowedUnsigned: ['state'] }],
    ['a signed attribute with the unsigned prefix', 'allowedUnsignedPrefix', { allowedUnsignedPrefix: 'st' }],
    ['a key with the unsigned prefix', 'allowedUnsignedPrefix', { allowedUnsignedPrefix: 'i' }],
    ['a key among the unsigned', 'allowedUnsigned', { allowedUnsigned: ['id'] }],
    ['an empty prefix', 'allowedUnsignedPrefix', { allowedUnsignedPrefix: '' }],
    ['an unknown action', 'actions.email', { actions: { email: 'hash' } }],
    ['an attribute without a name', 'actions.', { actions: { '': 'sign' } }],
    ['an unknown suite', 'suite', { suite: '0478' }],
    ['an unknown override', 'plaintextOverride', { plaintextOverride: 'ALLOW' }],
    [
      'an invalid date',
      'plaintextUntil',
      { plaintextOverride: 'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ', plaintextUntil: new Date('x') },
    ],
    ['an end of no override', 'plaintextUntil', { plaintextUntil: new Date() }],
    ['a type of no attribute', 'types.other', { types: { other: ['S'] } }],
    ['an unknown type', 'types.email', { types: { email: ['string'] } }],
    ['no types', 'types.email', { types: { email: [] } }],
    ['no logical name', 'logicalTableName', { logicalTableName: undefined }],
    ['an unknown option', 'action', { action: {} }],
    ['actions that are a list', 'actions', { actions: ['email'] }],
  ])('is not one with %s', (_what, option, change) => {
    expect(() => resolveTable({ ...config, ...change } as TableConfig, { path: '' })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', option }),
    )
  })
})

describe('a plaintext override', () => {
  const until = new Date(1_000_000)
  it.each([
    ['FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ', true, true],
    ['FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ', false, true],
  ] as const)('%s ends by the clock of the reader', (plaintextOverride, writes, reads) => {
    let now = 999_999
    const table = resolveTable({ ...config, plaintextOverride, plaintextUntil: until }, { now: () => now })
    expect([table.writesPlaintext(), table.readsPlaintext()]).toEqual([writes, reads])
    now = 1_000_000
    expect([table.writesPlaintext(), table.readsPlaintext()]).toEqual([false, false])
    const endless = resolveTable({ ...config, plaintextOverride }, { now: () => now })
    expect([endless.writesPlaintext(), endless.readsPlaintext()]).toEqual([writes, reads])
  })

  it('is none unless it is asked for', () => {
    const tables = [resolveTable(config), resolveTable({ ...config, plaintextOverride: 'FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ' })]
    for (const table of tables) expect([table.writesPlaintext(), table.readsPlaintext()]).toEqual([false, false])
  })
})
