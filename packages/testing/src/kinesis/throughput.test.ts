import { describe, expect, it } from 'vitest'
import { testClock } from '../test-clock.ts'
import { Throughput } from './throughput.ts'

const MIB = 2 ** 20

describe('the throughput of a shard', () => {
  it('takes 1,000 small records a second', () => {
    const clock = testClock()
    const throughput = new Throughput(clock)
    const second = (): number => Array.from({ length: 1500 }, () => throughput.write(10)).filter(Boolean).length
    expect(second()).toBe(1000)
    clock.advance(500)
    expect(second()).toBe(500)
    clock.advance(5000)
    expect(second()).toBe(1000)
  })

  it('takes 1 MiB a second', () => {
    const clock = testClock()
    const throughput = new Throughput(clock)
    expect(throughput.write(MIB / 2)).toBe(true)
    expect(throughput.write(MIB / 2)).toBe(true)
    expect(throughput.write(1)).toBe(false)
    clock.advance(1000)
    expect(throughput.write(MIB)).toBe(true)
  })

  it('takes a record larger than a second when it is idle, and then none until that is made up for', () => {
    const clock = testClock()
    const throughput = new Throughput(clock)
    expect(throughput.write(10 * MIB)).toBe(true)
    clock.advance(9000)
    expect(throughput.write(1)).toBe(false)
    clock.advance(1000)
    expect(throughput.write(MIB)).toBe(true)
  })

  it('gives 5 reads a second, and none until 2 MiB a second are made up for', () => {
    const clock = testClock()
    const throughput = new Throughput(clock)
    expect(Array.from({ length: 6 }, () => throughput.read())).toEqual([true, true, true, true, true, false])
    clock.advance(1000)
    expect(throughput.read()).toBe(true)
    throughput.readDone(10 * MIB)
    clock.advance(4000)
    expect(throughput.read()).toBe(false)
    clock.advance(1000)
    expect(throughput.read()).toBe(true)
  })
})
