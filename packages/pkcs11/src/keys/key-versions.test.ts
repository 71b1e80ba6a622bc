import { SecretBytes, serialiseContext, suiteById, type WrapRequest } from '@strongroom/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeOnHsm, everyModule } from '../../../../test/support/hsm.ts'
import { destroy, makeAesKey, openTestToken } from '../../test/hsm-keys.ts'
import { type HsmKeyringOptions, hsmKeyring } from '../keyrings/hsm-keyring.ts'
import type { HsmToken } from '../token/hsm-token.ts'

const request: WrapRequest = { suite: suiteById('0478'), context: {}, aad: serialiseContext({}) }

describeOnHsm(everyModule, 'the versions of a key', (hsm) => {
  let token: HsmToken
  beforeAll(() => {
    token = openTestToken(hsm, { backoffMs: 1 })
  })
  afterAll(() => token.close())

  const keyring = (alias: string, more: Partial<HsmKeyringOptions> = {}) =>
    hsmKeyring({ token, namespace: 'test', alias, refreshMs: 0, ...more })

  async function current(alias: string, more?: Partial<HsmKeyringOptions>): Promise<string | undefined> {
    return (await keyring(alias, more).recipients(request))[0]?.keyId
  }

  async function wrap(alias: string, more?: Partial<HsmKeyringOptions>) {
    using secret = SecretBytes.random(32)
    const [recipient] = await keyring(alias, more).recipients(request)
    const [edk] = (await recipient?.wrap(secret, request)) ?? []
    if (edk === undefined) throw new Error('Nothing was wrapped')
    return edk
  }

  const outcome = async (alias: string, edk: Awaited<ReturnType<typeof wrap>>) => {
    const answer = await keyring(alias).unwrap([edk], request)
    return 'attempts' in answer ? answer.attempts[0]?.outcome : answer.keyId
  }

  it('are written with the highest there is, and noticed when it is made', async () => {
    await makeAesKey(token, 'rising/v0001')
    const one = keyring('rising')
    const now = async () => (await one.recipients(request))[0]?.keyId
    expect(await now()).toBe('rising/v0001')
    await makeAesKey(token, 'rising/v0002')
    expect(await now()).toBe('rising/v0002')
    // Versions may be missing in between.
    await makeAesKey(token, 'rising/v0010')
    expect(await now()).toBe('rising/v0010')
  })

  it('are looked for again only after a while', async () => {
    await makeAesKey(token, 'calm/v0001')
    const one = keyring('calm', { refreshMs: 3_600_000 })
    await one.recipients(request)
    await makeAesKey(token, 'calm/v0002')
    expect((await one.recipients(request))[0]?.keyId).toBe('calm/v0001')
    expect(await current('calm')).toBe('calm/v0002')
  })

  it('are found where the first ones were deleted', async () => {
    await makeAesKey(token, 'late/v0123')
    expect(await current('late')).toBe('late/v0123')
  })

  it('are written with the pinned one, and all are read', async () => {
    for (const version of ['v0001', 'v0002']) await makeAesKey(token, `pinned/${version}`)
    expect(await current('pinned', { version: 1 })).toBe('pinned/v0001')
    const [old, young] = [await wrap('pinned', { version: 1 }), await wrap('pinned')]
    expect([await outcome('pinned', old), await outcome('pinned', young)]).toEqual(['pinned/v0001', 'pinned/v0002'])
  })

  it('that a message names are ours only by the alias, whatever the token holds', async () => {
    await makeAesKey(token, 'mine/v0001')
    await makeAesKey(token, 'mine too/v0001')
    expect(await outcome('mine', await wrap('mine too'))).toBe('not-mine')
  })

  it('that are higher than all are not ours; one that was deleted below them is for somebody to look at', async () => {
    for (const version of ['v0001', 'v0002', 'v0003']) await makeAesKey(token, `gone/${version}`)
    const [first, last] = [await wrap('gone', { version: 1 }), await wrap('gone')]
    await destroy(token, 'gone/v0001')
    expect(await outcome('gone', first)).toBe('operational')
    await destroy(token, 'gone/v0003')
    expect(await outcome('gone', last)).toBe('not-mine')
  })

  it('of an alias that has none are an error that says so', async () => {
    await expect(current('nothing')).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', reason: 'KEY_NOT_FOUND' })
    await expect(current('nothing', { version: 3 })).rejects.toMatchObject({ reason: 'KEY_NOT_FOUND', keyName: 'nothing/v0003' })
  })

  it('are one key each; the id tells twins apart', async () => {
    for (const id of ['one', 'other']) await makeAesKey(token, 'twin/v0001', {}, id)
    await expect(current('twin')).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', reason: 'KEY_AMBIGUOUS' })
    const id = Buffer.from('one')
    expect(await current('twin', { version: 1, id })).toBe('twin/v0001')
    expect(await current('twin', { version: 1, id: id.toString('hex') })).toBe('twin/v0001')
    await expect(current('twin', { version: 1, id: '00' })).rejects.toMatchObject({ reason: 'KEY_NOT_FOUND' })
    expect(() => keyring('twin', { id })).toThrow(expect.objectContaining({ option: 'id' }))
  })
})
