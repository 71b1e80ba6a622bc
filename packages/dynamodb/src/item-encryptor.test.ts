import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { defaultMaterials, type EncryptMaterials, type Materials, type ObserverEvent, SecretBytes } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { aesKeyring, both, order, tableOf } from '../test/items.ts'
import { createItemEncryptor, type Item, type ItemEncryptorOptions } from './item-encryptor.ts'
import type { PlaintextOverride, TableConfig } from './table-config.ts'

const keyring = aesKeyring('ours')
const versions = [1, 2] as const
const suites = ['6700', '6701'] as const

function marked(value: unknown): boolean {
  const shown = JSON.stringify(value, (_key, part: unknown) => (part instanceof Uint8Array ? Buffer.from(part).toString('latin1') : part))
  return shown.includes('marker')
}

describe.each(versions)('an item of version %i', (version) => {
  it.each(suites)('comes back as it was, in suite %s', async (suite) => {
    const encryptor = createItemEncryptor({ keyring: both, table: tableOf(version, suite) })
    const written = await encryptor.encryptItem(order)
    expect(written.suite).toBe(suite)
    expect(marked(order)).toBe(true)
    expect(marked(written.item)).toBe(false)
    const { at, id, note, state, tags, tenant } = order
    expect(written.item).toMatchObject({ at, id, note, state, tags, tenant })
    expect([written.item['aws_dbe_head']?.B?.slice(0, 2), written.item['aws_dbe_foot']?.B?.length]).toEqual([
      Uint8Array.of(version, Number(suite.at(-1))),
      2 * 48 + (suite === '6701' ? 103 : 0),
    ])
    for (const name of ['ours', 'theirs']) {
      const reader = createItemEncryptor({ keyring: aesKeyring(name), table: tableOf(version) })
      const opened = await reader.decryptItem(written.item)
      expect(opened.item).toEqual(order)
      expect([opened.suite, opened.openedBy?.keyId]).toEqual([suite, name])
      expect(opened.encryptionContext).toMatchObject({
        'aws-crypto-table-name': 'orders',
        'aws-crypto-partition-name': 'id',
        'aws-crypto-sort-name': 'at',
        ...(version === 1
          ? { 'aws-crypto-attr.id': 'AAFvcmRlciMx', 'aws-crypto-attr.at': 'AAIyMDI2MDEwMQ==' }
          : {
              'aws-crypto-attr.id': 'order#1',
              'aws-crypto-attr.at': '20260101',
              'aws-crypto-attr.tenant': 'blue',
              'aws-crypto-legend': 'NSS',
            }),
      })
    }
  })

  it('is written with fresh randomness each time', async () => {
    const encryptor = createItemEncryptor({ keyring, table: tableOf(version) })
    const [first, second] = [(await encryptor.encryptItem(order)).item, (await encryptor.encryptItem(order)).item]
    for (const name of ['email', 'lines', 'empty', 'aws_dbe_head', 'aws_dbe_foot']) expect(first[name]).not.toEqual(second[name])
  })

  it('is the one that was given when the call was made', async () => {
    const encryptor = createItemEncryptor({ keyring, table: tableOf(version) })
    const bytes = Uint8Array.of(1, 2, 3)
    const given = { ...structuredClone(order), lines: { B: bytes }, note: { L: [{ B: bytes }] } } as Record<string, AttributeValue>
    const writing = encryptor.encryptItem(given)
    bytes.fill(9)
    given['email'] = { S: 'changed' }
    ;(given['state'] as { S: string }).S = 'changed'
    const { item } = await writing
    const received = structuredClone(item)
    const reading = encryptor.decryptItem(received)
    for (const { B } of Object.values(received)) B?.fill(0)
    ;(received['state'] as { S: string }).S = 'changed'
    const original = Uint8Array.of(1, 2, 3)
    expect((await reading).item).toEqual({ ...order, lines: { B: original }, note: { L: [{ B: original }] } })
  })

  it('may lack what is neither key nor context', async () => {
    const encryptor = createItemEncryptor({ keyring, table: tableOf(version) })
    const { id, at, tenant } = order as Record<'id' | 'at' | 'tenant', AttributeValue>
    const { item } = await encryptor.encryptItem({ id, at, tenant })
    expect((await encryptor.decryptItem(item)).item).toEqual({ id, at, tenant })
  })

  it('is read whatever is encrypted and what is only signed by now', async () => {
    const { actions, ...table } = tableOf(version)
    const { item } = await createItemEncryptor({ keyring, table: { ...table, actions } }).encryptItem(order)
    const later = createItemEncryptor({
      keyring,
      table: { ...table, actions: { ...actions, email: 'sign', state: 'encrypt', tags: 'context', tenant: 'context' } },
    })
    expect((await later.decryptItem(item)).item).toEqual(order)
  })

  it('is not read under another logical table, key name or key', async () => {
    const table = tableOf(version)
    const { item } = await createItemEncryptor({ keyring, table }).encryptItem(order)
    const others: ItemEncryptorOptions[] = [
      { keyring, table: { ...table, logicalTableName: 'invoices' } },
      { keyring, table: { ...table, partitionKey: 'at', sortKey: 'id' } },
      {
        keyring,
        table: {
          logicalTableName: table.logicalTableName,
          partitionKey: 'id',
          actions: { ...table.actions, at: version === 2 ? 'context' : 'sign' },
        },
      },
      { keyring: aesKeyring('theirs'), table },
    ]
    for (const options of others)
      await expect(createItemEncryptor(options).decryptItem(item)).rejects.toMatchObject({ code: 'ITEM_INVALID' })
  })
})

describe('what cannot be written', () => {
  const encryptor = createItemEncryptor({ keyring, table: { ...tableOf(2), types: { state: ['S'] } }, tableName: 'orders-prod' })
  it.each<[string, string, string | undefined, unknown]>([
    ['an attribute without an action', 'ATTRIBUTE_NOT_CONFIGURED', 'other', { ...order, other: { S: 'x' } }],
    ['a reserved attribute', 'ATTRIBUTE_RESERVED', 'aws_dbe_head', { ...order, aws_dbe_head: { S: 'x' } }],
    ['no partition key', 'ATTRIBUTE_MISSING', 'id', { ...order, id: undefined }],
    ['no sort key', 'ATTRIBUTE_MISSING', 'at', { ...order, at: undefined }],
    ['no attribute of the context', 'ATTRIBUTE_MISSING', 'tenant', { ...order, tenant: undefined }],
    ['an attribute of another type', 'ATTRIBUTE_INVALID', 'state', { ...order, state: { N: '1' } }],
    ['an encrypted attribute that is no value', 'ATTRIBUTE_INVALID', 'email', { ...order, email: 'x' }],
    ['a signed attribute that is no value', 'ATTRIBUTE_INVALID', 'tags', { ...order, tags: { SS: ['a', 'a'] } }],
    ['an ignored attribute that is no value', 'ATTRIBUTE_INVALID', 'note', { ...order, note: 'x' }],
    ['no item', 'ATTRIBUTE_INVALID', undefined, null],
    ['a list', 'ATTRIBUTE_INVALID', undefined, [order]],
  ])('is %s', async (_what, code, attribute, item) => {
    const failure = await encryptor.encryptItem(item as Item).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code, table: 'orders-prod', ...(attribute === undefined ? {} : { attribute }) })
    expect(marked({ ...(failure as Error), message: (failure as Error).message })).toBe(false)
  })

  it('is more encrypted data keys than the limit', async () => {
    const limited = createItemEncryptor({ keyring: both, table: tableOf(1), maxEncryptedDataKeys: 1 })
    await expect(limited.encryptItem(order)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', option: 'maxEncryptedDataKeys' })
    const { item } = await createItemEncryptor({ keyring: both, table: tableOf(1) }).encryptItem(order)
    await expect(limited.decryptItem(item)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', option: 'maxEncryptedDataKeys' })
    expect(() => limited.describeItem(item)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
  })
})

describe('a plaintext item', () => {
  const encryptorOf = (plaintextOverride?: PlaintextOverride, plaintextUntil?: Date, now?: () => number) =>
    createItemEncryptor({
      keyring,
      table: { ...tableOf(1), ...(plaintextOverride ? { plaintextOverride } : {}), ...(plaintextUntil ? { plaintextUntil } : {}) },
      ...(now ? { now } : {}),
    })

  it('is refused unless it is allowed', async () => {
    for (const encryptor of [encryptorOf(), encryptorOf('FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ')]) {
      await expect(encryptor.decryptItem(order)).rejects.toMatchObject({ code: 'ITEM_NOT_ENCRYPTED', table: 'orders' })
      await expect(encryptor.rewrapItem(order)).rejects.toMatchObject({ code: 'ITEM_NOT_ENCRYPTED' })
      expect((await encryptor.encryptItem(order)).suite).toBe('6700')
    }
  })

  it('is read where it is allowed, and copied', async () => {
    for (const override of ['FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ', 'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ'] as const) {
      const encryptor = encryptorOf(override)
      const opened = await encryptor.decryptItem({ ...order, aws_dbe_b_email: { S: 'beacon' } })
      expect(opened).toEqual({ item: order, suite: undefined, encryptionContext: {}, openedBy: undefined })
      for (const [name, value] of Object.entries(order)) expect(opened.item[name]).not.toBe(value)
      const { item } = await encryptorOf().encryptItem(order)
      expect((await encryptor.decryptItem(item)).item).toEqual(order)
    }
  })

  it('is written where it is demanded', async () => {
    expect(await encryptorOf('FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ').encryptItem(order)).toEqual({ item: order, suite: undefined })
    expect((await encryptorOf('FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ').encryptItem(order)).suite).toBe('6700')
  })

  it('is over at the end of the override', async () => {
    let now = 0
    const encryptor = encryptorOf('FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ', new Date(1000), () => now)
    expect((await encryptor.encryptItem(order)).suite).toBeUndefined()
    now = 1000
    expect((await encryptor.encryptItem(order)).suite).toBe('6700')
    await expect(encryptor.decryptItem(order)).rejects.toMatchObject({ code: 'ITEM_NOT_ENCRYPTED' })
  })

  it('is not one that has lost its header or its footer alone', async () => {
    const encryptor = encryptorOf('FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ')
    const { item } = await encryptor.encryptItem(order)
    for (const name of ['aws_dbe_head', 'aws_dbe_foot']) {
      const { [name]: _, ...rest } = item
      await expect(encryptor.decryptItem(rest)).rejects.toMatchObject({ code: 'ITEM_INVALID' })
    }
  })
})

describe('documents', () => {
  const table: TableConfig = {
    logicalTableName: 'docs',
    partitionKey: 'id',
    actions: { email: 'encrypt', size: 'encrypt', tags: 'sign' },
    suite: '6700',
  }
  const document = { id: 'a', email: 'marker@example.com', size: 1.5, tags: new Set(['x', 'y']) }

  it('come back as they were', async () => {
    const encryptor = createItemEncryptor<typeof document>({ keyring, table })
    const written = await encryptor.encryptDocument(document)
    expect(written.document).toMatchObject({ id: 'a', tags: document.tags, email: expect.any(Uint8Array) })
    expect((await encryptor.decryptDocument(written.document)).document).toEqual(document)
  })

  it('are marshalled with the options that were given', async () => {
    const strict = createItemEncryptor({ keyring, table })
    await expect(strict.encryptDocument({ ...document, email: undefined })).rejects.toThrow()
    const lax = createItemEncryptor({
      keyring,
      table,
      marshallOptions: { removeUndefinedValues: true },
      unmarshallOptions: { wrapNumbers: true },
    })
    const written = await lax.encryptDocument({ ...document, email: undefined })
    expect((await lax.decryptDocument(written.document)).document).toMatchObject({ size: { value: '1.5' } })
  })
})

describe('the options of an encryptor', () => {
  const table = tableOf(1)
  it.each<[string, object, string]>([
    ['cache', { keyring, table, cache: { maxAgeMs: 1000 } }, 'hierarchical keyring'],
    ['keyring', { table }, 'exactly one'],
    ['keyring', { keyring, materials: defaultMaterials(keyring), table }, 'exactly one'],
    ['table', { keyring }, 'table'],
    ['table.suite', { keyring, table: { ...table, suite: '0578' } }, '6701'],
    ['table.actions.id', { keyring, table: { ...table, actions: { id: 'encrypt' } } }, 'key'],
    ['tables', { keyring, table, tables: {} }, 'tables'],
    ['maxEncryptedDataKeys', { keyring, table, maxEncryptedDataKeys: 256 }, '255'],
    ['now', { keyring, table, now: 1 }, 'function'],
  ])('%s are checked', (option, options, text) => {
    let failure: unknown
    try {
      createItemEncryptor(options as ItemEncryptorOptions)
    } catch (error) {
      failure = error
    }
    expect(failure).toMatchObject({ code: 'OPTION_INVALID', message: expect.stringContaining(text) })
    expect((failure as { option?: string }).option).toBe(option)
  })

  it('are checked at each call, too', async () => {
    const encryptor = createItemEncryptor({ keyring, table })
    const { item } = await encryptor.encryptItem(order)
    const wrong = { encryptionContext: {} } as never
    for (const call of [
      () => encryptor.encryptItem(order, wrong),
      () => encryptor.decryptItem(item, wrong),
      () => encryptor.rewrapItem(item, wrong),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'encryptionContext' })
  })
})

describe('the materials of an item', () => {
  const inner = defaultMaterials(both)
  const table = tableOf(1, '6701')

  /** Materials that somebody tampers with, and all that were handed out. */
  function tampered(change: (materials: EncryptMaterials) => EncryptMaterials): { materials: Materials; handedOut: EncryptMaterials[] } {
    const handedOut: EncryptMaterials[] = []
    return {
      handedOut,
      materials: {
        async forEncrypt(request) {
          const changed = change(await inner.forEncrypt(request))
          handedOut.push(changed)
          return changed
        },
        forDecrypt: (request) => inner.forDecrypt(request),
      },
    }
  }

  it.each<[string, (materials: EncryptMaterials) => EncryptMaterials]>([
    ['no MAC keys', ({ macKeys: _, ...rest }) => rest],
    ['one MAC key too few', (materials) => ({ ...materials, macKeys: materials.macKeys?.slice(1) })],
    ['no signing key', ({ signingKey: _, ...rest }) => rest],
    ['pairs that would be stored', (materials) => ({ ...materials, requiredKeys: [] })],
    ['another context', (materials) => ({ ...materials, context: { ...materials.context, 'aws-crypto-table-name': 'other' } })],
    ['a short data key', (materials) => ({ ...materials, dataKey: SecretBytes.random(16) })],
    ['no encrypted data key', (materials) => ({ ...materials, edks: [], macKeys: [] })],
    ['another suite', (materials) => ({ ...materials, suite: { ...materials.suite, id: '6700' } })],
  ])('are refused with %s, and released', async (_what, change) => {
    const { materials, handedOut } = tampered(change)
    await expect(createItemEncryptor({ materials, table }).encryptItem(order)).rejects.toMatchObject({ code: 'MATERIALS_INVALID' })
    for (const { dataKey, macKeys = [] } of handedOut) expect([dataKey, ...macKeys].every(({ disposed }) => disposed)).toBe(true)
  })

  it('are released when all went well, and when an item is refused', async () => {
    const secrets: SecretBytes[] = []
    const materials: Materials = {
      async forEncrypt(request) {
        const made = await inner.forEncrypt(request)
        secrets.push(made.dataKey, ...(made.macKeys ?? []))
        return made
      },
      async forDecrypt(request) {
        const made = await inner.forDecrypt(request)
        secrets.push(made.dataKey, ...(made.macKey ? [made.macKey] : []))
        return made
      },
    }
    const encryptor = createItemEncryptor({ materials, table })
    const { item } = await encryptor.encryptItem(order)
    await encryptor.decryptItem(item)
    await expect(encryptor.decryptItem({ ...item, state: { S: 'sent' } })).rejects.toMatchObject({ code: 'ITEM_INVALID' })
    await expect(encryptor.rewrapItem({ ...item, state: { S: 'sent' } })).rejects.toMatchObject({ code: 'ITEM_INVALID' })
    expect(secrets).toHaveLength(3 + 2 + 2 + 2)
    expect(secrets.every(({ disposed }) => disposed)).toBe(true)
  })

  it('of an older manager without MAC keys do not open an item', async () => {
    const { item } = await createItemEncryptor({ keyring: both, table }).encryptItem(order)
    const materials: Materials = {
      forEncrypt: (request) => inner.forEncrypt(request),
      async forDecrypt(request) {
        const { macKey, ...rest } = await inner.forDecrypt(request)
        macKey?.dispose()
        return rest
      },
    }
    await expect(createItemEncryptor({ materials, table }).decryptItem(item)).rejects.toMatchObject({ code: 'MATERIALS_INVALID' })
  })
})

describe('a call', () => {
  it('ends with its signal', async () => {
    const encryptor = createItemEncryptor({ keyring, table: tableOf(1) })
    const { item } = await encryptor.encryptItem(order)
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    for (const call of [
      encryptor.encryptItem(order, { signal }),
      encryptor.decryptItem(item, { signal }),
      encryptor.rewrapItem(item, { signal }),
    ])
      await expect(call).rejects.toBe(reason)
  })

  it('tells its observer what happened, and no plaintext', async () => {
    const events: ObserverEvent[] = []
    const encryptor = createItemEncryptor({ keyring, table: tableOf(1), observer: (event) => events.push(event) })
    const { item } = await encryptor.encryptItem(order)
    await encryptor.decryptItem(item)
    await encryptor.decryptItem({ ...item, state: { S: 'sent' } }).catch(() => undefined)
    await encryptor.decryptItem({ ...item, other: { S: 'x' } }).catch(() => undefined)
    expect(events.map(({ type }) => type)).toEqual([
      'dataKey.generated',
      'message.encrypted',
      'dataKey.unwrapped',
      'message.decrypted',
      'dataKey.unwrapped',
      'message.rejected',
      'message.rejected',
    ])
    const sizes = events.filter((event) => event.type === 'message.encrypted' || event.type === 'message.decrypted')
    expect(sizes[0]).toEqual({ ...sizes[1], type: 'message.encrypted' })
    expect(marked(events)).toBe(false)
    const own: ObserverEvent[] = []
    await encryptor.encryptItem(order, { observer: (event) => own.push(event) })
    expect(own.map(({ type }) => type)).toEqual(['dataKey.generated', 'message.encrypted'])
    expect(events).toHaveLength(7)
  })
})
