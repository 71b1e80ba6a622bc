import { expect, it } from 'vitest'
import type { ObserverEvent } from '../observer.ts'
import { wrapCounter } from './wrap-counter.ts'

it('warns once for each key, in the call that reaches the limit', () => {
  const count = wrapCounter(3)
  const events: ObserverEvent[] = []
  const calls: [string, number][] = []
  for (const name of ['a', 'a', 'b', 'a', 'a', 'b', 'b', 'b', 'a']) {
    count(name, (event) => events.push(event))
    calls.push([name, events.length])
  }
  expect(calls.map(([, warnings]) => warnings)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2])
  expect(events).toMatchObject([
    { type: 'warning', code: 'wrappingKey.usage', message: expect.stringContaining('key a ') },
    { type: 'warning', code: 'wrappingKey.usage', message: expect.stringContaining('key b ') },
  ])
})

it('counts on where nobody watches', () => {
  const count = wrapCounter(2)
  const events: ObserverEvent[] = []
  count('a', undefined)
  count('a', (event) => events.push(event))
  expect(events).toHaveLength(1)
})
