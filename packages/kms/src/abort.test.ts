import { describe, expect, it } from 'vitest'
import { abortable } from './abort.ts'

const reason = new Error('gave up')

describe('abortable', () => {
  it('answers what the work answers, or rejects as it does', async () => {
    const { signal } = new AbortController()
    const failure = new Error('broken')
    expect(await abortable(Promise.resolve(1), signal, () => {})).toBe(1)
    expect(await abortable(Promise.resolve(2), undefined, () => {})).toBe(2)
    await expect(abortable(Promise.reject(failure), signal, () => {})).rejects.toBe(failure)
  })

  it('rejects with the reason while the work goes on, and discards what comes late', async () => {
    const controller = new AbortController()
    const { promise, resolve } = Promise.withResolvers<string>()
    const discarded: string[] = []
    const pending = abortable(promise, controller.signal, (late) => discarded.push(late))
    controller.abort(reason)
    await expect(pending).rejects.toBe(reason)
    resolve('late')
    await promise
    expect(discarded).toEqual(['late'])
  })

  it('rejects with the reason, not with what the abort made of the work', async () => {
    const controller = new AbortController()
    const { promise, reject } = Promise.withResolvers<string>()
    const pending = abortable(promise, controller.signal, () => {})
    controller.abort(reason)
    reject(new Error('AbortError'))
    await expect(pending).rejects.toBe(reason)
  })

  it('listens no longer once the work is done', async () => {
    const controller = new AbortController()
    const discarded: number[] = []
    expect(await abortable(Promise.resolve(1), controller.signal, (late) => discarded.push(late))).toBe(1)
    controller.abort(reason)
    expect(discarded).toEqual([])
  })
})
