import { SecretBytes } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { staticKeyStore } from './static-key-store.ts'

const FIRST = 'aaaaaaaa-1111-4111-8111-111111111111'
const SECOND = 'bbbbbbbb-2222-4222-8222-222222222222'
const bytes = (value: number) => new Uint8Array(32).fill(value)
const byteOf = (secret: SecretBytes) => secret.use((held) => held[0])

describe('a static key store', () => {
  it('answers the active version, any version and the beacon key, each as a secret of the caller', async () => {
    const store = staticKeyStore([
      { branchKeyId: 'blue', version: FIRST, branchKey: bytes(1) },
      { branchKeyId: 'blue', version: SECOND.toUpperCase(), branchKey: SecretBytes.copyOf(bytes(2)), beaconKey: bytes(3), active: true },
    ])
    const active = await store.getActive('blue')
    expect([active.version, byteOf(active.secret)]).toEqual([SECOND, 2])
    active.secret.dispose()
    expect(byteOf((await store.getActive('blue')).secret)).toBe(2)
    expect(byteOf((await store.getVersion('blue', FIRST.toUpperCase())).secret)).toBe(1)
    expect(byteOf((await store.getBeaconKey('blue')).secret)).toBe(3)
  })

  it('copies what it is given', async () => {
    const branchKey = bytes(1)
    const store = staticKeyStore([{ branchKeyId: 'blue', version: FIRST, branchKey }])
    branchKey.fill(9)
    expect(byteOf((await store.getActive('blue')).secret)).toBe(1)
  })

  it('says which key it does not have', async () => {
    const store = staticKeyStore([{ branchKeyId: 'blue', version: FIRST, branchKey: bytes(1) }])
    const code = 'BRANCH_KEY_NOT_FOUND'
    await expect(store.getActive('red')).rejects.toMatchObject({ code, branchKeyId: 'red' })
    await expect(store.getVersion('blue', SECOND)).rejects.toMatchObject({ code, branchKeyId: 'blue', version: SECOND })
    await expect(store.getBeaconKey('blue')).rejects.toMatchObject({ code, branchKeyId: 'blue' })
  })

  const key = { branchKeyId: 'blue', version: FIRST, branchKey: bytes(1) }
  it.each([
    ['no key', []],
    ['a short key', [{ ...key, branchKey: bytes(1).subarray(1) }]],
    ['a version that is no UUID', [{ ...key, version: '1' }]],
    ['an unknown option', [{ ...key, beacon: bytes(1) }]],
    ['one version twice', [key, { ...key, version: FIRST.toUpperCase() }]],
    ['two versions and none active', [key, { ...key, version: SECOND }]],
    [
      'two active versions',
      [
        { ...key, active: true },
        { ...key, version: SECOND, active: true },
      ],
    ],
    [
      'two beacon keys',
      [
        { ...key, beaconKey: bytes(1) },
        { ...key, version: SECOND, active: true, beaconKey: bytes(2) },
      ],
    ],
  ])('refuses %s', (_what, keys) => {
    expect(() => staticKeyStore(keys as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})
