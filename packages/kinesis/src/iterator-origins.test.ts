import { expect, it } from 'vitest'
import { IteratorOrigins } from './iterator-origins.ts'

const orders = { kind: 'other', streamName: 'orders' } as const

it('remembers where iterators came from, and forgets the one that was used least recently', () => {
  const origins = new IteratorOrigins(2)
  origins.remember('a', orders)
  origins.remember('b', { kind: 'other', streamName: 'payments' })
  expect(origins.find('a')).toBe(orders)
  origins.remember('c', orders)
  expect(origins.find('b')).toBeUndefined()
  expect(origins.find('a')).toBe(orders)
  expect(origins.find('c')).toBe(orders)
})

it('takes only text for an iterator', () => {
  const origins = new IteratorOrigins()
  origins.remember(undefined, orders)
  expect(origins.find(undefined)).toBeUndefined()
})
