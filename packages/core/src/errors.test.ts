import { expect, it } from 'vitest'
import { isStrongroomError, StrongroomError } from './errors.ts'

it('carries code, option and context key, and only those that were given', () => {
  const bare = new StrongroomError('MESSAGE_INVALID', 'text')
  expect(Object.keys(bare)).toEqual(['code'])
  const full = new StrongroomError('OPTION_INVALID', 'text', { option: 'cache.maxAgeMs', contextKey: 'purpose', cause: 'why' })
  expect(full).toMatchObject({
    code: 'OPTION_INVALID',
    option: 'cache.maxAgeMs',
    contextKey: 'purpose',
    cause: 'why',
    name: 'StrongroomError',
  })
  expect('cause' in bare).toBe(false)
})

it('is recognised across two installed copies of the package, by its brand', () => {
  const foreign = Object.assign(new Error('from another copy'), { code: 'KEY_TRANSIENT', [Symbol.for('@strongroom/error')]: true })
  expect(isStrongroomError(foreign)).toBe(true)
  expect(isStrongroomError(foreign, 'KEY_TRANSIENT')).toBe(true)
  expect(isStrongroomError(foreign, 'MESSAGE_INVALID')).toBe(false)
})

it('does not recognise anything else', () => {
  const looksLike = { code: 'KEY_TRANSIENT', [Symbol.for('@strongroom/error')]: true }
  for (const other of [
    new Error('x'),
    Object.assign(new Error('x'), { code: 'KEY_TRANSIENT' }),
    looksLike,
    undefined,
    null,
    'KEY_TRANSIENT',
  ]) {
    expect(isStrongroomError(other)).toBe(false)
  }
})
