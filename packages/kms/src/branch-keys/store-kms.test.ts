import { KMSClient } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cannedClient } from '../../test/canned-client.ts'
import { embeddedClients } from '../../test/embedded-clients.ts'
import { type StoreLab, startStoreLab } from '../../test/store-lab.ts'
import type { KeyStore } from './key-store.ts'
import type { StoreKmsOptions } from './store-kms-options.ts'

const ACCOUNT = '111122223333'
let lab: StoreLab
beforeAll(async () => {
  lab = await startStoreLab()
})
afterAll(() => lab[Symbol.asyncDispose]())

function storeOf(kms: StoreKmsOptions): KeyStore {
  const { clientFor } = embeddedClients(lab.kms)
  return lab.store({ kms: { clientFor, ...kms } })
}
const make = (store: KeyStore) => store.createKey({ encryptionContext: { purpose: 'modes' } })

async function opens(store: KeyStore, branchKeyId: string): Promise<boolean> {
  try {
    return (await store.getActive(branchKeyId)).secret.length === 32
  } catch (error) {
    expect(error).toMatchObject({ code: 'KEY_OPERATIONAL', branchKeyId })
    return false
  }
}

describe('the KMS keys of a key store', () => {
  it('may be one key: no other opens, not even its replica', async () => {
    const primary = lab.kms.createKey(undefined, { multiRegion: true })
    const replica = lab.kms.replicateKey(primary, 'eu-west-1')
    const store = storeOf({ keyId: primary })
    const { branchKeyId } = await make(store)
    expect([await opens(store, branchKeyId), await opens(storeOf({ keyId: replica }), branchKeyId)]).toEqual([true, false])
    expect(await opens(storeOf({ keyId: lab.kms.createKey() }), branchKeyId)).toBe(false)
  })

  it('may be a multi-Region key: every replica opens and rotates, and the name of the key in the items stays', async () => {
    const primary = lab.kms.createKey(undefined, { multiRegion: true })
    const replica = lab.kms.replicateKey(primary, 'eu-west-1')
    const [here, there] = [storeOf({ multiRegionKeyId: primary }), storeOf({ multiRegionKeyId: replica })]
    const { branchKeyId, version } = await make(here)
    expect([await opens(here, branchKeyId), await opens(there, branchKeyId)]).toEqual([true, true])
    lab.kms.calls.reset()
    await there.versionKey(branchKeyId)
    expect(lab.kms.calls.all.map(({ keyArn }) => keyArn)).toEqual([replica, replica, replica])
    expect(await here.describeKey(branchKeyId)).toMatchObject({ kmsKeyArn: primary })
    expect([await opens(here, branchKeyId), (await there.getVersion(branchKeyId, version)).secret.length]).toEqual([true, 32])
    expect(await opens(storeOf({ multiRegionKeyId: lab.kms.createKey(undefined, { multiRegion: true }) }), branchKeyId)).toBe(false)
  })

  it('may be found by discovery, within the filter', async () => {
    const { branchKeyId } = await make(storeOf({ keyId: lab.keyId }))
    const may = [{ accounts: [ACCOUNT] }, { accounts: 'any' as const }, { accounts: [ACCOUNT], regions: ['us-east-1'] }]
    for (const discovery of may) expect(await opens(storeOf({ discovery }), branchKeyId)).toBe(true)
    const mayNot = [
      { accounts: ['444455556666'] },
      { accounts: [ACCOUNT], partition: 'aws-cn' },
      { accounts: [ACCOUNT], regions: ['eu-west-1'] },
    ]
    lab.kms.calls.reset()
    for (const discovery of mayNot) expect(await opens(storeOf({ discovery }), branchKeyId)).toBe(false)
    expect(lab.kms.calls.all).toEqual([])
    const elsewhere = new KMSClient({ ...lab.kms.clientConfig, region: 'eu-west-1' })
    expect(await opens(lab.store({ kms: { discovery: { accounts: [ACCOUNT] }, client: elsewhere } }), branchKeyId)).toBe(false)
  })

  it('may be found by discovery in one Region, by its replicas', async () => {
    const primary = lab.kms.createKey(undefined, { multiRegion: true })
    lab.kms.replicateKey(primary, 'eu-west-1')
    const both = await make(storeOf({ keyId: primary }))
    const single = await make(storeOf({ keyId: lab.keyId }))
    const reader = (region: string, accounts = [ACCOUNT]) => storeOf({ multiRegionDiscovery: { region, accounts } })
    expect([await opens(reader('us-east-1'), both.branchKeyId), await opens(reader('us-east-1'), single.branchKeyId)]).toEqual([true, true])
    expect([await opens(reader('eu-west-1'), both.branchKeyId), await opens(reader('eu-west-1'), single.branchKeyId)]).toEqual([
      true,
      false,
    ])
    expect(await opens(reader('us-east-1', ['444455556666']), both.branchKeyId)).toBe(false)
  })

  it('make no branch keys where they are found by discovery', async () => {
    const { branchKeyId } = await make(storeOf({ keyId: lab.keyId }))
    for (const kms of [{ discovery: { accounts: [ACCOUNT] } }, { multiRegionDiscovery: { region: 'us-east-1', accounts: [ACCOUNT] } }]) {
      await expect(make(storeOf(kms))).rejects.toMatchObject({ code: 'KEY_STORE_READ_ONLY', tableName: 'keys' })
      await expect(storeOf(kms).versionKey(branchKeyId)).rejects.toMatchObject({ code: 'KEY_STORE_READ_ONLY' })
    }
  })

  it('are sent grant tokens with each call', async () => {
    const keyId = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
    const answer = { KeyId: keyId, SourceKeyId: keyId, CiphertextBlob: 'AQID', Plaintext: Buffer.alloc(32, 7).toString('base64') }
    const { client, sent } = cannedClient({ json: answer })
    const store = lab.store({ kms: { keyId, client, grantTokens: ['token-1'] } })
    const { branchKeyId } = await make(store)
    await store.versionKey(branchKeyId)
    await store.getActive(branchKeyId)
    expect(sent.map(({ body }) => body.GrantTokens)).toEqual(sent.map(() => ['token-1']))
    expect(sent).toHaveLength(7)
    expect(sent[0]?.body).toMatchObject({ KeyId: keyId, NumberOfBytes: 32 })
  })

  it.each([
    ['of another key', { KeyId: 'arn:aws:kms:eu-west-1:111122223333:key/other' }],
    ['from another key', { SourceKeyId: 'arn:aws:kms:eu-west-1:111122223333:key/other' }],
    ['without a blob', { CiphertextBlob: undefined }],
  ])('are held to it: an answer %s is refused', async (_what, change) => {
    const keyId = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
    const { client } = cannedClient({ json: { KeyId: keyId, SourceKeyId: keyId, CiphertextBlob: 'AQID', ...change } })
    await expect(make(lab.store({ kms: { keyId, client } }))).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', keyId })
  })

  it('are held to it: a key of another length is refused, and wiped', async () => {
    const keyId = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
    const Plaintext = Buffer.alloc(31, 7).toString('base64')
    const { client } = cannedClient({ json: { KeyId: keyId, SourceKeyId: keyId, CiphertextBlob: 'AQID', Plaintext } })
    const store = lab.store({ kms: { keyId, client } })
    const { branchKeyId } = await make(store)
    await expect(store.getActive(branchKeyId)).rejects.toMatchObject({
      code: 'KEY_OPERATIONAL',
      message: expect.stringContaining('31 bytes'),
    })
  })

  it('are not called without TLS over a network', async () => {
    const keyId = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
    const { client, sent } = cannedClient({ json: {} }, { endpoint: 'http://kms.example' })
    await expect(make(lab.store({ kms: { keyId, client } }))).rejects.toMatchObject({ code: 'ENDPOINT_INSECURE' })
    expect(sent).toEqual([])
  })
})
