import { describe, expect, it } from 'vitest'
import { RecentMap } from './recent-map.ts'

describe('RecentMap', () => {
  it('forgets what was not used for longest', () => {
    const map = new RecentMap<number>(2)
    map.set('a', 1)
    map.set('b', 2)
    expect(map.get('a')).toBe(1)
    map.set('c', 3)
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([1, undefined, 3])
  })

  it('keeps one value a key', () => {
    const map = new RecentMap<number>(2)
    for (const value of [1, 2, 3]) map.set('a', value)
    map.set('b', 4)
    expect([map.get('a'), map.get('b')]).toEqual([3, 4])
  })

  it('deletes the entry that is meant, not its successor', () => {
    const map = new RecentMap<object>(2)
    const [first, second] = [{}, {}]
    map.set('a', first)
    map.set('a', second)
    map.delete('a', first)
    expect(map.get('a')).toBe(second)
    map.delete('a', second)
    expect(map.get('a')).toBeUndefined()
  })
})
