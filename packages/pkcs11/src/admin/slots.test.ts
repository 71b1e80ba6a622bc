import { afterEach, expect, it } from 'vitest'
import { describeOnHsm, everyModule, faultyModules } from '../../../../test/support/hsm.ts'
import { openTestToken } from '../../test/hsm-keys.ts'
import { hsmRandom } from './random.ts'
import { listHsmSlots } from './slots.ts'

describeOnHsm(everyModule, 'the slots of a library', (hsm) => {
  const { library, libraryParameters } = hsm
  const options = { library, ...(libraryParameters === undefined ? {} : { libraryParameters }) }

  it('are told without a PIN, with what selects each', async () => {
    const { module, slots } = await listHsmSlots(options)
    expect(module).toMatchObject({ library, cryptoki: '2.40' })
    const mine = slots.find(({ label }) => label === hsm.token.label)
    expect(mine).toMatchObject({ label: hsm.token.label, needsLogin: true })
    if (hsm.module === 'cloudhsm') expect(mine?.id).toBe(0x2000000000000001n)
    await using token = openTestToken(hsm, { slot: { index: mine?.index ?? -1, id: mine?.id ?? 0n, serial: mine?.serial ?? '' } })
    expect((await token.info()).slot).toEqual(mine)
  })

  it('are told beside a token that is in use, which is not disturbed', async () => {
    await using token = openTestToken(hsm)
    await token.info()
    const [, random] = await Promise.all([listHsmSlots(options), hsmRandom(token, { length: 16 })])
    expect((await listHsmSlots(options)).slots.map(({ label }) => label)).toContain(hsm.token.label)
    random.dispose()
    using again = await hsmRandom(token, { length: 16 })
    expect(again.length).toBe(16)
  })

  it('cannot be told of a library that is not there', async () => {
    await expect(listHsmSlots({ library: '/nowhere/absent.so' })).rejects.toMatchObject({ reason: 'LIBRARY_MISSING' })
    await expect(listHsmSlots({} as never)).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'library' })
  })
})

describeOnHsm(faultyModules, 'the slots of a library that fails', (hsm) => {
  afterEach(() => hsm.faults.clear())

  it.each(['C_Initialize', 'C_GetSlotList'])('are not told, and %s is named', async (method) => {
    hsm.faults.inject(method, { code: 0x30 })
    await expect(listHsmSlots({ library: hsm.library })).rejects.toMatchObject({ reason: 'UNREACHABLE', method, ckr: 'CKR_DEVICE_ERROR' })
    expect((await listHsmSlots({ library: hsm.library })).slots.length).toBeGreaterThan(0)
  })
})
