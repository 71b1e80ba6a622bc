import { DeleteTableCommand, DynamoDBClient, GetItemCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { createEncryptionClient } from '@strongroom/core'
import { hierarchicalKeyring, scheduleKeyDeletion } from '@strongroom/kms'
import { createKeyStore, type KeyStore } from '@strongroom/kms/branch-keys'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeOnLocalStack } from '../support/localstack.ts'

const tableName = `strongroom-branch-keys-${process.pid}`
const encryptionContext = { purpose: 'integration' }
const plaintext = new TextEncoder().encode('a record')

describeOnLocalStack('branch keys on LocalStack', (config) => {
  const table = new DynamoDBClient(config)
  const client = new KMSClient(config)
  let keyId: string
  const storeOf = (): KeyStore => createKeyStore({ client: table, tableName, kms: { keyId, client } })
  const clientOf = (branchKeyId: string) =>
    createEncryptionClient({ keyring: hierarchicalKeyring({ keyStore: storeOf(), branchKeyId, cache: { ttlMs: 60_000 } }) })

  beforeAll(async () => {
    const { KeyMetadata } = await client.send(new CreateKeyCommand({}))
    keyId = KeyMetadata?.Arn as string
  })
  afterAll(async () => {
    await table.send(new UpdateTableCommand({ TableName: tableName, DeletionProtectionEnabled: false }))
    await table.send(new DeleteTableCommand({ TableName: tableName }))
    table.destroy()
    client.destroy()
  })

  it('are kept in a table that is made once, and protected', async () => {
    const options = { deletionProtection: true, pointInTimeRecovery: true }
    const made = await Promise.all([storeOf().createTable(options), storeOf().createTable(options)])
    expect(made.filter(({ created }) => created)).toHaveLength(1)
    expect(await storeOf().createTable(options)).toMatchObject({ tableName, created: false, ...options })
    await expect(table.send(new DeleteTableCommand({ TableName: tableName }))).rejects.toThrow()
  })

  it('are made and rotated by one of those that race, and older messages open', async () => {
    const branchKeyId = 'raced'
    const made = await Promise.allSettled(Array.from({ length: 10 }, () => storeOf().createKey({ branchKeyId, encryptionContext })))
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const { ciphertext } = await clientOf(branchKeyId).encrypt(plaintext, { encryptionContext })
    const rotated = await Promise.allSettled(Array.from({ length: 10 }, () => storeOf().versionKey(branchKeyId)))
    const won = rotated.filter((each) => each.status === 'fulfilled').length
    expect(won).toBeGreaterThan(0)
    for (const each of rotated)
      if (each.status === 'rejected') expect(['BRANCH_KEY_CONFLICT', 'KEY_TRANSIENT']).toContain((each.reason as { code: string }).code)
    const versions: string[] = []
    for await (const { version } of storeOf().listVersions(branchKeyId, { pageSize: 2 })) versions.push(version)
    expect(versions).toHaveLength(1 + won)
    expect(versions).toContain((await storeOf().getActive(branchKeyId)).version)
    expect((await clientOf(branchKeyId).decrypt(ciphertext, { encryptionContext })).plaintext).toEqual(plaintext)
    expect((await storeOf().getBeaconKey(branchKeyId)).secret.length).toBe(32)
  })

  it('are listed by age', async () => {
    const listed: string[] = []
    for await (const { branchKeyId } of storeOf().listKeys({ createdBefore: new Date(Date.now() + 60_000) })) listed.push(branchKeyId)
    expect(listed).toEqual(['raced'])
  })

  it('are shredded for good, with a receipt', async () => {
    const branchKeyId = 'shredded'
    const { version } = await storeOf().createKey({ branchKeyId, encryptionContext })
    const { ciphertext } = await clientOf(branchKeyId).encrypt(plaintext, { encryptionContext })
    expect(await storeOf().shredKey(branchKeyId, { dryRun: true })).toMatchObject({ state: 'intact', destroyed: { items: 3 } })
    const receipt = await storeOf().shredKey(branchKeyId)
    expect(receipt).toMatchObject({
      state: 'shredded',
      destroyed: { items: 3, versionCount: 1, activeVersion: version },
      identity: 'access key test',
      backups: { pointInTimeRecovery: { status: 'enabled' } },
    })
    expect(await storeOf().shredKey(branchKeyId)).toEqual(receipt)
    await expect(clientOf(branchKeyId).decrypt(ciphertext, { encryptionContext })).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
    await expect(storeOf().createKey({ branchKeyId, encryptionContext })).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
    const Key = { 'branch-key-id': { S: branchKeyId }, type: { S: `branch:version:${version}` } }
    expect((await table.send(new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true }))).Item).toBeUndefined()
  })

  it('end with their KMS key', async () => {
    const { KeyMetadata } = await client.send(new CreateKeyCommand({}))
    const own = KeyMetadata?.Arn as string
    const store = createKeyStore({ client: table, tableName, kms: { keyId: own, client } })
    const { branchKeyId } = await store.createKey({ encryptionContext })
    const receipt = await scheduleKeyDeletion({ keyId: own, client, pendingWindowInDays: 7 })
    expect(receipt).toMatchObject({ keyId: own, state: 'pending', waitingPeriodInDays: 7, deletionDate: expect.any(String) })
    expect(await scheduleKeyDeletion({ keyId: own, client })).toMatchObject({ alreadyScheduled: true, deletionDate: receipt.deletionDate })
    await expect(store.getActive(branchKeyId)).rejects.toMatchObject({ code: 'KEY_OPERATIONAL' })
  })
})
