import { randomUUID } from 'node:crypto'
import { PutItemCommand, UpdateContinuousBackupsCommand } from '@aws-sdk/client-dynamodb'
import { createEncryptionClient } from '@strongroom/core'
import { watchDestroyedKeys } from '@strongroom/core/keyring-tools'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type StoreLab, startStoreLab } from '../../test/store-lab.ts'
import { hierarchicalKeyring } from '../hierarchical-keyring.ts'
import type { KeyStore } from './key-store.ts'
import type { ShredReceipt } from './shred-receipt.ts'

const identity = 'arn:aws:iam::111122223333:user/operator'
const heldFor = { ttlMs: 60_000, graceMs: 5_000, cacheMaxAgeMs: 300_000 }
let lab: StoreLab
let store: KeyStore
beforeAll(async () => {
  lab = await startStoreLab()
})
afterAll(() => lab[Symbol.asyncDispose]())
beforeEach(() => {
  lab.dynamodb.faults.clear()
  lab.dynamodb.calls.reset()
  lab.kms.calls.reset()
  lab.waits.length = 0
  store = lab.store({ identity })
})

/** A branch key of some versions, from the oldest. */
async function history(versionCount: number) {
  const { branchKeyId, ...first } = await store.createKey({ encryptionContext: { tenant: 'blue' } })
  const versions = [{ version: first.version, createdAt: first.createdAt }]
  while (versions.length < versionCount) {
    lab.clock.advance(60_000)
    const { version, createdAt } = await store.versionKey(branchKeyId)
    versions.push({ version, createdAt })
  }
  return { branchKeyId, versions, sorted: versions.toSorted((a, b) => (a.version < b.version ? -1 : 1)) }
}
async function itemsOf(branchKeyId: string) {
  return (await lab.items()).filter((item) => item['branch-key-id']?.S === branchKeyId)
}
const iso = (milliseconds: number) => new Date(milliseconds).toISOString()

/** Every read and every write of a branch key, each of which has to fail with the code. */
async function expectGone(branchKeyId: string, version: string) {
  const wanted = { code: 'KEY_SHREDDED', branchKeyId }
  await expect(store.getActive(branchKeyId)).rejects.toMatchObject(wanted)
  await expect(store.getVersion(branchKeyId, version)).rejects.toMatchObject(wanted)
  await expect(store.getVersion(branchKeyId, randomUUID())).rejects.toMatchObject(wanted)
  await expect(store.getBeaconKey(branchKeyId)).rejects.toMatchObject(wanted)
  await expect(store.versionKey(branchKeyId)).rejects.toMatchObject(wanted)
  await expect(store.createKey({ branchKeyId, encryptionContext: { tenant: 'new' } })).rejects.toMatchObject(wanted)
}

describe('shredKey', () => {
  it('destroys every item of the branch key, answers a receipt of its history, and every later call says so', async () => {
    const { branchKeyId, versions, sorted } = await history(3)
    const other = await history(1)
    lab.clock.advance(3_600_000)
    const startedAt = lab.clock()
    lab.kms.calls.reset()
    const receipt = await store.shredKey(branchKeyId, { heldFor })
    expect(lab.kms.calls.all).toEqual([])
    expect(receipt).toEqual({
      branchKeyId,
      state: 'shredded',
      tableName: 'keys',
      logicalName: 'keys',
      kmsKeyArn: lab.keyId,
      destroyed: { items: 5, activeVersion: versions[2]?.version, versionCount: 3, versions: sorted, beaconKey: true },
      identity,
      completedBy: identity,
      startedAt: iso(startedAt),
      completedAt: iso(startedAt),
      othersMayDecryptUntil: iso(startedAt + 365_000),
      heldFor,
      backups: {
        pointInTimeRecovery: { status: 'disabled' },
        onDemandBackups: { status: 'known', names: [], more: false },
        exports: { status: 'known', names: [], more: false },
        replicas: { status: 'known', names: [], more: false },
        stream: { status: 'known', keepsDeleted: false },
      },
    })
    expect(await itemsOf(branchKeyId)).toEqual([
      {
        'branch-key-id': { S: branchKeyId },
        type: { S: 'branch:ACTIVE' },
        'strongroom-shredding': { S: 'done' },
        'strongroom-receipt': { S: JSON.stringify(receipt) },
      },
    ])
    await expectGone(branchKeyId, versions[0]?.version as string)
    expect((await store.getActive(other.branchKeyId)).secret.length).toBe(32)
  })

  it('answers the receipt that there is when it is called again, whoever calls', async () => {
    const { branchKeyId } = await history(1)
    const receipt = await store.shredKey(branchKeyId, { heldFor })
    lab.clock.advance(1_000_000)
    lab.dynamodb.calls.reset()
    expect(await lab.store({ identity: 'somebody else' }).shredKey(branchKeyId)).toEqual(receipt)
    expect(await store.shredKey(branchKeyId, { dryRun: true })).toEqual(receipt)
    expect(lab.dynamodb.calls.count('TransactWriteItems')).toBe(0)
  })

  it('says on a dry run what would be destroyed, and does nothing', async () => {
    const { branchKeyId, versions, sorted } = await history(2)
    const before = await itemsOf(branchKeyId)
    lab.dynamodb.calls.reset()
    const receipt = await store.shredKey(branchKeyId, { dryRun: true, heldFor })
    expect(receipt).toMatchObject({
      state: 'intact',
      destroyed: { items: 4, activeVersion: versions[1]?.version, versionCount: 2, versions: sorted, beaconKey: true },
      identity,
      startedAt: iso(lab.clock()),
    })
    expect([receipt.completedAt, receipt.othersMayDecryptUntil]).toEqual([undefined, undefined])
    expect(lab.dynamodb.calls.count('TransactWriteItems')).toBe(0)
    expect(await itemsOf(branchKeyId)).toEqual(before)
    expect((await store.getActive(branchKeyId)).secret.length).toBe(32)
  })

  const operations = ['GetItem', 'Query', 'TransactWriteItems'] as const
  const kills = operations.flatMap((operation) =>
    [1, 2, 3, 4].flatMap((nth) => (['reset', 'lost-answer'] as const).map((kind) => ({ operation, nth, kind }))),
  )
  it.each(kills)('resumes after it was killed in call $nth of $operation ($kind)', async ({ operation, nth, kind }) => {
    const { branchKeyId, versions, sorted } = await history(2)
    const startedAt = lab.clock()
    lab.dynamodb.calls.reset()
    let seen = 0
    lab.dynamodb.faults.outage(kind, {
      operations: [operation],
      when: () => {
        seen += 1
        return seen === nth
      },
    })
    const killed = await store.shredKey(branchKeyId, { heldFor }).catch((error: unknown) => error)
    lab.dynamodb.faults.clear()
    const made = lab.dynamodb.calls.count(operation)
    if (made < nth) expect(killed).toMatchObject({ state: 'shredded' })
    else expect(killed).toMatchObject({ code: 'KEY_TRANSIENT', tableName: 'keys' })
    const wasStarted = (await itemsOf(branchKeyId)).some((item) => 'strongroom-shredding' in item)
    const finished = await itemsOf(branchKeyId).then((items) => items.length === 1)
    lab.clock.advance(1_000_000)
    const receipt = await lab.store({ identity: 'the next one' }).shredKey(branchKeyId, { heldFor: { ...heldFor, ttlMs: 120_000 } })
    expect(receipt).toMatchObject({
      state: 'shredded',
      destroyed: { items: 4, activeVersion: versions[1]?.version, versionCount: 2, versions: sorted, beaconKey: true },
      identity: wasStarted ? identity : 'the next one',
      startedAt: iso(wasStarted ? startedAt : startedAt + 1_000_000),
    })
    if (!finished) {
      expect(receipt).toMatchObject({ completedBy: 'the next one', completedAt: iso(startedAt + 1_000_000) })
      expect(receipt.othersMayDecryptUntil).toBe(iso(startedAt + 1_000_000 + 425_000))
    }
    expect(await itemsOf(branchKeyId)).toHaveLength(1)
    await expectGone(branchKeyId, versions[0]?.version as string)
    expect(await store.shredKey(branchKeyId)).toEqual(receipt)
  })

  it('has the key be shredded from the tombstone on, and says so in lists', async () => {
    const { branchKeyId } = await history(1)
    let seen = 0
    lab.dynamodb.faults.outage('reset', { operations: ['TransactWriteItems'], when: () => ++seen === 2 })
    await expect(store.shredKey(branchKeyId)).rejects.toMatchObject({ code: 'KEY_TRANSIENT' })
    expect(await store.describeKey(branchKeyId)).toEqual({ state: 'shredding', branchKeyId })
    await expect(store.getActive(branchKeyId)).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
    await expect(store.versionKey(branchKeyId)).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
    expect(await store.shredKey(branchKeyId, { dryRun: true })).toMatchObject({ state: 'shredding', identity })
  })

  it('deletes more items than one transaction takes, each under the condition that the tombstone stands', async () => {
    const { branchKeyId } = await history(1)
    const [version] = (await itemsOf(branchKeyId)).filter((item) => String(item.type?.S).startsWith('branch:version:'))
    for (let index = 0; index < 250; index += 1) await lab.put({ ...version, type: { S: `branch:version:${randomUUID()}` } })
    lab.dynamodb.calls.reset()
    lab.dynamodb.requests.length = 0
    const receipt = await store.shredKey(branchKeyId)
    expect(receipt.destroyed).toMatchObject({ items: 253, versionCount: 251 })
    expect(await itemsOf(branchKeyId)).toHaveLength(1)
    const writes = lab.dynamodb.requests
      .filter(({ operation }) => operation === 'TransactWriteItems')
      .map(({ body }) => JSON.parse(Buffer.from(body).toString()).TransactItems as Record<string, object>[])
    expect(writes.map((actions) => actions.length)).toEqual([1, 100, 100, 55, 1])
    for (const actions of writes.slice(1, -1)) expect(Object.keys(actions[0] as object)).toEqual(['ConditionCheck'])
    expect(receipt.destroyed.versions).toHaveLength(251)
  })

  it('keeps at most 1,000 versions in the receipt, and the count of all', async () => {
    const { branchKeyId } = await history(1)
    const base = { 'branch-key-id': { S: branchKeyId }, 'create-time': { S: '2026-01-01T00:00:00.000000Z' } }
    const puts = Array.from({ length: 1100 }, () =>
      lab.table.send(new PutItemCommand({ TableName: 'keys', Item: { ...base, type: { S: `branch:version:${randomUUID()}` } } })),
    )
    await Promise.all(puts)
    const { destroyed } = await store.shredKey(branchKeyId)
    expect([destroyed.versionCount, destroyed.versions.length]).toEqual([1101, 1000])
  })

  it('stops, and deletes nothing more, where somebody takes the tombstone away', async () => {
    const { branchKeyId } = await history(1)
    const active = (await itemsOf(branchKeyId)).find((item) => item.type?.S === 'branch:ACTIVE') as object
    let writes = 0
    const client = {
      send: async (command: { constructor: { name: string } }, options: object) => {
        if (command.constructor.name === 'TransactWriteItemsCommand' && ++writes === 2) await lab.put(active)
        return lab.table.send(command as never, options)
      },
    }
    await expect(lab.store({ client: client as never, identity }).shredKey(branchKeyId)).rejects.toMatchObject({
      code: 'BRANCH_KEY_CONFLICT',
    })
    expect(await itemsOf(branchKeyId)).toHaveLength(3)
  })

  it('sees a rotation that comes between, so that the receipt has its version', async () => {
    const { branchKeyId } = await history(1)
    let version = ''
    const client = {
      send: async (command: { constructor: { name: string } }, options: object) => {
        if (command.constructor.name === 'TransactWriteItemsCommand' && version === '') ({ version } = await store.versionKey(branchKeyId))
        return lab.table.send(command as never, options)
      },
    }
    const receipt = await lab.store({ client: client as never, identity }).shredKey(branchKeyId)
    expect(receipt.destroyed).toMatchObject({ activeVersion: version, versionCount: 2, items: 4 })
    await expectGone(branchKeyId, version)
  })

  it('gives up where each of its tries meets a rotation', async () => {
    const { branchKeyId } = await history(1)
    const client = {
      send: async (command: { constructor: { name: string } }, options: object) => {
        if (command.constructor.name === 'TransactWriteItemsCommand') await store.versionKey(branchKeyId)
        return lab.table.send(command as never, options)
      },
    }
    const shredding = lab.store({ client: client as never, identity }).shredKey(branchKeyId)
    await expect(shredding).rejects.toMatchObject({ code: 'BRANCH_KEY_CONFLICT', branchKeyId })
    expect((await store.getActive(branchKeyId)).secret.length).toBe(32)
  })

  it('answers one receipt to callers that race', async () => {
    const { branchKeyId } = await history(3)
    const receipts = await Promise.all(Array.from({ length: 10 }, () => store.shredKey(branchKeyId)))
    expect(new Set(receipts.map((receipt) => JSON.stringify(receipt))).size).toBe(1)
    expect(await itemsOf(branchKeyId)).toHaveLength(1)
  })

  it('destroys what is left of a branch key without a usable active item', async () => {
    const leftovers = { 'branch-key-id': { S: 'leftovers' }, type: { S: `branch:version:${randomUUID()}` } }
    await lab.put(leftovers)
    expect((await store.shredKey('leftovers')).destroyed).toMatchObject({ items: 1, versionCount: 1, beaconKey: false })
    await lab.put({ 'branch-key-id': { S: 'broken' }, type: { S: 'branch:ACTIVE' } })
    expect((await store.shredKey('broken')).destroyed).toMatchObject({ items: 1, versionCount: 0 })
    await lab.put({ 'branch-key-id': { S: 'text' }, type: { S: 'branch:ACTIVE' }, enc: { S: 'x' } })
    await store.shredKey('text')
    const item = { 'branch-key-id': { S: 'hostile' }, type: { S: 'branch:ACTIVE' }, enc: { S: 'x' }, 'kms-arn': { S: 'x'.repeat(300_000) } }
    await lab.put(item)
    for (let index = 0; index < 50; index += 1)
      await lab.put({
        ...item,
        type: { S: `branch:version:${'\u0001'.repeat(1000)}${index}` },
        'create-time': { S: '\u0001'.repeat(50_000) },
      })
    const hostile = await store.shredKey('hostile')
    expect([hostile.kmsKeyArn, hostile.destroyed.versions[0]]).toEqual([undefined, { version: 'unknown', createdAt: 'unknown' }])
    for (const branchKeyId of ['leftovers', 'broken', 'text', 'hostile']) await expectGone(branchKeyId, randomUUID())
  })

  it('reports a tombstone whose receipt somebody changed, which is a tombstone all the same', async () => {
    const { branchKeyId } = await history(1)
    await store.shredKey(branchKeyId)
    const [tombstone] = await itemsOf(branchKeyId)
    for (const text of ['', 'null', '{}', '{"branchKeyId":"other"}']) {
      await lab.put({ ...tombstone, 'strongroom-receipt': { S: text } })
      await expect(store.shredKey(branchKeyId)).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', branchKeyId })
      await expect(store.getActive(branchKeyId)).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
    }
  })

  it('evicts the key from the caches of this process when it shreds, and when it sees a tombstone', async () => {
    const { branchKeyId } = await history(1)
    const told: string[] = []
    const cache = { keyDestroyed: ({ providerInfo }: { providerInfo: Uint8Array }) => void told.push(Buffer.from(providerInfo).toString()) }
    watchDestroyedKeys(cache)
    const keyring = hierarchicalKeyring({ keyStore: store, branchKeyId, cache: { ttlMs: 1_000_000, graceMs: 1_000_000 } })
    const client = createEncryptionClient({ keyring })
    const { ciphertext } = await client.encrypt(new Uint8Array(10))
    await store.shredKey(branchKeyId)
    expect(new Set(told)).toEqual(new Set([branchKeyId]))
    await expect(client.decrypt(ciphertext)).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
    await expect(client.encrypt(new Uint8Array(10))).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
    for (const look of [store.getActive, store.getBeaconKey]) {
      told.length = 0
      await expect(look(branchKeyId)).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
      expect(told).toEqual([branchKeyId])
    }
    expect(cache).toBeDefined()
  })

  it('says what backups may hold', async () => {
    await lab.table.send(
      new UpdateContinuousBackupsCommand({
        TableName: 'keys',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 7 },
      }),
    )
    const answers: Record<string, object> = {
      ListBackupsCommand: { BackupSummaries: [{ BackupArn: 'backup-1' }], LastEvaluatedBackupArn: 'backup-1' },
      ListExportsCommand: { ExportSummaries: [{ ExportArn: 'export-1' }, {}] },
    }
    const client = {
      send: async (command: { constructor: { name: string } }, options: object) => {
        const { name } = command.constructor
        if (name === 'DescribeTableCommand') {
          const Replicas = [{ RegionName: 'eu-west-1' }, { RegionName: 'eu-central-1' }]
          return {
            Table: { TableArn: 'arn', Replicas, StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } },
          }
        }
        return answers[name] ?? lab.table.send(command as never, options)
      },
    }
    const { branchKeyId } = await history(1)
    const since = iso(lab.clock())
    const { backups } = await lab.store({ client: client as never, identity }).shredKey(branchKeyId, { dryRun: true })
    expect(backups).toEqual({
      pointInTimeRecovery: { status: 'enabled', earliest: since, periodInDays: 7 },
      onDemandBackups: { status: 'known', names: ['backup-1'], more: true },
      exports: { status: 'known', names: ['export-1'], more: false },
      replicas: { status: 'known', names: ['eu-west-1', 'eu-central-1'], more: false },
      stream: { status: 'known', keepsDeleted: true },
    })
    lab.dynamodb.faults.fail({ name: 'AccessDeniedException' }, { operations: ['DescribeTable', 'DescribeContinuousBackups'] })
    const unknown = { status: 'unknown', reason: 'AccessDeniedException' }
    const blind = await store.shredKey(branchKeyId)
    expect(blind.state).toBe('shredded')
    expect(blind.backups).toMatchObject({ pointInTimeRecovery: unknown, replicas: unknown, exports: unknown, stream: unknown })
  })

  it('asks who calls before it does anything', async () => {
    const { branchKeyId } = await history(1)
    const failing = () => Promise.reject(new Error('no STS'))
    await expect(store.shredKey(branchKeyId, { identity: failing })).rejects.toThrow('no STS')
    await expect(store.shredKey(branchKeyId, { identity: () => '' })).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'identity' })
    expect(await itemsOf(branchKeyId)).toHaveLength(3)
    const identities: ShredReceipt[] = [
      await lab.store().shredKey(branchKeyId, { dryRun: true }),
      await store.shredKey(branchKeyId, { dryRun: true, identity: async () => 'role' }),
      await lab.store({ client: { send: lab.table.send.bind(lab.table) } as never }).shredKey(branchKeyId, { dryRun: true }),
    ]
    expect(identities.map((receipt) => receipt.identity)).toEqual(['access key AKIAIOSFODNN7EXAMPLE', 'role', 'unknown'])
  })

  it('says a day for each time that it is not told', async () => {
    const { branchKeyId } = await history(1)
    const receipt = await store.shredKey(branchKeyId, { heldFor: { ttlMs: 1000, graceMs: undefined as never } })
    expect(receipt.heldFor).toEqual({ ttlMs: 1000, graceMs: 86_400_000, cacheMaxAgeMs: 86_400_000 })
    expect(Date.parse(receipt.othersMayDecryptUntil as string)).toBe(lab.clock() + 1000 + 2 * 86_400_000)
  })

  it('stops when it is told to, and is carried through by the next call', async () => {
    const { branchKeyId } = await history(1)
    const reason = new Error('enough')
    const controller = new AbortController()
    let writes = 0
    lab.dynamodb.faults.latency(
      () => {
        if (++writes === 2) controller.abort(reason)
        return 0
      },
      { operations: ['TransactWriteItems'] },
    )
    await expect(store.shredKey(branchKeyId, { signal: controller.signal })).rejects.toBe(reason)
    lab.dynamodb.faults.clear()
    expect((await store.shredKey(branchKeyId)).state).toBe('shredded')
  })

  it.each([
    ['an unknown option', { force: true }],
    ['a text for a flag', { dryRun: 'yes' }],
    ['an unknown time', { heldFor: { ttl: 1 } }],
    ['a negative time', { heldFor: { ttlMs: -1 } }],
    ['no identity', { identity: '' }],
    ['an endless identity', { identity: 'x'.repeat(2049) }],
  ])('refuses %s', async (_what, options) => {
    await expect(store.shredKey('anything', options as never)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    expect(lab.dynamodb.calls.all).toEqual([])
  })
})
