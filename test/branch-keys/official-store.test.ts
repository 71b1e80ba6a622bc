import { BranchKeyStoreNode } from '@aws-crypto/client-node'
import type { SecretBytes } from '@strongroom/core'
import type { KeyStore } from '@strongroom/kms/branch-keys'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type StoreLab, startStoreLab } from '../../packages/kms/test/store-lab.ts'

const encryptionContext = { tenant: 'blue', department: '\u{1f511}' }
let lab: StoreLab
let ours: KeyStore
let theirs: BranchKeyStoreNode
beforeAll(async () => {
  lab = await startStoreLab()
  ours = lab.store({ logicalName: 'logical' })
  theirs = officialStore({ identifier: lab.keyId })
})
afterAll(() => lab[Symbol.asyncDispose]())

function officialStore(config: object | 'discovery'): BranchKeyStoreNode {
  return new BranchKeyStoreNode({
    storage: { ddbTableName: 'keys', ddbClient: lab.table as never },
    logicalKeyStoreName: 'logical',
    kmsConfiguration: config as never,
    keyManagement: { kmsClient: lab.kmsClient as never },
  })
}

const hex = (secret: SecretBytes) => secret.use((bytes) => Buffer.from(bytes).toString('hex'))

/** Every version and the active one are the same key for both. */
async function expectShared(branchKeyId: string, versions: readonly string[]): Promise<void> {
  const [active, theirActive] = [await ours.getActive(branchKeyId), await theirs.getActiveBranchKey(branchKeyId)]
  expect([active.version, hex(active.secret)]).toEqual([
    Buffer.from(theirActive.branchKeyVersion).toString(),
    Buffer.from(theirActive.branchKey()).toString('hex'),
  ])
  expect(active.version).toBe(versions.at(-1))
  for (const version of versions) {
    const their = await theirs.getBranchKeyVersion(branchKeyId, version)
    expect(hex((await ours.getVersion(branchKeyId, version)).secret)).toBe(Buffer.from(their.branchKey()).toString('hex'))
  }
}

describe('one table with the official JavaScript key store', () => {
  it('holds branch keys that either made and either rotated', async () => {
    await theirs.createKey({ branchKeyIdentifier: 'theirs', encryptionContext })
    const first = (await ours.getActive('theirs')).version
    await expectShared('theirs', [first])
    expect((await ours.getBeaconKey('theirs')).secret.length).toBe(32)
    expect(await ours.describeKey('theirs')).toMatchObject({ state: 'active', version: first, encryptionContext, kmsKeyArn: lab.keyId })
    const { version: second } = await ours.versionKey('theirs')
    await expectShared('theirs', [first, second])

    const { version: made } = await ours.createKey({ branchKeyId: 'ours', encryptionContext })
    await expectShared('ours', [made])
    await theirs.versionKey({ branchKeyIdentifier: 'ours' })
    const { version: theirNext } = await ours.getActive('ours')
    await expectShared('ours', [made, theirNext])
    const { version: ourNext } = await ours.versionKey('ours')
    await theirs.versionKey({ branchKeyIdentifier: 'ours' })
    await expectShared('ours', [made, theirNext, ourNext, (await ours.getActive('ours')).version])
  })

  it('refuses either what the other made already', async () => {
    await theirs.createKey({ branchKeyIdentifier: 'taken', encryptionContext })
    await expect(ours.createKey({ branchKeyId: 'taken', encryptionContext })).rejects.toMatchObject({ code: 'BRANCH_KEY_EXISTS' })
    await ours.createKey({ branchKeyId: 'taken too', encryptionContext })
    await expect(theirs.createKey({ branchKeyIdentifier: 'taken too', encryptionContext })).rejects.toThrow()
  })

  it('lets the official one read nothing of what was shredded, nor rotate or make it anew', async () => {
    await theirs.createKey({ branchKeyIdentifier: 'shredded', encryptionContext })
    await theirs.versionKey({ branchKeyIdentifier: 'shredded' })
    const { version } = await ours.getActive('shredded')
    const receipt = await ours.shredKey('shredded')
    expect(receipt).toMatchObject({ state: 'shredded', destroyed: { versionCount: 2, items: 4, activeVersion: version, beaconKey: true } })
    await expect(theirs.getActiveBranchKey('shredded')).rejects.toThrow()
    await expect(theirs.getBranchKeyVersion('shredded', version)).rejects.toThrow()
    await expect(theirs.versionKey({ branchKeyIdentifier: 'shredded' })).rejects.toThrow()
    await expect(theirs.createKey({ branchKeyIdentifier: 'shredded', encryptionContext })).rejects.toThrow()
    await expect(ours.getActive('shredded')).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
  })

  it('is read by either with discovery, and with the multi-Region key of the other', async () => {
    const keyId = lab.kms.createKey(undefined, { multiRegion: true })
    const mrk = officialStore({ mrkIdentifier: keyId })
    await mrk.createKey({ branchKeyIdentifier: 'multi-Region', encryptionContext })
    const own = lab.store({ logicalName: 'logical', kms: { multiRegionKeyId: keyId, client: lab.kmsClient } })
    const { version, secret } = await own.getActive('multi-Region')
    await own.versionKey('multi-Region')
    const found = await officialStore('discovery').getBranchKeyVersion('multi-Region', version)
    expect(Buffer.from(found.branchKey()).toString('hex')).toBe(hex(secret))
    const discovery = lab.store({ logicalName: 'logical', kms: { discovery: { accounts: [lab.kms.accountId] }, client: lab.kmsClient } })
    expect(hex((await discovery.getVersion('multi-Region', version)).secret)).toBe(hex(secret))
  })
})
