import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { pluginLab } from '../../test/plugin-lab.ts'
import { itemSize } from './item-size.ts'

const lab = pluginLab()

describe('the size of an item', () => {
  it.each<[AttributeValue, number]>([
    [{ S: 'é' }, 2],
    [{ N: '0' }, 1],
    [{ N: '100' }, 2],
    [{ N: '-12.5' }, 4],
    [{ N: '0.001' }, 2],
    [{ NS: ['1', '12345'] }, 6],
    [{ B: Uint8Array.of(1, 2, 3) }, 3],
    [{ SS: ['a', 'bc'] }, 3],
    [{ BS: [Uint8Array.of(1)] }, 1],
    [{ NULL: true }, 1],
    [{ BOOL: false }, 1],
    [{ L: [{ S: 'a' }] }, 5],
    [{ M: { ab: { S: 'a' } } }, 7],
  ])('counts %j', (value, bytes) => {
    expect(itemSize({ a: value })).toBe(1 + bytes)
  })

  it('takes time in proportion to what is measured, be it a number or not', () => {
    const zeros = `1${'0'.repeat(2_000_000)}1`
    expect(itemSize({ a: { N: zeros } })).toBeGreaterThan(1_000_000)
    expect(itemSize({ a: { N: `${'e'.repeat(2_000_000)}\n` } })).toBeGreaterThan(0)
  })

  it('is not asked of what is no item', async () => {
    let deep: AttributeValue = { S: 'x' }
    for (let depth = 0; depth < 50_000; depth += 1) deep = { L: [deep] }
    for (const card of [deep, null as never]) {
      const put = lab.client().send(new PutItemCommand({ TableName: 'orders', Item: { id: { S: 'a' }, card } }))
      await expect(put).rejects.toMatchObject({ code: 'ATTRIBUTE_INVALID' })
    }
  })
})
