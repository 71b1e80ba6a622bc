/**
 * Validation of options objects, for packages that build on the core: unknown options are errors.
 *
 * @module @strongroom/core/options
 */
import { StrongroomError } from './errors.ts'

/** Checks one option's value; answers what is wrong with it as the end of a sentence that starts with "must". */
export type OptionCheck = (value: unknown) => string | undefined

/**
 * Validates an options object once, at the edge: unknown names, missing names and wrong values are errors. A misspelt security option that is
 * silently dropped is a hole.
 *
 * @param where - what the options belong to, for the message (`createEncryptionClient`).
 * @param checks - a check for every known option; a value of undefined counts as not given.
 * @param path - where these options stand within others, for the error's `option` (`cache.`).
 * @throws `OPTION_INVALID`
 */
export function validateOptions<T extends object>(
  where: string,
  input: T,
  checks: { readonly [K in keyof Required<T>]: OptionCheck },
  required: readonly (keyof T)[] = [],
  path = '',
): void {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new StrongroomError('OPTION_INVALID', `${where} takes an options object.`)
  }
  const known = compile(checks)
  for (const [name, value] of Object.entries(input)) {
    const check = known.get(name)
    if (check === undefined) {
      throw new StrongroomError(
        'OPTION_INVALID',
        `${where} does not know the option ${JSON.stringify(name)}. Known: ${[...known.keys()].join(', ')}.`,
        { option: path + name },
      )
    }
    const wrong = value === undefined ? undefined : check(value)
    if (wrong !== undefined)
      throw new StrongroomError('OPTION_INVALID', `${where}: the option ${name} must ${wrong}.`, { option: path + name })
  }
  // Object.prototype may have been polluted: what is not validated must not be read.
  for (const name of known.keys()) {
    if ((input as Record<string, unknown>)[name] === undefined || Object.prototype.propertyIsEnumerable.call(input, name)) continue
    throw new StrongroomError(
      'OPTION_INVALID',
      `${where}: the option ${name} is inherited or hidden; make it a property of the options themselves.`,
      { option: path + name },
    )
  }
  for (const name of required) {
    if (input[name] === undefined)
      throw new StrongroomError('OPTION_INVALID', `${where} needs the option ${String(name)}.`, { option: path + String(name) })
  }
}

/** Checks that are validated against on every call are a constant of their module; their Map is made once. */
const compiled = new WeakMap<object, ReadonlyMap<string, OptionCheck>>()

function compile(checks: object): ReadonlyMap<string, OptionCheck> {
  let known = compiled.get(checks)
  if (known === undefined) {
    known = new Map(Object.entries(checks) as [string, OptionCheck][])
    compiled.set(checks, known)
  }
  return known
}

/** A whole number in a range. */
export function isInteger(least: number, most: number): OptionCheck {
  return (value) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `be a whole number from ${least} to ${most}`
}

/** A string that is not empty and has a UTF-8 form. */
export const isText: OptionCheck = (value) =>
  typeof value === 'string' && value.length > 0 && value.isWellFormed() ? undefined : 'be a non-empty string'

/** true or false. */
export const isBoolean: OptionCheck = (value) => (typeof value === 'boolean' ? undefined : 'be true or false')

/** A function. */
export const isFunction: OptionCheck = (value) => (typeof value === 'function' ? undefined : 'be a function')

/** An object that has the named methods. */
export function hasMethods(...names: string[]): OptionCheck {
  return (value) =>
    typeof value === 'object' && value !== null && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
      ? undefined
      : `be an object with ${names.join(' and ')}`
}

/** One of a closed set. */
export function isOneOf(values: readonly string[]): OptionCheck {
  return (value) => (values.includes(value as string) ? undefined : `be one of ${values.join(', ')}`)
}

/** Anything: the value is checked where it is used. */
export const isAnything: OptionCheck = () => undefined
