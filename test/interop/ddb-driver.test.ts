import { afterAll, describe, expect, it } from 'vitest'
import { DriverProcess, strongroomDriver } from './driver-process.ts'

const keyring = { type: 'raw-aes', namespace: 'ns', name: 'k', key: Buffer.alloc(32, 1).toString('base64') }
const config = {
  logicalTableName: 'lab',
  partitionKey: 'id',
  actions: { id: 'sign', secret: 'encrypt', note: 'ignore' },
  allowedUnsigned: ['note'],
  suite: '6700',
  keyring,
}
const item = {
  id: { S: 'x' },
  secret: {
    M: { list: { L: [{ N: '1' }, { NULL: true }, { BOOL: false }] }, sets: { M: { n: { NS: ['1', '2'] }, b: { BS: ['AQ==', 'Ag=='] } } } },
  },
  note: { B: 'AQID' },
}

describe('the operations on items', () => {
  const driver = new DriverProcess(strongroomDriver)
  afterAll(() => driver.close())

  it('give an item back', async () => {
    const written = await driver.ask({ op: 'ddb.encryptItem', item, config })
    expect(written).toMatchObject({ ok: true, item: { id: item.id, note: item.note, secret: { B: expect.any(String) } } })
    expect(await driver.ask({ op: 'ddb.decryptItem', item: written['item'], config: { ...config, version: 1 } })).toEqual({
      ok: true,
      item,
    })
    const refused = await driver.ask({ op: 'ddb.decryptItem', item: { ...(written['item'] as object), id: { S: 'y' } }, config })
    expect(refused).toMatchObject({ ok: false, error: expect.stringMatching(/^ITEM_INVALID: /) })
  })

  it.each([
    [/^OPTION_INVALID: .*"table"/, { item, config: { ...config, table: 'x' } }],
    [/^OPTION_INVALID: .*"more"/, { item, config, more: 1 }],
    [/^INPUT_INVALID: .*item/, { config }],
    [/^INPUT_INVALID: .*suite/, { item, config: { ...config, suite: '0478' } }],
    [/^INPUT_INVALID: .*version/, { item, config: { ...config, version: 3 } }],
    [/^UNSUPPORTED: .*version 1/, { item, config: { ...config, version: 2 } }],
    [/^INPUT_INVALID: .*one type/, { item: { id: {} }, config }],
    [/^INPUT_INVALID: .*one type/, { item: { id: { S: 'x', N: '1' } }, config }],
    [/^INPUT_INVALID: .*no type/, { item: { id: { X: 'x' } }, config }],
    [/^INPUT_INVALID: .*base64/, { item: { id: { B: '!' } }, config }],
    [/^INPUT_INVALID: .*NULL/, { item: { id: { NULL: false } }, config }],
    [/^OPTION_INVALID: .*key/, { item, config: { ...config, actions: { ...config.actions, id: 'encrypt' } } }],
    [/^ATTRIBUTE_NOT_CONFIGURED: .*"other"/, { item: { ...item, other: { S: 'x' } }, config }],
  ])('answer %s', async (error, request) => {
    expect(await driver.ask({ op: 'ddb.encryptItem', ...request })).toMatchObject({ ok: false, error: expect.stringMatching(error) })
  })
})
