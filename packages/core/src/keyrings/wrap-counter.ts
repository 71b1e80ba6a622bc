import { type Observer, observe } from '../observer.ts'

/** NIST SP 800-38D allows 2^32 random IVs under one key; the warning comes at half of them. */
const WARN_AT = 2 ** 31

/**
 * Counts the wraps of AES keys in this process, by their names, and warns the observer of the call that reaches the limit, once for each key.
 *
 * @param warnAt - given in by tests.
 */
export function wrapCounter(warnAt: number = WARN_AT): (name: string, observer: Observer | undefined) => void {
  const wraps = new Map<string, number>()
  return (name, observer) => {
    const total = (wraps.get(name) ?? 0) + 1
    wraps.set(name, total)
    if (total !== warnAt) return
    observe(observer, {
      type: 'warning',
      code: 'wrappingKey.usage',
      message: `The wrapping key ${name} has wrapped ${warnAt} data keys in this process, half of what is safe; rotate it.`,
    })
  }
}
