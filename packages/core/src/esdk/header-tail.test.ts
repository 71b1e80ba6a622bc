import { describe, expect, it } from 'vitest'
import { contextFromEntries } from '../encryption-context.ts'
import type { EncryptMaterials } from '../materials.ts'
import { SecretBytes } from '../secret-bytes.ts'
import { suiteById } from '../suite.ts'
import { headerTail } from './header-tail.ts'

function materialsOf(change: Partial<EncryptMaterials> = {}): EncryptMaterials {
  return {
    suite: suiteById('0478'),
    context: contextFromEntries([
      ['a', '1'],
      ['b', '2'],
    ]),
    requiredKeys: Object.freeze([]),
    dataKey: SecretBytes.random(32),
    edks: Object.freeze([{ providerId: 'p', providerInfo: Uint8Array.of(1), ciphertext: Uint8Array.of(2) }]),
    ...change,
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const edks = '0001' + '000170' + '000101' + '000102'
const pairs = '000e' + '0002' + '000161' + '000131' + '000162' + '000132'

describe('the tail of a header', () => {
  it('is context, encrypted data keys, content type and frame length', () => {
    expect(hex(headerTail(materialsOf(), 4096))).toBe(`${pairs}${edks}0200001000`)
    expect(hex(headerTail(materialsOf({ suite: suiteById('0178') }), 4096))).toBe(`${pairs}${edks}02000000000c00001000`)
  })

  it('has no context where there is none, or where all of it is required', () => {
    expect(hex(headerTail(materialsOf({ context: {} }), 1))).toBe(`0000${edks}0200000001`)
    expect(hex(headerTail(materialsOf({ requiredKeys: ['a', 'b'] }), 1))).toBe(`0000${edks}0200000001`)
    expect(hex(headerTail(materialsOf({ requiredKeys: ['a'] }), 1))).toBe(`00080001000162000132${edks}0200000001`)
  })

  it('is serialised once for materials that cannot change', () => {
    const materials = materialsOf()
    expect(headerTail({ ...materials, dataKey: SecretBytes.random(32) }, 4096)).toBe(headerTail(materials, 4096))
  })

  it.each<[string, Partial<EncryptMaterials>, number]>([
    ['frame length', {}, 512],
    ['suite', { suite: suiteById('0178') }, 4096],
    ['context', { context: contextFromEntries([['a', '2']]) }, 4096],
    ['required keys', { requiredKeys: Object.freeze(['a']) }, 4096],
  ])('is not the remembered one for another %s, though the encrypted data keys are the same', (_what, change, frameLength) => {
    const materials = materialsOf()
    const first = headerTail(materials, 4096)
    const changed = { ...materials, ...change }
    expect(hex(headerTail(changed, frameLength))).toBe(hex(headerTail({ ...changed, edks: [...materials.edks] }, frameLength)))
    expect(hex(headerTail(changed, frameLength))).not.toBe(hex(first))
  })

  it.each<[string, (materials: EncryptMaterials) => EncryptMaterials, (materials: EncryptMaterials) => void]>([
    [
      'encrypted data keys',
      (materials) => ({ ...materials, edks: [...materials.edks] }),
      ({ edks: list }) => (list as unknown[]).push({ providerId: 'q', providerInfo: Uint8Array.of(3), ciphertext: Uint8Array.of(4) }),
    ],
    ['context', (materials) => ({ ...materials, context: { a: '1' } }), ({ context }) => Object.assign(context, { b: 'added' })],
    ['required keys', (materials) => ({ ...materials, requiredKeys: [] }), ({ requiredKeys }) => (requiredKeys as string[]).push('a')],
  ])('is not remembered where the %s can still change', (_what, open, change) => {
    const materials = open(materialsOf())
    const before = hex(headerTail(materials, 4096))
    change(materials)
    expect(hex(headerTail(materials, 4096))).not.toBe(before)
  })
})
