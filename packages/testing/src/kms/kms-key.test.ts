import { describe, expect, it } from 'vitest'
import { environmentOf } from '../endpoint/endpoint.ts'
import { type TestClock, testClock } from '../test-clock.ts'
import { KmsKey } from './kms-key.ts'

const DAY = 86_400_000

function newKey(): { key: KmsKey; clock: TestClock } {
  const clock = testClock()
  return { key: new KmsKey(environmentOf('test', { clock }), ''), clock }
}

describe('a key', () => {
  it('rotates by itself when its period is over, as often as it fell due', () => {
    const { key, clock } = newKey()
    key.setAutomaticRotation(90)
    clock.advance(90 * DAY - 1)
    expect(key.backingKeys).toHaveLength(1)
    clock.advance(1)
    expect(key.backingKeys.map(({ rotation }) => rotation)).toEqual([undefined, 'AUTOMATIC'])
    clock.advance(180 * DAY)
    expect(key.backingKeys).toHaveLength(4)
    expect(key.automaticRotation?.nextAt).toBe(clock() + 90 * DAY)
  })

  it('does not rotate by itself while it is disabled', () => {
    const { key, clock } = newKey()
    key.setAutomaticRotation(90)
    key.disable()
    clock.advance(90 * DAY)
    expect(key.backingKeys).toHaveLength(1)
  })

  it('rotates on demand 25 times and no more', () => {
    const { key } = newKey()
    for (let turn = 0; turn < 25; turn += 1) key.rotateNow()
    expect(() => key.rotateNow()).toThrow(expect.objectContaining({ name: 'LimitExceededException' }))
    expect(new Set(key.backingKeys.map(({ id }) => Buffer.from(id).toString('hex'))).size).toBe(26)
  })

  it('is deleted when its waiting period is over', () => {
    const { key, clock } = newKey()
    expect(key.scheduleDeletion(7)).toBe(clock() + 7 * DAY)
    clock.advance(7 * DAY - 1)
    expect(key.deleted).toBe(false)
    clock.advance(1)
    expect(key.deleted).toBe(true)
  })

  it('changes state only as AWS allows', () => {
    const invalidState = expect.objectContaining({ name: 'KMSInvalidStateException' })
    const { key } = newKey()
    expect(() => key.cancelDeletion()).toThrow(invalidState)
    key.scheduleDeletion(7)
    for (const change of [
      () => key.enable(),
      () => key.disable(),
      () => key.scheduleDeletion(7),
      () => key.rotateNow(),
      () => key.setAutomaticRotation(90),
    ]) {
      expect(change).toThrow(invalidState)
    }
    key.cancelDeletion()
    expect(key.state).toBe('Disabled')
    expect(() => key.rotateNow()).toThrow(expect.objectContaining({ name: 'DisabledException' }))
  })
})
