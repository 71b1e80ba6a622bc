import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type StoreLab, startStoreLab } from '../../test/store-lab.ts'
import type { KeyStore } from './key-store.ts'
import type { BranchKeyFacts } from './list-keys.ts'

const context = { purpose: 'lists' }
let lab: StoreLab
let store: KeyStore
beforeAll(async () => {
  lab = await startStoreLab()
  store = lab.store()
})
afterAll(() => lab[Symbol.asyncDispose]())

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}
const ids = (facts: readonly BranchKeyFacts[]) => facts.map(({ branchKeyId }) => branchKeyId).sort()

describe('listing', () => {
  it('tells of every branch key once, in pages of any size, and what state it is in', async () => {
    const created = new Map<string, { version: string; createdAt: string }>()
    for (let index = 0; index < 7; index += 1) {
      const branchKeyId = `key-${index}`
      created.set(branchKeyId, await store.createKey({ branchKeyId, encryptionContext: context }))
      lab.clock.advance(1000)
    }
    created.set('key-3', await store.versionKey('key-3'))
    await store.shredKey('key-5')
    await lab.put({ 'branch-key-id': { S: 'broken' }, type: { S: 'branch:ACTIVE' } })
    for (const pageSize of [1, 2, 5, 1000]) {
      const listed = await all(store.listKeys({ pageSize }))
      expect(ids(listed)).toEqual(['broken', ...created.keys()].sort())
      for (const facts of listed) {
        const { branchKeyId } = facts
        if (branchKeyId === 'broken') expect(facts).toEqual({ state: 'invalid', branchKeyId, problem: expect.any(String) })
        else if (branchKeyId === 'key-5') expect(facts).toEqual({ state: 'shredded', branchKeyId })
        else {
          const { version, createdAt } = created.get(branchKeyId) as { version: string; createdAt: string }
          expect(facts).toEqual({ state: 'active', branchKeyId, version, createdAt, kmsKeyArn: lab.keyId, encryptionContext: context })
          expect(await store.describeKey(branchKeyId)).toEqual(facts)
        }
      }
    }
    expect(lab.kms.calls.count('Decrypt')).toBe(0)
  })

  it('tells which branch keys are due for rotation', async () => {
    const facts = await store.describeKey('key-2')
    const createdBefore = new Date(Date.parse((facts as { createdAt: string }).createdAt))
    expect(ids(await all(store.listKeys({ createdBefore })))).toEqual(['key-0', 'key-1'])
    await store.versionKey('key-0')
    expect(ids(await all(store.listKeys({ createdBefore })))).toEqual(['key-1'])
  })

  it('tells of the versions of a branch key, and which one is active', async () => {
    const first = await store.createKey({ branchKeyId: 'rotated', encryptionContext: context })
    const versions = [first.version]
    for (let index = 0; index < 4; index += 1) versions.push((await store.versionKey('rotated')).version)
    for (const pageSize of [1, 3, 1000]) {
      const listed = await all(store.listVersions('rotated', { pageSize }))
      expect(listed.map(({ version }) => version)).toEqual([...versions].sort())
      expect(listed.filter(({ active }) => active).map(({ version }) => version)).toEqual(versions.slice(-1))
      expect(listed.find(({ version }) => version === first.version)).toEqual({
        branchKeyId: 'rotated',
        version: first.version,
        createdAt: first.createdAt,
        active: false,
      })
    }
    await expect(all(store.listVersions('key-5'))).rejects.toMatchObject({ code: 'KEY_SHREDDED', branchKeyId: 'key-5' })
  })

  it('goes on from a page of its own only', async () => {
    const page = await store.listKeysPage({ pageSize: 1 })
    const versions = await store.listVersionsPage('rotated', { pageSize: 1 })
    expect(page.next).toBeDefined()
    const wrong = { code: 'OPTION_INVALID', option: 'after' }
    for (const after of ['x', 'bm90aGluZw', Buffer.from('null').toString('base64url'), versions.next as string])
      await expect(store.listKeysPage({ after })).rejects.toMatchObject(wrong)
    for (const after of [page.next as string, 'e30'])
      await expect(store.listVersionsPage('rotated', { after })).rejects.toMatchObject(wrong)
    await expect(store.listVersionsPage('key-0', { after: versions.next as string })).rejects.toMatchObject(wrong)
  })

  it.each([
    ['a page of nothing', { pageSize: 0 }],
    ['a text for a moment', { createdBefore: '2026-01-01' }],
    ['no moment', { createdBefore: new Date(Number.NaN) }],
    ['an unknown option', { limit: 1 }],
  ])('refuses %s', async (_what, options) => {
    await expect(store.listKeysPage(options as never)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    await expect(all(store.listKeys(options as never))).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  it('reports a version that is none of a key', async () => {
    await lab.put({ 'branch-key-id': { S: 'rotated' }, type: { S: 'branch:version:x' } })
    await expect(all(store.listVersions('rotated'))).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', branchKeyId: 'rotated' })
  })
})
