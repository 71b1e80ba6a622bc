import { describe, expect, it } from 'vitest'
import { describeSelector, type SlotInfo, type SlotSelector, selectSlot, validateSelector } from './slot-selector.ts'

const slot = (index: number, more: Partial<SlotInfo>): SlotInfo => ({
  id: BigInt(index),
  index,
  description: '',
  label: '',
  serial: String(index),
  manufacturer: 'maker',
  model: 'model',
  flags: 0,
  needsLogin: true,
  maxSessions: 0,
  firmware: '1.0',
  ...more,
})
const BIG = 0x2000000000000001n
const slots = [
  slot(0, { label: 'a' }),
  slot(1, { label: 'twin' }),
  slot(2, { label: 'twin', model: 'other' }),
  slot(3, { id: BIG, label: 'big' }),
]
const select = (selector: SlotSelector, wasThere = false) => selectSlot(slots, selector, '/lib.so', wasThere)

describe('the choice of a slot', () => {
  it.each<[SlotSelector, number]>([
    [{ label: 'a' }, 0],
    [{ serial: '2' }, 2],
    [{ label: 'twin', model: 'other' }, 2],
    [{ label: 'twin', index: 1 }, 1],
    [{ id: BIG }, 3],
    [{ id: '0x2000000000000001' }, 3],
    [{ id: 0n }, 0],
  ])('%o is one slot', (selector, index) => {
    expect(select(selector).index).toBe(index)
  })

  it('has to be of one slot', () => {
    expect(() => select({ label: 'twin' })).toThrow(expect.objectContaining({ code: 'KEY_OPERATIONAL', reason: 'TOKEN_AMBIGUOUS' }))
    expect(() => select({ manufacturer: 'maker' })).toThrow('"big" (serial 3)')
  })

  it('of a token that is not there is for somebody to mend, and of one that was there for time', () => {
    expect(() => select({ label: 'A' })).toThrow(expect.objectContaining({ code: 'KEY_OPERATIONAL', reason: 'TOKEN_NOT_FOUND' }))
    expect(() => select({ label: 'a', index: 1 })).toThrow('No token of /lib.so has label "a", index 1.')
    expect(() => select({ label: 'A' }, true)).toThrow(expect.objectContaining({ code: 'KEY_TRANSIENT', reason: 'TOKEN_NOT_FOUND' }))
  })

  it.each([
    {},
    { label: '' },
    { lable: 'a' },
    { id: 1 },
    { id: '12' },
    { id: '0x' },
    { id: `0x${'f'.repeat(17)}` },
    { id: 2n ** 64n },
    { id: -1n },
    { index: -1 },
    { index: 0.5 },
    { label: undefined },
  ])('%o is refused', (selector) => {
    expect(() => validateSelector('openHsmToken', selector as SlotSelector)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })

  it('is told in words', () => {
    expect(describeSelector({ label: 'a', id: BIG })).toBe('label "a", id 0x2000000000000001')
  })
})
