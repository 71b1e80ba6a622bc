import { createEncryptionClient, isStrongroomError } from '@strongroom/core'
import { hierarchicalKeyring } from '@strongroom/kms'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type StoreLab, startStoreLab } from '../../packages/kms/test/store-lab.ts'

const CALLERS = 50
const encryptionContext = { purpose: 'races' }
const bytes = new TextEncoder().encode('a record')

let lab: StoreLab
beforeAll(async () => {
  lab = await startStoreLab()
})
afterAll(() => lab[Symbol.asyncDispose]())

/** Starts the callers together, each with a key store of its own. */
async function race<T>(call: (caller: number) => Promise<T>): Promise<{ won: T[]; lost: unknown[] }> {
  const settled = await Promise.allSettled(Array.from({ length: CALLERS }, (_, caller) => call(caller)))
  const won = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const lost = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
  return { won, lost }
}

describe('50 callers at one branch key', () => {
  it('make it once, and the others are told', async () => {
    const branchKeyId = 'made'
    const { won, lost } = await race(() => lab.store().createKey({ branchKeyId, encryptionContext }))
    expect([won.length, lost.length]).toEqual([1, CALLERS - 1])
    for (const error of lost) expect(error).toMatchObject({ code: 'BRANCH_KEY_EXISTS', branchKeyId })
    expect((await lab.store().getActive(branchKeyId)).version).toBe(won[0]?.version)
    expect((await lab.items()).filter((item) => item['branch-key-id']?.S === branchKeyId)).toHaveLength(3)
  })

  it('rotate it, each time one of them, with every version kept and every older message open', async () => {
    const branchKeyId = 'rotated'
    const store = lab.store()
    const { version: first } = await store.createKey({ branchKeyId, encryptionContext })
    const writer = () => createEncryptionClient({ keyring: hierarchicalKeyring({ keyStore: lab.store(), branchKeyId }) })
    const messages: Uint8Array[] = []
    const versions = [first]
    for (let round = 0; round < 3; round += 1) {
      const { won, lost } = await race(async (caller) => {
        if (caller % 5 === 0) messages.push((await writer().encrypt(bytes, { encryptionContext })).ciphertext)
        return lab.store().versionKey(branchKeyId)
      })
      expect(won.length).toBeGreaterThan(0)
      expect(won.length + lost.length).toBe(CALLERS)
      for (const error of lost) expect(error).toMatchObject({ code: 'BRANCH_KEY_CONFLICT', branchKeyId })
      // Those that won did so one after another, each from the version of the one before.
      let { version: last } = { version: versions.at(-1) as string }
      for (const _ of won) {
        const next = won.find(({ previousVersion }) => previousVersion === last)
        expect(next).toBeDefined()
        last = next?.version as string
        versions.push(last)
      }
      expect((await store.getActive(branchKeyId)).version).toBe(last)
    }
    const listed: string[] = []
    for await (const { version } of store.listVersions(branchKeyId)) listed.push(version)
    expect(listed.toSorted()).toEqual(versions.toSorted())
    expect(messages).toHaveLength((3 * CALLERS) / 5)
    for (const message of messages) expect((await writer().decrypt(message, { encryptionContext })).plaintext).toEqual(bytes)
  })

  it('shred it while others rotate it, and nothing of it is left', async () => {
    const branchKeyId = 'contested'
    const store = lab.store()
    await store.createKey({ branchKeyId, encryptionContext })
    const { won, lost } = await race(async (caller) => {
      if (caller % 10 === 9) return (await lab.store({ identity: 'racer' }).shredKey(branchKeyId)).state
      return (await lab.store().versionKey(branchKeyId)).version
    })
    expect(won.filter((each) => each === 'shredded').length).toBeGreaterThan(0)
    for (const error of lost) {
      expect(isStrongroomError(error)).toBe(true)
      expect(['BRANCH_KEY_CONFLICT', 'KEY_SHREDDED']).toContain((error as { code: string }).code)
    }
    expect((await store.shredKey(branchKeyId)).state).toBe('shredded')
    const left = (await lab.items()).filter((item) => item['branch-key-id']?.S === branchKeyId)
    expect(left.map((item) => [item.type?.S, item.enc])).toEqual([['branch:ACTIVE', undefined]])
  })
})
