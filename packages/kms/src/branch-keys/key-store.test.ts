import { randomUUID } from 'node:crypto'
import { DecryptCommand } from '@aws-sdk/client-kms'
import type { SecretBytes } from '@strongroom/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type StoreLab, startStoreLab } from '../../test/store-lab.ts'
import { createKeyStore, type KeyStore } from './key-store.ts'

const bytesOf = (secret: SecretBytes) => secret.use((bytes) => Buffer.from(bytes).toString('hex'))
const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

let lab: StoreLab
let store: KeyStore
beforeAll(async () => {
  lab = await startStoreLab()
})
afterAll(() => lab[Symbol.asyncDispose]())
beforeEach(() => {
  lab.dynamodb.faults.clear()
  lab.kms.faults.clear()
  lab.dynamodb.calls.reset()
  lab.kms.calls.reset()
  lab.dynamodb.requests.length = 0
  store = lab.store()
})

async function newKey(id = randomUUID() as string, to: KeyStore = store) {
  return to.createKey({ branchKeyId: id, encryptionContext: { tenant: 'blue', department: '🔑' } })
}
async function itemOf(branchKeyId: string, type: string) {
  const found = (await lab.items()).find((item) => item['branch-key-id']?.S === branchKeyId && item.type?.S === type)
  return found as Record<string, Record<string, unknown>>
}

describe('a key store in DynamoDB', () => {
  it('makes a branch key of three items whose attributes are the encryption context of KMS', async () => {
    const logical = lab.store({ logicalName: 'logical' })
    const { branchKeyId, version, createdAt } = await newKey('tenant-blue', logical)
    expect([branchKeyId, version, createdAt]).toEqual([
      'tenant-blue',
      expect.stringMatching(UUID4),
      new Date(lab.clock()).toISOString().replace('Z', '000Z'),
    ])
    const mine = (await lab.items()).filter((item) => item['branch-key-id']?.S === branchKeyId)
    const common = {
      'branch-key-id': { S: 'tenant-blue' },
      'create-time': { S: createdAt },
      'kms-arn': { S: lab.keyId },
      'hierarchy-version': { N: '1' },
      'aws-crypto-ec:tenant': { S: 'blue' },
      'aws-crypto-ec:department': { S: '🔑' },
      enc: { B: expect.any(Uint8Array) },
    }
    expect(mine).toEqual([
      { ...common, type: { S: 'beacon:ACTIVE' } },
      { ...common, type: { S: 'branch:ACTIVE' }, version: { S: `branch:version:${version}` } },
      { ...common, type: { S: `branch:version:${version}` } },
    ])
    for (const item of mine) {
      const { enc, ...rest } = item
      const pairs = Object.entries(rest).map(([name, value]) => [name, value.S ?? value.N])
      const { Plaintext } = await lab.kmsClient.send(
        new DecryptCommand({
          KeyId: lab.keyId,
          CiphertextBlob: enc?.B as Uint8Array,
          EncryptionContext: { ...Object.fromEntries(pairs), tablename: 'logical' },
        }),
      )
      expect(Plaintext).toHaveLength(32)
    }
    expect(lab.kms.calls.byOperation()).toEqual({ GenerateDataKeyWithoutPlaintext: 2, ReEncrypt: 1, Decrypt: 3 })
    expect(lab.dynamodb.calls.count('TransactWriteItems')).toBe(1)
  })

  it('answers the active version, a version and the beacon key, each with one consistent read and one Decrypt', async () => {
    const { branchKeyId, version } = await newKey()
    lab.dynamodb.calls.reset()
    lab.kms.calls.reset()
    const active = await store.getActive(branchKeyId)
    expect([active.branchKeyId, active.version]).toEqual([branchKeyId, version])
    const same = await store.getVersion(branchKeyId, version.toUpperCase())
    expect([same.version, bytesOf(same.secret)]).toEqual([version, bytesOf(active.secret)])
    const beacon = await store.getBeaconKey(branchKeyId)
    expect(bytesOf(beacon.secret)).not.toBe(bytesOf(active.secret))
    expect(lab.dynamodb.calls.byOperation()).toEqual({ GetItem: 3 })
    expect(lab.kms.calls.byOperation()).toEqual({ Decrypt: 3 })
    const reads = lab.dynamodb.requests.filter(({ operation }) => operation === 'GetItem')
    expect(reads.map(({ body }) => JSON.parse(Buffer.from(body).toString()).ConsistentRead)).toEqual([true, true, true])
  })

  it('makes ids of its own, which need no context', async () => {
    const { branchKeyId } = await store.createKey()
    expect(branchKeyId).toMatch(UUID4)
    expect((await store.getActive(branchKeyId)).secret.length).toBe(32)
  })

  it('rotates: what is written with is new, everything older is read as before, the beacon key stays', async () => {
    const { branchKeyId, version } = await newKey()
    const before = [bytesOf((await store.getActive(branchKeyId)).secret), bytesOf((await store.getBeaconKey(branchKeyId)).secret)]
    lab.clock.advance(1000)
    const rotated = await store.versionKey(branchKeyId)
    expect(rotated).toEqual({ branchKeyId, version: expect.stringMatching(UUID4), createdAt: expect.any(String), previousVersion: version })
    const active = await store.getActive(branchKeyId)
    expect(active.version).toBe(rotated.version)
    expect(bytesOf(active.secret)).toBe(bytesOf((await store.getVersion(branchKeyId, rotated.version)).secret))
    const old = [bytesOf((await store.getVersion(branchKeyId, version)).secret), bytesOf((await store.getBeaconKey(branchKeyId)).secret)]
    expect(old).toEqual(before)
    expect(bytesOf(active.secret)).not.toBe(before[0])
    const { enc, ...item } = await itemOf(branchKeyId, 'branch:ACTIVE')
    expect(item).toEqual({
      'branch-key-id': { S: branchKeyId },
      type: { S: 'branch:ACTIVE' },
      version: { S: `branch:version:${rotated.version}` },
      'create-time': { S: rotated.createdAt },
      'kms-arn': { S: lab.keyId },
      'hierarchy-version': { N: '1' },
      'aws-crypto-ec:tenant': { S: 'blue' },
      'aws-crypto-ec:department': { S: '🔑' },
    })
  })

  it('rotates only from the version that it is told', async () => {
    const { branchKeyId, version } = await newKey()
    const { version: second } = await store.versionKey(branchKeyId, { ifVersion: version })
    await expect(store.versionKey(branchKeyId, { ifVersion: version })).rejects.toMatchObject({ code: 'BRANCH_KEY_CONFLICT', branchKeyId })
    expect((await store.getActive(branchKeyId)).version).toBe(second)
  })

  it('refuses an id that is taken, and changes nothing', async () => {
    const { branchKeyId, version } = await newKey()
    await expect(newKey(branchKeyId)).rejects.toMatchObject({ code: 'BRANCH_KEY_EXISTS', branchKeyId })
    expect((await store.getActive(branchKeyId)).version).toBe(version)
  })

  it('says which key it does not have, whatever is asked for', async () => {
    const { branchKeyId } = await newKey()
    const code = 'BRANCH_KEY_NOT_FOUND'
    const version = randomUUID()
    for (const id of ['nobody', '', 'x'.repeat(2049), '\ud800']) {
      await expect(store.getActive(id)).rejects.toMatchObject({ code, branchKeyId: id })
      await expect(store.getVersion(id, version)).rejects.toMatchObject({ code, branchKeyId: id, version })
      await expect(store.getBeaconKey(id)).rejects.toMatchObject({ code, branchKeyId: id })
      await expect(store.versionKey(id)).rejects.toMatchObject({ code, branchKeyId: id })
      await expect(store.describeKey(id)).rejects.toMatchObject({ code, branchKeyId: id })
      await expect(store.listVersionsPage(id)).rejects.toMatchObject({ code, branchKeyId: id })
      await expect(store.shredKey(id)).rejects.toMatchObject({ code, branchKeyId: id })
    }
    for (const other of [version, 'ACTIVE', '../branch:ACTIVE', ''])
      await expect(store.getVersion(branchKeyId, other)).rejects.toMatchObject({ code, branchKeyId, version: other.toLowerCase() })
    expect(lab.kms.calls.count('Decrypt')).toBe(0)
  })

  it.each([
    ['another branch key', { 'branch-key-id': { S: 'somebody else' } }, 'branch:ACTIVE'],
    ['another context', { 'aws-crypto-ec:tenant': { S: 'red' } }, 'branch:ACTIVE'],
    ['a pair more', { 'aws-crypto-ec:more': { S: '1' } }, 'branch:ACTIVE'],
    ['another time', { 'create-time': { S: '2020-01-01T00:00:00.000000Z' } }, 'branch:ACTIVE'],
    ['another version', { version: { S: 'branch:version:aaaaaaaa-1111-4111-8111-111111111111' } }, 'branch:ACTIVE'],
    ['another blob', { enc: { B: new Uint8Array(100).fill(1) } }, 'branch:ACTIVE'],
    ['no blob', { enc: { B: new Uint8Array(0) } }, 'branch:ACTIVE'],
    ['a huge blob', { enc: { B: new Uint8Array(7000) } }, 'branch:ACTIVE'],
    ['a text for a blob', { enc: { S: 'x' } }, 'branch:ACTIVE'],
    [
      'another KMS key',
      { 'kms-arn': { S: 'arn:aws:kms:us-east-1:111122223333:key/ffffffff-12ab-34cd-56ef-1234567890ab' } },
      'branch:ACTIVE',
    ],
    ['an alias', { 'kms-arn': { S: 'arn:aws:kms:us-east-1:111122223333:alias/x' } }, 'branch:ACTIVE'],
    ['a later hierarchy version', { 'hierarchy-version': { N: '2' } }, 'branch:ACTIVE'],
    ['an attribute of another type', { more: { L: [] } }, 'branch:ACTIVE'],
    ['a stored table name', { tablename: { S: 'keys' } }, 'branch:ACTIVE'],
    ['a huge context', { 'aws-crypto-ec:more': { S: 'x'.repeat(9000) } }, 'branch:ACTIVE'],
    ['no version', { version: { S: 'x' } }, 'branch:ACTIVE'],
    ['a version where none belongs', { version: { S: 'branch:version:aaaaaaaa-1111-4111-8111-111111111111' } }, 'beacon:ACTIVE'],
    ['the mark of a tombstone beside a key', { 'strongroom-shredding': { S: 'done' } }, 'branch:ACTIVE'],
  ])('takes an item with %s for one that somebody changed', async (_what, change, type) => {
    const { branchKeyId } = await newKey()
    const changed = { ...(await itemOf(branchKeyId, type)), ...change }
    const id = (changed as { 'branch-key-id': { S: string } })['branch-key-id'].S
    await lab.put(changed)
    const read = type === 'branch:ACTIVE' ? store.getActive(id) : store.getBeaconKey(id)
    await expect(read).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', branchKeyId: id })
    if (type === 'branch:ACTIVE') await expect(store.versionKey(id)).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', branchKeyId: id })
  })

  it('takes no version for another, nor the key of one for the beacon key', async () => {
    const { branchKeyId, version } = await newKey()
    const { version: second } = await store.versionKey(branchKeyId)
    const [first, beacon] = [await itemOf(branchKeyId, `branch:version:${version}`), await itemOf(branchKeyId, 'beacon:ACTIVE')]
    await lab.put({ ...first, type: { S: `branch:version:${second}` } })
    await expect(store.getVersion(branchKeyId, second)).rejects.toMatchObject({ code: 'KEY_OPERATIONAL' })
    await lab.put({ ...first, type: beacon.type })
    await expect(store.getBeaconKey(branchKeyId)).rejects.toMatchObject({ code: 'KEY_OPERATIONAL' })
  })

  it('opens nothing of another logical name', async () => {
    const { branchKeyId } = await newKey()
    await expect(lab.store({ logicalName: 'other' }).getActive(branchKeyId)).rejects.toMatchObject({
      code: 'KEY_OPERATIONAL',
      message: expect.stringContaining('logical name'),
      cause: { code: 'MESSAGE_INVALID' },
    })
  })

  it('copies nothing of an error that tells a key', async () => {
    const { branchKeyId } = await newKey()
    const { secret } = await store.getActive(branchKeyId)
    const hex = bytesOf(secret)
    lab.kms.faults.outage('internal-error')
    const error = await store.getActive(branchKeyId).catch((caught: unknown) => caught)
    expect(JSON.stringify(error)).not.toContain(hex)
  })

  const kms = { keyId: 'arn:aws:kms:us-east-1:111122223333:key/ffffffff-12ab-34cd-56ef-1234567890ab' }
  const client = { send: async () => ({}) }
  it.each([
    ['no table', { client, kms }, 'tableName'],
    ['no client', { tableName: 'keys', kms }, 'client'],
    ['no KMS key', { client, tableName: 'keys' }, 'kms'],
    ['an empty choice', { client, tableName: 'keys', kms: {} }, 'kms.keyId'],
    ['two choices', { client, tableName: 'keys', kms: { ...kms, discovery: { accounts: 'any' } } }, 'kms.discovery'],
    ['an alias', { client, tableName: 'keys', kms: { keyId: 'alias/keys' } }, 'kms.keyId'],
    ['discovery without a word on accounts', { client, tableName: 'keys', kms: { discovery: {} } }, 'accounts'],
    ['an unknown option', { client, tableName: 'keys', kms, ttl: 1 }, 'ttl'],
    ['an unknown option of KMS', { client, tableName: 'keys', kms: { ...kms, region: 'x' } }, 'kms.region'],
    [
      'an unknown option of discovery',
      { client, tableName: 'keys', kms: { discovery: { accounts: 'any', region: 'x' } } },
      'kms.discovery.region',
    ],
  ])('refuses %s', (_what, options, option) => {
    expect(() => createKeyStore(options as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', option }))
  })

  it.each([
    ['an id without a context', { branchKeyId: 'blue' }, 'OPTION_INVALID'],
    ['an id that is too long', { branchKeyId: 'x'.repeat(2049), encryptionContext: { a: '1' } }, 'OPTION_INVALID'],
    ['an unknown option', { id: 'blue' }, 'OPTION_INVALID'],
    ['a reserved name', { encryptionContext: { 'aws-crypto-x': '1' } }, 'CONTEXT_INVALID'],
    ['a context that KMS does not take', { encryptionContext: { a: 'x'.repeat(9000) } }, 'CONTEXT_INVALID'],
  ])('makes no key of %s', async (_what, options, code) => {
    await expect(store.createKey(options as never)).rejects.toMatchObject({ code })
    expect(lab.dynamodb.calls.count('TransactWriteItems')).toBe(0)
  })

  it('refuses what is no id at all', async () => {
    for (const call of [store.getActive, store.getBeaconKey, store.versionKey, store.describeKey, store.shredKey])
      await expect(call({ S: 'x' } as never)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })
})
