import { expect, it } from 'vitest'
import { SharedLock } from './shared-lock.ts'

function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

it('exclusive work waits for the shared work before it, and shared work for the exclusive work before it', async () => {
  const lock = new SharedLock()
  const events: string[] = []
  const [first, second, alone] = [gate(), gate(), gate()]
  const work =
    (name: string, { opened }: { opened: Promise<void> }) =>
    async (): Promise<void> => {
      events.push(`${name} begins`)
      await opened
      events.push(`${name} ends`)
    }
  const all = [
    lock.shared(work('first', first)),
    lock.shared(work('second', second)),
    lock.exclusive(work('alone', alone)),
    lock.shared(work('late', first)),
  ]
  first.open()
  second.open()
  alone.open()
  await Promise.all(all)
  expect(events).toEqual([
    'first begins',
    'second begins',
    'first ends',
    'second ends',
    'alone begins',
    'alone ends',
    'late begins',
    'late ends',
  ])
})

it('work that fails holds nobody up', async () => {
  const lock = new SharedLock()
  const fails = async (): Promise<never> => {
    throw new Error('failed')
  }
  await expect(lock.exclusive(fails)).rejects.toThrow('failed')
  await expect(lock.shared(fails)).rejects.toThrow('failed')
  await expect(lock.exclusive(async () => 'done')).resolves.toBe('done')
  await expect(lock.shared(async () => 'done')).resolves.toBe('done')
})
