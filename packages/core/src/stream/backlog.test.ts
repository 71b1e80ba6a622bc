import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Backlog } from './backlog.ts'

describe.each([undefined, 1, 5, 132, 65_568, 262_145])('a backlog of units of %s bytes', (unit) => {
  it('gives back what came in, in whatever parts it came and goes', () => {
    const bytes = randomBytes(400_000)
    const backlog = new Backlog(unit)
    const out: Buffer[] = []
    let arrived = 0
    let state = 7
    while (out.reduce((sum, part) => sum + part.length, 0) < bytes.length) {
      state = (state * 1103515245 + 12345) % 2 ** 31
      const chunk = bytes.subarray(arrived, arrived + (state % 90_000))
      backlog.append(chunk)
      arrived += chunk.length
      const take = arrived === bytes.length ? backlog.length : state % (backlog.length + 1)
      const whole = backlog.peek(0, take)
      expect(Buffer.concat(backlog.pieces(0, take)).equals(whole)).toBe(true)
      const middle = Math.floor(take / 3)
      expect(backlog.peek(middle, take - middle).equals(whole.subarray(middle))).toBe(true)
      out.push(Buffer.from(whole))
      backlog.drop(take)
    }
    expect(Buffer.concat(out).equals(bytes)).toBe(true)
    expect(backlog.length).toBe(0)
  })

  it('keeps what it was given, not the memory it was given in', () => {
    const backlog = new Backlog(unit)
    const chunk = Buffer.from('given')
    backlog.append(chunk)
    chunk.fill(0)
    expect(backlog.peek(0, 5).toString()).toBe('given')
  })

  it('holds nothing after it is cleared, and goes on', () => {
    const backlog = new Backlog(unit)
    backlog.append(randomBytes(100_000))
    backlog.drop(3)
    backlog.clear()
    expect(backlog.length).toBe(0)
    backlog.append(Buffer.from('again'))
    expect(backlog.peek(0, 5).toString()).toBe('again')
  })
})

describe('a backlog', () => {
  it('holds each unit in one piece, if it started with one', () => {
    const backlog = new Backlog(65_568)
    for (let round = 0; round < 20; round += 1) {
      backlog.append(randomBytes(65_536))
      backlog.append(randomBytes(32))
      backlog.append(randomBytes(100))
      expect(backlog.pieces(0, 65_568)).toHaveLength(1)
      backlog.drop(65_568)
      backlog.append(randomBytes(65_468))
      expect(backlog.pieces(0, 65_568)).toHaveLength(1)
      backlog.drop(65_568)
    }
  })
})
