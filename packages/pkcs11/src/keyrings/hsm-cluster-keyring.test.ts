import { createEncryptionClient, type EncryptionClient, generateAesKey, type ObserverEvent, rawAesKeyring } from '@strongroom/core'
import { type KeyringFixture, keyringContract } from '@strongroom/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { describeOnHsm, faultyModules, setUpHsm, type TestHsm } from '../../../../test/support/hsm.ts'
import { makeAesKey, openTestToken } from '../../test/hsm-keys.ts'
import type { HsmToken } from '../token/hsm-token.ts'
import { hsmClusterKeyring } from './hsm-cluster-keyring.ts'
import { hsmKeyring } from './hsm-keyring.ts'

const ALWAYS = Number.POSITIVE_INFINITY
const DEVICE_ERROR = 0x30
const text = (index: number): Uint8Array => new TextEncoder().encode(`message ${index}`)

describeOnHsm(faultyModules, 'two clusters, one of them on another module', (near) => {
  let far: TestHsm
  let nearToken: HsmToken
  let farToken: HsmToken
  beforeAll(async () => {
    far = setUpHsm('softhsm2-faulty')
    const quick = { backoffMs: 1, deadlineMs: 2_000, circuit: { failures: 1_000_000, coolDownMs: 1 } }
    nearToken = openTestToken(near, quick)
    farToken = openTestToken(far, quick)
    for (const alias of ['ours', 'theirs']) {
      await makeAesKey(nearToken, `${alias}-near/v0001`)
      await makeAesKey(farToken, `${alias}-far/v0001`)
    }
  })
  afterEach(() => {
    for (const { faults } of [near, far]) faults.clear()
  })
  afterAll(async () => {
    await Promise.all([nearToken.close(), farToken.close()])
    far[Symbol.dispose]()
  })

  const clustersOf = (alias: string) => [
    hsmKeyring({ token: nearToken, namespace: 'test', alias: `${alias}-near` }),
    hsmKeyring({ token: farToken, namespace: 'test', alias: `${alias}-far` }),
  ]
  const failing = (hsms: () => readonly TestHsm[], code: number): void => {
    for (const { faults } of hsms()) for (const name of ['C_Encrypt', 'C_Decrypt']) faults.inject(name, { code, times: ALWAYS })
  }
  const both = () => [near, far]

  describe.each([
    ['all have to wrap', undefined],
    ['one is enough', 1],
  ])('the contract, where %s', (_name, quorum) => {
    const make = (): KeyringFixture => ({
      keyring: hsmClusterKeyring({ clusters: clustersOf('ours'), ...(quorum === undefined ? {} : { quorum }) }),
      other: hsmClusterKeyring({ clusters: clustersOf('theirs') }),
    })
    const fault = (outcome: 'transient' | 'operational', code: number) => ({
      outcome,
      inject: () => {
        failing(both, code)
        return { [Symbol.dispose]: () => both().forEach(({ faults }) => void faults.clear()) }
      },
    })
    const failures = { 'a device error': fault('transient', DEVICE_ERROR), 'a key without the right': fault('operational', 0x68) }
    // Below their number one recipient stands for all clusters, and is called by all their names.
    const checks = keyringContract(make, { failures }).filter(({ name }) => quorum === undefined || !name.startsWith('tells which'))
    expect(checks.length).toBe(quorum === undefined ? 25 : 24)
    for (const { name, run } of checks) it(name, run)
  })

  it('writes one encrypted data key for each, and each of them alone opens the message', async () => {
    const clusters = clustersOf('ours')
    const { ciphertext } = await createEncryptionClient({ keyring: hsmClusterKeyring({ clusters }) }).encrypt(text(1))
    for (const keyring of clusters) expect((await createEncryptionClient({ keyring }).decrypt(ciphertext)).plaintext).toEqual(text(1))
  })

  it('rejects with what the cluster says that failed, or, below the quorum, with what each said', async () => {
    failing(() => [far], DEVICE_ERROR)
    const client = createEncryptionClient({ keyring: hsmClusterKeyring({ clusters: clustersOf('ours') }) })
    const said = { code: 'KEY_TRANSIENT', reason: 'UNREACHABLE', keyName: 'ours-far/v0001', ckr: 'CKR_DEVICE_ERROR' }
    await expect(client.encrypt(text(1))).rejects.toMatchObject(said)
    failing(() => [near], 0x68)
    const lenient = createEncryptionClient({ keyring: hsmClusterKeyring({ clusters: clustersOf('ours'), quorum: 1 }) })
    await expect(lenient.encrypt(text(1))).rejects.toMatchObject({
      code: 'KEY_TRANSIENT',
      reason: 'QUORUM_MISSED',
      message: expect.stringMatching(/^0 of 2 HSM clusters wrapped the data key, and 1 has to\. .*ours-near\/v0001.*ours-far\/v0001/),
      cause: { reason: 'KEY_UNFIT' },
    })
    failing(() => [far], 0x68)
    await expect(lenient.encrypt(text(1))).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', reason: 'QUORUM_MISSED' })
  })

  it('tells the observer of a cluster that a quorum goes without, and of one that was passed over in decrypting', async () => {
    const events: ObserverEvent[] = []
    const keyring = hsmClusterKeyring({ clusters: clustersOf('ours'), quorum: 1 })
    const client = createEncryptionClient({ keyring, observer: (event) => events.push(event) })
    const { ciphertext } = await client.encrypt(text(1))
    failing(() => [near], DEVICE_ERROR)
    await client.encrypt(text(2))
    expect((await client.decrypt(ciphertext)).openedBy.keyId).toBe('ours-far/v0001')
    const failed = { type: 'keyring.failed', keyId: 'ours-near/v0001', outcome: 'transient', reason: 'UNREACHABLE', error: 'HsmError' }
    expect(events.filter(({ type }) => type === 'keyring.failed')).toEqual([failed, { ...failed, reason: expect.any(String) }])
  })

  it('serves every caller, rightly, while one token dies in the middle of them and comes back', async () => {
    const keyring = hsmClusterKeyring({ clusters: clustersOf('ours'), quorum: 1 })
    const client = createEncryptionClient({ keyring })
    const one = async (index: number): Promise<Uint8Array> => {
      const { ciphertext } = await client.encrypt(text(index))
      expect((await client.decrypt(ciphertext)).plaintext).toEqual(text(index))
      return ciphertext
    }
    const round = (from: number) => Promise.all(Array.from({ length: 40 }, (_, index) => one(from + index)))
    const before = await round(0)
    const during = round(100)
    near.removeTokens()
    let after: readonly Uint8Array[]
    try {
      // The files of a token that is open stay readable to it: what goes with them is a session that has to be opened anew.
      near.faults.inject('C_Encrypt', { action: 'drop-sessions', times: ALWAYS })
      near.faults.inject('C_Decrypt', { action: 'drop-sessions', times: ALWAYS })
      after = [...(await during), ...(await round(200))]
      for (const ciphertext of before) await client.decrypt(ciphertext)
    } finally {
      near.restoreTokens()
      near.faults.clear()
    }
    const farOnly = createEncryptionClient({ keyring: clustersOf('ours')[1] as ReturnType<typeof hsmKeyring> })
    for (const ciphertext of after) await farOnly.decrypt(ciphertext)
    const nearOnly = createEncryptionClient({ keyring: clustersOf('ours')[0] as ReturnType<typeof hsmKeyring> })
    await writesTo(nearOnly, client)
  })

  /** The token that was away takes part again, once it is noticed. */
  async function writesTo(reader: EncryptionClient, writer: EncryptionClient): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const { ciphertext } = await writer.encrypt(text(1))
      const opened = await reader.decrypt(ciphertext).catch((error: unknown) => error)
      if (!(opened instanceof Error)) return
      if (attempt === 100) throw opened
    }
  }

  it('goes without a cluster whose token was never reached, and not without one whose call is wrong', async () => {
    const nowhere = openTestToken(far, { slot: { label: 'no such token' } })
    const lost = hsmKeyring({ token: nowhere, namespace: 'test', alias: 'lost' })
    const [first] = clustersOf('ours') as [ReturnType<typeof hsmKeyring>]
    const client = createEncryptionClient({ keyring: hsmClusterKeyring({ clusters: [lost, first], quorum: 1 }) })
    const { ciphertext } = await client.encrypt(text(1))
    expect((await client.decrypt(ciphertext)).plaintext).toEqual(text(1))
    await nowhere.close()

    const narrow = openTestToken(far, { quirks: { mostAad: 64 } })
    const tight = hsmKeyring({ token: narrow, namespace: 'test', alias: 'ours-far' })
    const picky = createEncryptionClient({ keyring: hsmClusterKeyring({ clusters: [first, tight], quorum: 1 }) })
    await expect(picky.encrypt(text(1), { encryptionContext: { purpose: 'x'.repeat(100) } })).rejects.toMatchObject({
      code: 'CONTEXT_INVALID',
    })
    await narrow.close()
  })
})

describe('hsmClusterKeyring', () => {
  const keyring = rawAesKeyring({ namespace: 'test', name: 'one', key: generateAesKey() })

  it('names what is wrong with its options', () => {
    expect(() => hsmClusterKeyring({ clusters: [] })).toThrow(/clusters.*be a list of 1 to 16 keyrings/)
    expect(() => hsmClusterKeyring({ clusters: [keyring], quorum: 2 })).toThrow(/quorum of 2 cannot be reached by 1/)
    expect(() => hsmClusterKeyring({ clusters: [keyring], quorum: 0 })).toThrow(/quorum/)
    expect(() => hsmClusterKeyring({ clusters: [keyring], extra: 1 } as never)).toThrow(/extra/)
  })

  it('of one cluster is that cluster where one key is needed', () => {
    expect(hsmClusterKeyring({ clusters: [keyring] }).wrappingKeys).toBe(keyring.wrappingKeys)
    expect(hsmClusterKeyring({ clusters: [keyring, keyring] }).wrappingKeys).toBeUndefined()
  })
})
