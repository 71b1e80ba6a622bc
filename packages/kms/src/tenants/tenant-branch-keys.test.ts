import { createEncryptionClient, type EncryptedDataKey, SecretBytes, StrongroomError, serialiseContext, suiteById } from '@strongroom/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FakeKeyStore } from '../../test/fake-key-store.ts'
import type { BranchKeyStore } from '../branch-keys/branch-key-store.ts'
import { staticKeyStore } from '../branch-keys/static-key-store.ts'
import { hierarchicalKeyring } from '../hierarchical-keyring.ts'
import { tenantBranchKeys } from './tenant-branch-keys.ts'

const plaintext = new TextEncoder().encode('two pairs of boots')
const cache = { ttlMs: 60_000 }
const of = (tenant: string) => ({ encryptionContext: { tenant } })

function clientOf(keyStore: BranchKeyStore | ((tenant: string) => BranchKeyStore | undefined), more = {}) {
  return createEncryptionClient({
    keyring: hierarchicalKeyring({ ...tenantBranchKeys({ contextKey: 'tenant', keyStore, ...more }), cache }),
    suite: '0478',
  })
}

describe('a tenant', () => {
  it('writes and reads with the branch key of its name, behind a prefix if there is one', async () => {
    for (const prefix of ['', 'tenant-']) {
      const store = new FakeKeyStore(`${prefix}blue`)
      const client = clientOf(store, prefix === '' ? {} : { prefix })
      const { ciphertext } = await client.encrypt(plaintext, of('blue'))
      const opened = await client.decrypt(ciphertext, of('blue'))
      expect([opened.plaintext, opened.openedBy.keyId]).toEqual([plaintext, `${prefix}blue`])
      expect(store.calls).toEqual([`active ${prefix}blue`])
    }
  })

  it('may have a key store of its own', async () => {
    const stores = new Map([
      ['blue', new FakeKeyStore('blue')],
      ['red', new FakeKeyStore('red')],
    ])
    const client = clientOf((tenant) => stores.get(tenant))
    for (const tenant of stores.keys()) {
      const { ciphertext } = await client.encrypt(plaintext, of(tenant))
      expect((await client.decrypt(ciphertext, of(tenant))).plaintext).toEqual(plaintext)
    }
    expect([...stores.values()].map(({ calls }) => calls)).toEqual([['active blue'], ['active red']])
    await expect(client.encrypt(plaintext, of('green'))).rejects.toMatchObject({ code: 'TENANT_KEY_NOT_FOUND', tenant: 'green' })
  })

  it('may have it looked up asynchronously; a look-up that fails makes no message a forgery', async () => {
    const store = new FakeKeyStore('blue')
    const { keyStore, branchKeyId } = tenantBranchKeys({ contextKey: 'tenant', keyStore: async () => store })
    const { ciphertext } = await createEncryptionClient({ keyring: hierarchicalKeyring({ keyStore, branchKeyId }) }).encrypt(
      plaintext,
      of('blue'),
    )
    const broken = clientOf(() => {
      throw new Error('no look-up today')
    })
    await expect(broken.decrypt(ciphertext, of('blue'))).rejects.toMatchObject({ code: 'KEY_OPERATIONAL' })
    const defective = clientOf(() => ({}) as never)
    await expect(defective.encrypt(plaintext, of('blue'))).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'keyStore' })
  })

  it('without a branch key cannot write, and is told why; a message that names it is no message', async () => {
    const blue = clientOf(new FakeKeyStore('blue'))
    const { ciphertext } = await blue.encrypt(plaintext, of('blue'))
    const elsewhere = clientOf(new FakeKeyStore('red'))
    await expect(elsewhere.encrypt(plaintext, of('blue'))).rejects.toMatchObject({
      name: 'TenantError',
      code: 'TENANT_KEY_NOT_FOUND',
      tenant: 'blue',
      branchKeyId: 'blue',
      message: expect.stringContaining('createKey'),
      cause: { code: 'BRANCH_KEY_NOT_FOUND' },
    })
    await expect(elsewhere.decrypt(ciphertext, of('blue'))).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    for (const nothing of [() => undefined, new FakeKeyStore()])
      await expect(clientOf(nothing).decrypt(ciphertext, of('blue'))).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('has to be named, and not at length', async () => {
    const client = clientOf(new FakeKeyStore('blue'), { prefix: 'é-' })
    for (const encryptionContext of [{}, { other: 'blue' }, { tenant: 'x'.repeat(510) }])
      await expect(client.encrypt(plaintext, { encryptionContext })).rejects.toMatchObject({ code: 'CONTEXT_INVALID' })
    const { branchKeyId } = tenantBranchKeys({ contextKey: 'toString', keyStore: new FakeKeyStore() })
    expect(branchKeyId({})).toBeUndefined()
    const { branchKeyId: bounded } = tenantBranchKeys({ contextKey: 'tenant', keyStore: new FakeKeyStore(), prefix: 'é-' })
    expect(bounded({ tenant: 'x'.repeat(509) })).toHaveLength(511)
    expect(bounded({ tenant: 'é'.repeat(255) })).toBeUndefined()
  })

  it('that was shredded stays shredded, for reads and writes, even where keys are created', async () => {
    const store = new FakeKeyStore('blue')
    const client = clientOf(store, { create: true })
    const { ciphertext } = await client.encrypt(plaintext, of('blue'))
    store.shred('blue')
    const fresh = clientOf(store, { create: true })
    await expect(fresh.encrypt(plaintext, of('blue'))).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
    await expect(fresh.decrypt(ciphertext, of('blue'))).rejects.toMatchObject({ code: 'KEY_SHREDDED' })
    expect(store.calls.filter((call) => call.startsWith('create'))).toEqual([])
  })
})

describe('a tenant without a branch key, where keys are created', () => {
  it('gets one with its first write, bound to its name', async () => {
    const store = new FakeKeyStore()
    const client = clientOf(store, { create: true, prefix: 'tenant-' })
    const { ciphertext } = await client.encrypt(plaintext, of('blue'))
    expect(store.calls).toEqual(['active tenant-blue', 'create tenant-blue {"tenant":"blue"}', 'active tenant-blue'])
    expect((await clientOf(store, { prefix: 'tenant-' }).decrypt(ciphertext, of('blue'))).plaintext).toEqual(plaintext)
  })

  it('gets one of however many write at once, in however many processes', async () => {
    const store = new FakeKeyStore()
    const clients = Array.from({ length: 20 }, () => clientOf(store, { create: true }))
    const release = store.hold()
    const writes = clients.flatMap((client) => Array.from({ length: 5 }, () => client.encrypt(plaintext, of('blue'))))
    await new Promise((resolve) => setImmediate(resolve))
    expect(store.calls).toEqual(Array(20).fill('active blue'))
    release()
    const reader = clientOf(store)
    for (const { ciphertext } of await Promise.all(writes))
      expect((await reader.decrypt(ciphertext, of('blue'))).plaintext).toEqual(plaintext)
    expect(store.calls.filter((call) => call.startsWith('create'))).toHaveLength(20)
  })

  it('gets none by reading', async () => {
    const { ciphertext } = await clientOf(new FakeKeyStore('blue')).encrypt(plaintext, of('blue'))
    const store = new FakeKeyStore()
    await expect(clientOf(store, { create: true }).decrypt(ciphertext, of('blue'))).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    expect(store.calls.map((call) => call.split(' ')[0])).toEqual(['version'])
  })

  it('uses what is there though the answer to its creation was lost, and else says what failed', async () => {
    const lost = new StrongroomError('KEY_TRANSIENT', 'lost')
    const store = new FakeKeyStore()
    const create = store.createKey.bind(store)
    Object.assign(store, {
      async createKey(...args: Parameters<typeof create>) {
        await create(...args)
        throw lost
      },
    })
    await clientOf(store, { create: true }).encrypt(plaintext, of('blue'))
    const failing = Object.assign(new FakeKeyStore(), { createKey: () => Promise.reject(lost) })
    await expect(clientOf(failing, { create: true }).encrypt(plaintext, of('blue'))).rejects.toBe(lost)
  })

  it('says why what others created cannot be had, so that the write may be tried again', async () => {
    const gone = new StrongroomError('KEY_TRANSIENT', 'out of reach')
    const store = new FakeKeyStore()
    const taken = Object.assign(store, {
      createKey() {
        store.fail(gone)
        return Promise.reject(new StrongroomError('BRANCH_KEY_EXISTS', 'taken'))
      },
    })
    await expect(clientOf(taken, { create: true }).encrypt(plaintext, of('blue'))).rejects.toBe(gone)
  })

  it('gets none where the caller has given up', async () => {
    const store = new FakeKeyStore()
    const leaver = new AbortController()
    Object.assign(store, {
      createKey() {
        leaver.abort('enough')
        return Promise.reject(new Error('aborted'))
      },
    })
    const { keyStore } = tenantBranchKeys({ contextKey: 'tenant', keyStore: store, create: true })
    await expect(keyStore.getActive('blue', { signal: leaver.signal })).rejects.toBe('enough')
    expect(store.calls).toEqual(['active blue'])
  })

  it('needs a key store that creates', async () => {
    const store = staticKeyStore([{ branchKeyId: 'blue', version: FakeKeyStore.version('blue', 1), branchKey: SecretBytes.random(32) }])
    expect(() => tenantBranchKeys({ contextKey: 'tenant', keyStore: store, create: true })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', option: 'create' }),
    )
    const { keyStore } = tenantBranchKeys({ contextKey: 'tenant', keyStore: () => store, create: true })
    await expect(keyStore.getActive('red')).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'create' })
  })
})

describe('one tenant opens nothing of another', () => {
  /** Names that somebody might take for each other. */
  const names = [
    'red',
    'Red',
    'redder',
    're',
    'red ',
    ' red',
    'r\u00e9d',
    're\u0301d',
    '\uff52ed',
    'r\u0435d',
    'red\0',
    'red/',
    'tenant-red',
    '\u{1f600}',
  ]
  const suite = suiteById('0478')
  const requestFor = (tenant: string) => ({ suite, context: { tenant }, aad: serialiseContext({ tenant }) })
  const keyring = hierarchicalKeyring({ ...tenantBranchKeys({ contextKey: 'tenant', keyStore: new FakeKeyStore(...names) }), cache })

  async function sealed(tenant: string): Promise<EncryptedDataKey> {
    const [recipient] = await keyring.recipients(requestFor(tenant))
    const [edk] = (await recipient?.wrap(SecretBytes.random(32), requestFor(tenant))) ?? []
    return edk as EncryptedDataKey
  }

  it('whatever of context, branch key id and wrapped key a forger puts together', async () => {
    const edks = new Map(await Promise.all(names.map(async (name) => [name, await sealed(name)] as const)))
    const info = (name: string) => edks.get(name)?.providerInfo as Uint8Array
    const wrapped = (name: string) => edks.get(name)?.ciphertext as Uint8Array
    for (const context of names)
      for (const id of names)
        for (const key of names) {
          const forged = { providerId: 'aws-kms-hierarchy', providerInfo: info(id), ciphertext: wrapped(key) }
          const answer = await keyring.unwrap([forged], requestFor(context))
          expect('secret' in answer, JSON.stringify([context, id, key])).toBe(context === id && id === key)
        }
  })

  it('nor with bytes moved between the parts of a message', async () => {
    const pair = [await sealed('red'), await sealed('redder')] as const
    const version = fc.constantFrom(...pair.map(({ ciphertext }) => ciphertext.slice(28, 44)))
    const part = (from: number, to?: number) => fc.constantFrom(...pair.map(({ ciphertext }) => ciphertext.slice(from, to)))
    const named = fc.constantFrom('red', 'redder')
    const forgeries = fc.tuple(named, named, part(0, 16), part(16, 28), version, part(44))
    await fc.assert(
      fc.asyncProperty(forgeries, async ([context, id, ...parts]) => {
        const ciphertext = new Uint8Array(Buffer.concat(parts))
        const edk = { providerId: 'aws-kms-hierarchy', providerInfo: new TextEncoder().encode(id), ciphertext }
        const answer = await keyring.unwrap([edk], requestFor(context))
        const own = pair[context === 'red' ? 0 : 1]
        expect('secret' in answer).toBe(id === context && Buffer.compare(ciphertext, own.ciphertext) === 0)
      }),
      { numRuns: 500 },
    )
  })

  it('in whole messages, with the header edited or the encrypted data keys swapped', async () => {
    const client = createEncryptionClient({ keyring, suite: '0478' })
    const [red, blu] = ['red', 'Red'] as const
    const mine = (await client.encrypt(plaintext, of(red))).ciphertext
    const theirs = (await client.encrypt(plaintext, of(blu))).ciphertext
    expect(mine).toHaveLength(theirs.length)
    const at = (message: Uint8Array, text: string) => {
      const first = Buffer.from(message).indexOf(text)
      return [first, Buffer.from(message).indexOf(text, first + text.length)] as const
    }
    const [context, info] = at(theirs, blu)
    const ends = info + blu.length + 2 + 92
    const spliced = (from: number, to: number) => {
      const forged = Uint8Array.from(theirs)
      forged.set(mine.subarray(from, to), from)
      return forged
    }
    const forgeries = {
      context: spliced(context, context + 3),
      id: spliced(info, info + 3),
      'context and id': spliced(context, info + 3),
      'context and encrypted data key': spliced(context, ends),
      'encrypted data key': spliced(info, ends),
    }
    for (const [what, forged] of Object.entries(forgeries)) {
      for (const reader of [red, blu])
        await expect(client.decrypt(forged, of(reader)), what).rejects.toMatchObject({
          code: expect.stringMatching(/^(MESSAGE_INVALID|CONTEXT_MISMATCH)$/),
        })
      await expect(client.decrypt(forged), what).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    }
    await expect(client.decrypt(theirs, of(red))).rejects.toMatchObject({ code: 'CONTEXT_MISMATCH' })
  })
})

it('refuses unknown, missing and wrong options', () => {
  const keyStore = new FakeKeyStore()
  const wrongs = [{ keyStore }, { contextKey: 'tenant' }, { contextKey: '', keyStore }, { contextKey: 'tenant', keyStore: {} }]
  for (const wrong of [...wrongs, { contextKey: 'tenant', keyStore, prefix: 1 }, { contextKey: 'tenant', keyStore, creates: true }])
    expect(() => tenantBranchKeys(wrong as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
})

it('refuses the key store without the choice of branch keys that belongs to it', async () => {
  const { keyStore } = tenantBranchKeys({ contextKey: 'tenant', keyStore: () => new FakeKeyStore(), prefix: 'tenant-' })
  await expect(keyStore.getActive('blue')).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'branchKeyId' })
})
