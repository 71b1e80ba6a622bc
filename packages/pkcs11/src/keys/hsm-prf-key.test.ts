import { SecretBytes } from '@strongroom/core'
import { counterKdf } from '@strongroom/core/keyring-tools'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeOnHsm, everyModule } from '../../../../test/support/hsm.ts'
import { importKey, openTestToken } from '../../test/hsm-keys.ts'
import type { HsmToken } from '../token/hsm-token.ts'
import { hsmPrfKey } from './hsm-prf-key.ts'

const label = new TextEncoder().encode('customer 4711')

describeOnHsm(everyModule, 'a PRF key', (hsm) => {
  let token: HsmToken
  const key = SecretBytes.random(32)
  beforeAll(async () => {
    token = openTestToken(hsm, { backoffMs: 1 })
    await key.use((bytes) => importKey(token, 'names/v0001', Uint8Array.from(bytes), 'hmac'))
  })
  afterAll(() => token.close())

  it('derives what the counter mode of the same key derives in software', async () => {
    const prf = hsmPrfKey({ token, alias: 'names', version: 1 })
    for (const length of [1, 16, 32, 33, 100, 1_024]) {
      using derived = await prf.prf(label, length)
      const expected = counterKdf('sha256', key, label, new Uint8Array(0), length)
      derived.use((bytes) => expect(Buffer.from(bytes)).toEqual(Buffer.from(expected)))
    }
  })

  it('derives other bytes from another label and for another length', async () => {
    const prf = hsmPrfKey({ token, alias: 'names', version: 1 })
    using one = await prf.prf(label, 16)
    using other = await prf.prf(label.slice(1), 16)
    using longer = await prf.prf(label, 17)
    expect(one.equals(other)).toBe(false)
    longer.use((bytes) => one.use((first) => expect(Buffer.from(bytes.subarray(0, 16)).equals(first)).toBe(false)))
  })

  it('says which key is missing, and takes no length or label that it cannot do', async () => {
    await expect(hsmPrfKey({ token, alias: 'names', version: 2 }).prf(label, 16)).rejects.toMatchObject({
      reason: 'KEY_NOT_FOUND',
      keyName: 'names/v0002',
    })
    const prf = hsmPrfKey({ token, alias: 'names', version: 1 })
    for (const length of [0, 1_025, 1.5]) await expect(prf.prf(label, length)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    await expect(prf.prf(new Uint8Array(8_193), 16)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    expect(() => hsmPrfKey({ token, alias: 'names' } as never)).toThrow(expect.objectContaining({ option: 'version' }))
  })
})
