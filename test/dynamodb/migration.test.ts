import { CreateTableCommand, DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { generateAesKey, rawAesKeyring, StrongroomError } from '@strongroom/core'
import {
  backfill,
  type Checkpoint,
  createItemEncryptor,
  decryptStreamRecord,
  type ItemEncryptor,
  isEncryptedItem,
  rotateTable,
  type TableConfig,
  updateItem,
  withEncryption,
} from '@strongroom/dynamodb'
import { type EmbeddedDynamoDB, startEmbeddedDynamoDB } from '@strongroom/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { slow } from '../fuzz/slow.ts'

const ITEMS = 30
const KILLS = slow ? 200 : 12
const [oldKey, newKey] = ['old', 'new'].map((name) => rawAesKeyring({ namespace: 'test', name, key: generateAesKey() })) as [
  ReturnType<typeof rawAesKeyring>,
  ReturnType<typeof rawAesKeyring>,
]
const table = { logicalTableName: 'orders', partitionKey: 'id', actions: { status: 'sign', total: 'encrypt', views: 'ignore' } } as const
const migrating = { ...table, plaintextOverride: 'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ' } as const

let dynamodb: EmbeddedDynamoDB
let plain: DynamoDBClient

beforeAll(async () => {
  dynamodb = await startEmbeddedDynamoDB({ recordRequests: false })
  plain = new DynamoDBClient({ ...dynamodb.clientConfig })
})

afterAll(async () => {
  plain.destroy()
  await dynamodb.close()
})

async function createTable(tableName: string): Promise<void> {
  await plain.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    }),
  )
}

const plainItem = (index: number) => ({ id: { S: `order-${index}` }, status: { S: 'open' }, total: { N: '0' }, views: { N: '0' } })

async function fill(tableName: string, encryptor?: ItemEncryptor): Promise<void> {
  const puts = Array.from({ length: ITEMS }, async (_, index) => {
    const Item = encryptor === undefined ? plainItem(index) : (await encryptor.encryptItem(plainItem(index))).item
    await plain.send(new PutItemCommand({ TableName: tableName, Item }))
  })
  await Promise.all(puts)
}

/** A client that fails for good after some calls, like a process that is killed. */
function killedAfter(calls: number): Pick<DynamoDBClient, 'send'> {
  let left = calls
  const send = async (...args: Parameters<DynamoDBClient['send']>) => {
    left -= 1
    if (left < 0) throw new Error('killed')
    return plain.send(...args)
  }
  return { send: send as DynamoDBClient['send'] }
}

/** Writers that add 1 to the totals of items, one after the other, until they are told to end; answers how often each was raised. */
function writers(tableName: string, keyring: typeof oldKey, ...configs: readonly [TableConfig, TableConfig]) {
  const clients = configs.map((config) => withEncryption(plain, { keyring, tables: { [tableName]: config }, maxAttempts: 100 }))
  const raised = new Map<string, number>()
  let ended = false
  async function write(first: number, client: DynamoDBClient): Promise<void> {
    for (let index = first; !ended; index = (index + 7) % ITEMS) {
      const id = `order-${index}`
      await updateItem(client, {
        TableName: tableName,
        Key: { id: { S: id } },
        change: (item) => ({ ...item, total: { N: String(Number(item['total']?.N) + 1) } }),
      })
      raised.set(id, (raised.get(id) ?? 0) + 1)
    }
  }
  const work = Promise.all(clients.map((client, index) => write(index * 3, client)))
  return {
    async end(): Promise<ReadonlyMap<string, number>> {
      ended = true
      await work
      return raised
    },
  }
}

async function everyItem(tableName: string) {
  return (await plain.send(new ScanCommand({ TableName: tableName, ConsistentRead: true }))).Items ?? []
}

/** Runs a walk that is killed again and again, goes on from the last checkpoint or none, and is left in peace in the end. */
async function killed(
  run: (client: Pick<DynamoDBClient, 'send'>, checkpoint: Checkpoint | undefined, keep: (at: Checkpoint) => void) => Promise<unknown>,
) {
  let at: Checkpoint | undefined
  for (let kill = 0; kill < KILLS; kill += 1) {
    const client = killedAfter((kill * 7) % 41)
    await run(client, kill % 3 === 0 ? undefined : at, (checkpoint) => {
      at = checkpoint
    }).catch((error: Error) => expect(error.message).toBe('killed'))
  }
  await run(plain, undefined, () => undefined)
}

describe('a backfill', () => {
  it('encrypts what is not encrypted, once, and counts', async () => {
    await createTable('counted')
    await fill('counted')
    const encryptor = createItemEncryptor({ keyring: oldKey, table: migrating })
    const options = { client: plain, tableName: 'counted', encryptor, segments: 2, pageSize: 5 }
    const dry = await backfill({ ...options, dryRun: true })
    expect([dry.scanned, dry.written]).toEqual([ITEMS, ITEMS])
    expect((await everyItem('counted')).some(isEncryptedItem)).toBe(false)
    const first = await backfill(options)
    expect([first.scanned, first.written, first.skipped, first.failed]).toEqual([ITEMS, ITEMS, 0, 0])
    const again = await backfill(options)
    expect([again.written, again.skipped]).toEqual([0, ITEMS])
    expect(again.checkpoint.segments).toEqual([{ done: true }, { done: true }])
    expect((await backfill({ ...options, checkpoint: again.checkpoint })).scanned).toBe(0)
    for (const item of await everyItem('counted')) expect((await encryptor.decryptItem(item)).suite).toBe('6701')
  })

  it('leaves out items that it cannot encrypt, and says which', async () => {
    await createTable('odd')
    await plain.send(new PutItemCommand({ TableName: 'odd', Item: { ...plainItem(1), unknown: { S: 'marker' } } }))
    await plain.send(new PutItemCommand({ TableName: 'odd', Item: plainItem(2) }))
    const encryptor = createItemEncryptor({ keyring: oldKey, table: migrating })
    const { written, failed, failures } = await backfill({ client: plain, tableName: 'odd', encryptor })
    expect([written, failed]).toEqual([1, 1])
    expect(failures).toMatchObject([{ key: { id: { S: 'order-1' } }, cause: { code: 'ATTRIBUTE_NOT_CONFIGURED' } }])
    expect(JSON.stringify(failures)).not.toContain('marker')
  })

  it('ends where keys or DynamoDB are out of reach, and passes by no item for it', async () => {
    await createTable('outage')
    await fill('outage')
    let calls = 0
    const failing = createItemEncryptor({
      keyring: {
        ...oldKey,
        recipients: async (request) => {
          calls += 1
          if (calls > 7) throw new StrongroomError('KEY_TRANSIENT', 'The key service does not answer.')
          return oldKey.recipients(request)
        },
      },
      table: migrating,
    })
    let at: Checkpoint | undefined
    const options = {
      tableName: 'outage',
      segments: 1,
      pageSize: 5,
      onProgress: ({ checkpoint }: { readonly checkpoint: Checkpoint }) => {
        at = checkpoint
      },
    }
    await expect(backfill({ ...options, client: plain, encryptor: failing })).rejects.toMatchObject({ code: 'KEY_TRANSIENT' })
    const encryptor = createItemEncryptor({ keyring: oldKey, table: migrating })
    const interrupted = { ...options, encryptor, client: killedAfter(10), ...(at === undefined ? {} : { checkpoint: at }) }
    await expect(backfill(interrupted)).rejects.toThrow('killed')
    expect(at).toBeDefined()
    await backfill({ ...interrupted, client: plain, checkpoint: at as Checkpoint })
    expect((await everyItem('outage')).filter(isEncryptedItem)).toHaveLength(ITEMS)
  })

  it('is slowed down as it is told', async () => {
    await createTable('slow')
    await fill('slow')
    const encryptor = createItemEncryptor({ keyring: oldKey, table: migrating })
    const waits: number[] = []
    await backfill({
      client: plain,
      tableName: 'slow',
      encryptor,
      segments: 1,
      pageSize: 10,
      maxItemsPerSecond: 20,
      sleep: async (milliseconds) => void waits.push(milliseconds),
    })
    expect(waits.slice(0, 2)).toEqual([500, 500])
  })

  it(`loses nothing where it is killed ${KILLS} times under concurrent writers`, async () => {
    await createTable('backfilled')
    await fill('backfilled')
    const encryptor = createItemEncryptor({ keyring: oldKey, table: migrating })
    // One writer is still in the first step and keeps writing plaintext, so that there is work to be killed in to the end.
    const others = writers('backfilled', oldKey, migrating, { ...table, plaintextOverride: 'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ' })
    await killed((client, checkpoint, keep) =>
      backfill({
        client,
        tableName: 'backfilled',
        encryptor,
        segments: 3,
        pageSize: 4,
        ...(checkpoint === undefined ? {} : { checkpoint }),
        onProgress: (progress) => keep(progress.checkpoint),
      }),
    )
    const raised = await others.end()
    await backfill({ client: plain, tableName: 'backfilled', encryptor })
    await expectTotals('backfilled', createItemEncryptor({ keyring: oldKey, table }), raised)
  }, 300_000)
})

describe('a rotation', () => {
  it(`loses nothing where it is killed ${KILLS} times under concurrent writers`, async () => {
    await createTable('rotated')
    const before = createItemEncryptor({ keyring: oldKey, table })
    await fill('rotated', before)
    const { multiKeyring } = await import('@strongroom/core')
    const both = multiKeyring({ generator: newKey, children: [oldKey] })
    const encryptor = createItemEncryptor({ keyring: newKey, table })
    const others = writers('rotated', both as typeof oldKey, table, table)
    await killed((client, checkpoint, keep) =>
      rotateTable({
        client,
        tableName: 'rotated',
        encryptor,
        from: both,
        segments: 3,
        pageSize: 4,
        ...(checkpoint === undefined ? {} : { checkpoint }),
        onProgress: (progress) => keep(progress.checkpoint),
      }),
    )
    const raised = await others.end()
    await rotateTable({ client: plain, tableName: 'rotated', encryptor, from: both })
    // Nothing needs the old key any more.
    await expectTotals('rotated', encryptor, raised)
    const rest = await rotateTable({
      client: plain,
      tableName: 'rotated',
      encryptor,
      needsRotation: ({ encryptedDataKeys }) => encryptedDataKeys.length > 1,
    })
    expect([rest.written, rest.skipped]).toEqual([0, ITEMS])
  }, 300_000)
})

async function expectTotals(tableName: string, encryptor: ItemEncryptor, raised: ReadonlyMap<string, number>): Promise<void> {
  const items = await everyItem(tableName)
  expect(items).toHaveLength(ITEMS)
  for (const stored of items) {
    const { item } = await encryptor.decryptItem(stored)
    expect([item['id']?.S, item['total']?.N]).toEqual([item['id']?.S, String(raised.get(item['id']?.S ?? '') ?? 0)])
  }
}

describe('a record of a stream', () => {
  const encryptor = createItemEncryptor({ keyring: oldKey, table })
  const json = (item: Record<string, unknown>) =>
    JSON.parse(
      JSON.stringify(item, (_, value: unknown) =>
        ArrayBuffer.isView(value) ? Buffer.from(value as Uint8Array).toString('base64') : value,
      ),
    ) as Record<string, unknown>

  it('has its images decrypted, from an event of Lambda and from the SDK', async () => {
    const [before, after] = [plainItem(1), { ...plainItem(1), total: { N: '5' } }]
    const [OldImage, NewImage] = await Promise.all([before, after].map(async (item) => (await encryptor.encryptItem(item)).item))
    const Keys = { id: { S: 'order-1' } }
    for (const form of [json, (item: Record<string, unknown>) => item]) {
      const record = { eventName: 'MODIFY', dynamodb: { Keys, OldImage: form(OldImage ?? {}), NewImage: form(NewImage ?? {}) } }
      expect(await decryptStreamRecord(record, encryptor)).toEqual({ eventName: 'MODIFY', keys: Keys, oldImage: before, newImage: after })
      expect((await decryptStreamRecord(record, encryptor, { unmarshalled: true })).newImage).toEqual({
        id: 'order-1',
        status: 'open',
        total: 5,
        views: 0,
      })
    }
  })

  it('finds its table by the ARN of the stream, and needs no image of what is gone', async () => {
    const client = withEncryption(plain, { keyring: oldKey, tables: { orders: table } })
    const { item } = await encryptor.encryptItem(plainItem(2))
    const eventSourceARN = 'arn:aws:dynamodb:us-east-1:111122223333:table/orders/stream/2026-01-01T00:00:00.000'
    const record = { eventName: 'REMOVE', eventSourceARN, dynamodb: { Keys: { id: { S: 'order-2' } }, OldImage: json(item) } }
    const opened = await decryptStreamRecord(record, client)
    expect([opened.newImage, opened.oldImage]).toEqual([undefined, plainItem(2)])
    const strange = { ...record, eventSourceARN: eventSourceARN.replace('orders', 'others') }
    await expect(decryptStreamRecord(strange, client)).rejects.toMatchObject({ code: 'TABLE_NOT_CONFIGURED' })
    const forged = { ...record, dynamodb: { OldImage: { ...json(item), status: { S: 'forged' } } } }
    await expect(decryptStreamRecord(forged, client)).rejects.toMatchObject({ code: 'ITEM_INVALID' })
  })
})
