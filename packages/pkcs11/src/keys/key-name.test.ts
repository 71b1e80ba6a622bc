import { describe, expect, it } from 'vitest'
import { isAlias, isVersion, keyLabel, versionOf } from './key-name.ts'

describe('names of keys', () => {
  it('are the alias and the version, with at least four digits', () => {
    expect(keyLabel('orders', 1)).toBe('orders/v0001')
    expect(keyLabel('a/b', 12_345)).toBe('a/b/v12345')
    expect(versionOf('orders', 'orders/v0001')).toBe(1)
    expect(versionOf('a/b', 'a/b/v12345')).toBe(12_345)
  })

  it.each([
    ...['orders', 'orders/v', 'orders/v1', 'orders/v00001', 'orders/v0000', 'orders/v0001 ', 'orders/V0001', 'orders/v000x'],
    ...['Orders/v0001', 'order/v0001', 'orders2/v0001', '/v0001', '', 'orders/v1000000', 'orders/v٠٠٠١', 'orders/v0001\0'],
  ])('%j is none of the alias', (name) => {
    expect(versionOf('orders', name)).toBeUndefined()
  })

  it('have aliases that a label holds as they are', () => {
    for (const good of ['orders', 'team/orders', 'Bestellungen ä', 'x'.repeat(128)]) expect(isAlias(good)).toBeUndefined()
    for (const bad of ['', ' orders', 'orders ', 'a\nb', 'a\u200bb', 'x'.repeat(129), '\ud800', 7, undefined])
      expect(isAlias(bad)).toBeDefined()
  })

  it('have versions from 1 on', () => {
    expect([1, 999_999].map(isVersion)).toEqual([undefined, undefined])
    for (const bad of [0, -1, 1.5, 1_000_000, Number.NaN, '1']) expect(isVersion(bad)).toBeDefined()
  })
})
