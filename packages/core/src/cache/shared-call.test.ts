import { expect, it } from 'vitest'
import { SharedCall } from './shared-call.ts'

/** A call under the test's control. */
function open(): { call: SharedCall<string>; signal: AbortSignal; resolve: (value: string) => void; reject: (reason: unknown) => void } {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const controller: { signal?: AbortSignal } = {}
  const call = new SharedCall((signal) => {
    controller.signal = signal
    return promise
  })
  return { call, signal: controller.signal as AbortSignal, resolve, reject }
}

it('gives all who wait the one result', async () => {
  const { call, resolve } = open()
  const waiting = [call.wait(undefined), call.wait(new AbortController().signal), call.wait(undefined)]
  resolve('result')
  await expect(Promise.all(waiting)).resolves.toEqual(['result', 'result', 'result'])
})

it('gives all who wait the one failure', async () => {
  const { call, reject } = open()
  const waiting = [call.wait(undefined), call.wait(new AbortController().signal)]
  const failure = new Error('failed')
  reject(failure)
  expect(await Promise.allSettled(waiting)).toEqual([
    { status: 'rejected', reason: failure },
    { status: 'rejected', reason: failure },
  ])
})

it('lets one leave by its own reason, at once, and the others go on', async () => {
  const { call, signal, resolve } = open()
  const leaver = new AbortController()
  const left = call.wait(leaver.signal)
  const stays = call.wait(undefined)
  leaver.abort('my reason')
  await expect(left).rejects.toBe('my reason')
  expect(signal.aborted).toBe(false)
  expect(call.abandoned).toBe(false)
  resolve('result')
  await expect(stays).resolves.toBe('result')
})

it('is aborted itself when the last one has left, and not before', async () => {
  const { call, signal } = open()
  const [one, two] = [new AbortController(), new AbortController()]
  const waiting = [call.wait(one.signal), call.wait(two.signal)]
  one.abort()
  await expect(waiting[0]).rejects.toThrow()
  expect(signal.aborted).toBe(false)
  two.abort()
  await expect(waiting[1]).rejects.toThrow()
  expect(signal.aborted).toBe(true)
  expect(call.abandoned).toBe(true)
})

it('does not count as abandoned once it has answered', async () => {
  const { call, signal, resolve } = open()
  resolve('result')
  await call.wait(undefined)
  expect(signal.aborted).toBe(false)
  expect(call.abandoned).toBe(false)
})

it('refuses to wait for a caller whose signal is aborted already', async () => {
  const { call, signal } = open()
  const stays = call.wait(undefined)
  await expect(call.wait(AbortSignal.abort('too late'))).rejects.toBe('too late')
  expect(signal.aborted).toBe(false)
  void stays
})

it('leaves no listener on a signal that outlives it', async () => {
  const { call, resolve } = open()
  let listeners = 0
  const { signal } = new AbortController()
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners += 1
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners -= 1
    remove(...args)
  }
  const waiting = call.wait(signal)
  expect(listeners).toBe(1)
  resolve('result')
  await waiting
  await Promise.resolve()
  expect(listeners).toBe(0)
})
