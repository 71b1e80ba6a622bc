import { expect, it } from 'vitest'
import { type ObserverEvent, observe } from './observer.ts'

const event: ObserverEvent = { type: 'message.rejected', code: 'MESSAGE_INVALID', ciphertextBytes: 3 }

it('hands the event over as it is', () => {
  const seen: ObserverEvent[] = []
  observe((given) => seen.push(given), event)
  expect(seen).toEqual([event])
  observe(undefined, event)
})

it('ignores what an observer throws', () => {
  expect(() => {
    observe(() => {
      throw new Error('observer broke')
    }, event)
  }).not.toThrow()
})

it('ignores what an asynchronous observer rejects with, which would else end the process', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => {
    unhandled.push(reason)
  }
  const before = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', note)
  try {
    observe(async () => {
      throw new Error('observer broke later')
    }, event)
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    process.off('unhandledRejection', note)
    for (const listener of before) process.on('unhandledRejection', listener)
  }
  expect(unhandled).toEqual([])
})
