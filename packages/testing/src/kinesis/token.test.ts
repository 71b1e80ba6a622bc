import { describe, expect, it } from 'vitest'
import { environmentOf } from '../endpoint/endpoint.ts'
import { testClock } from '../test-clock.ts'
import { TokenSealer } from './token.ts'

describe('opaque tokens', () => {
  const clock = testClock()
  const environment = environmentOf('test', { clock })
  const tokens = new TokenSealer(environment)

  it('carry their fields and their age', () => {
    const token = tokens.seal('iterator', ['orders', 7])
    clock.advance(1234)
    expect(tokens.open('iterator', token)).toEqual({ ageMs: 1234, fields: ['orders', 7] })
  })

  it('are not taken for another kind, of another endpoint, or changed', () => {
    const token = tokens.seal('iterator', ['orders'])
    expect(tokens.open('shards', token)).toBeUndefined()
    expect(new TokenSealer(environment).open('iterator', token)).toBeUndefined()
    for (const changed of [
      '',
      'x',
      `${token}AAAA`,
      token.slice(4),
      `A${token.slice(1)}B`,
      token.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')),
    ]) {
      expect(tokens.open('iterator', changed)).toBeUndefined()
    }
  })
})
