import { describe, expect, it } from 'vitest'
import { CircuitBreaker } from './circuit-breaker.ts'

function breaker(failures = 3, coolDownMs = 100) {
  const clock = { now: 0 }
  return { clock, circuit: new CircuitBreaker({ failures, coolDownMs }, () => clock.now) }
}

function fail(circuit: CircuitBreaker, times: number): void {
  for (let left = times; left > 0; left -= 1) {
    circuit.begin()
    circuit.failed()
  }
}

describe('a circuit breaker', () => {
  it('opens after so many failures in a row, not before', () => {
    const { circuit } = breaker()
    fail(circuit, 2)
    circuit.begin()
    circuit.succeeded()
    fail(circuit, 2)
    expect(circuit.isOpen).toBe(false)
    fail(circuit, 1)
    expect(circuit.isOpen).toBe(true)
  })

  it('lets one call through when its time is over, and closes where that succeeds', () => {
    const { clock, circuit } = breaker()
    fail(circuit, 3)
    clock.now = 99
    expect(circuit.isOpen).toBe(true)
    clock.now = 100
    expect(circuit.isOpen).toBe(false)
    circuit.begin()
    expect(circuit.isOpen).toBe(true)
    circuit.succeeded()
    expect(circuit.isOpen).toBe(false)
  })

  it('waits twice as long after each trial that failed, 32 times at most', () => {
    const { clock, circuit } = breaker()
    fail(circuit, 3)
    for (const factor of [2, 4, 8, 16, 32, 32]) {
      clock.now += 100 * 64
      expect(circuit.isOpen).toBe(false)
      fail(circuit, 1)
      clock.now += 100 * factor - 1
      expect(circuit.isOpen).toBe(true)
      clock.now += 1
      expect(circuit.isOpen).toBe(false)
    }
  })

  it('lets another call try where the caller of a trial left', () => {
    const { clock, circuit } = breaker()
    fail(circuit, 3)
    clock.now = 100
    circuit.begin()
    circuit.abandoned()
    expect(circuit.isOpen).toBe(false)
  })
})
