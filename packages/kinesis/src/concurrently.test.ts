import { expect, it } from 'vitest'
import { concurrently } from './concurrently.ts'

it('keeps the order of the items, and no more than the limit in work', async () => {
  let working = 0
  let most = 0
  const results = await concurrently([5, 1, 4, 2, 3], 2, async (item, index) => {
    working += 1
    most = Math.max(most, working)
    for (let turn = 0; turn < item; turn += 1) await Promise.resolve()
    working -= 1
    return `${index}:${item}`
  })
  expect(results).toEqual(['0:5', '1:1', '2:4', '3:2', '4:3'])
  expect(most).toBe(2)
})

it('begins nothing after a failure, and rejects when everything that was begun has ended', async () => {
  const begun: number[] = []
  const ended: number[] = []
  const failing = concurrently([0, 1, 2, 3], 2, async (item) => {
    begun.push(item)
    if (item === 0) throw new Error('no')
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
    ended.push(item)
  })
  await expect(failing).rejects.toThrow('no')
  expect(begun).toEqual([0, 1])
  expect(ended).toEqual([1])
})

it('answers nothing for nothing', async () => {
  expect(await concurrently([], 3, async () => 1)).toEqual([])
})
