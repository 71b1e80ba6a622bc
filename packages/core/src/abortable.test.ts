import { describe, expect, it, vi } from 'vitest'
import { abortable } from './abortable.ts'

describe('abortable', () => {
  it('answers what the work answers, with a signal and without', async () => {
    const { signal } = new AbortController()
    for (const given of [undefined, signal]) {
      expect(await abortable(Promise.resolve(7), given)).toBe(7)
      await expect(abortable(Promise.reject(new Error('broken')), given)).rejects.toThrow('broken')
    }
  })

  it('rejects with the reason of the signal, before or during the work, and discards what comes late', async () => {
    const reason = new Error('gave up')
    const late = vi.fn()
    const during = new AbortController()
    const { promise, resolve } = Promise.withResolvers<string>()
    const waits = [abortable(promise, AbortSignal.abort(reason), late), abortable(promise, during.signal, late)]
    during.abort(reason)
    for (const wait of waits) await expect(wait).rejects.toBe(reason)
    expect(late).not.toHaveBeenCalled()
    resolve('late')
    await promise
    expect(late.mock.calls).toEqual([['late'], ['late']])
  })

  it('rejects with the reason, not with what the abort made of the work', async () => {
    const reason = new Error('gave up')
    const controller = new AbortController()
    const { promise, reject } = Promise.withResolvers<string>()
    const pending = abortable(promise, controller.signal)
    controller.abort(reason)
    reject(new Error('AbortError'))
    await expect(pending).rejects.toBe(reason)
  })

  it('leaves no listener behind', async () => {
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    await abortable(Promise.resolve(), signal)
    await new Promise(setImmediate)
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(added.mock.calls.map(([, listener]) => listener))
  })
})
