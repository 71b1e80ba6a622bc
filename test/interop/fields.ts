import { type Fields, RequestError } from './protocol.ts'

/** Reads one field's value, or throws a `RequestError` that names it. */
export type FieldReader<T> = (value: unknown, name: string) => T

/** What {@link readFields} answers for a table of readers; a field that is absent or null is undefined unless it is required. */
export type Read<T extends Record<string, FieldReader<unknown>>> = { readonly [K in keyof T]: ReturnType<T[K]> }

/** Reads the fields of a request. A field that no reader is for is an error: a driver that ignores one tests nothing. */
export function readFields<T extends Record<string, FieldReader<unknown>>>(where: string, fields: Fields, readers: T): Read<T> {
  for (const name of Object.keys(fields)) {
    if (!Object.hasOwn(readers, name))
      throw new RequestError(
        'OPTION_INVALID',
        `${where} does not know the field ${JSON.stringify(name)}. Known: ${Object.keys(readers).join(', ')}.`,
      )
  }
  return Object.fromEntries(
    Object.entries(readers).map(([name, read]) => [name, read(fields[name] ?? undefined, `${where}: ${name}`)]),
  ) as Read<T>
}

/** A field that may be absent. */
export function optional<T>(read: FieldReader<T>): FieldReader<T | undefined> {
  return (value, name) => (value === undefined ? undefined : read(value, name))
}

export const text: FieldReader<string> = (value, name) => {
  if (typeof value !== 'string') throw wrong(name, 'a string', value)
  return value
}

export const number: FieldReader<number> = (value, name) => {
  if (typeof value !== 'number') throw wrong(name, 'a number', value)
  return value
}

export const flag: FieldReader<boolean> = (value, name) => {
  if (typeof value !== 'boolean') throw wrong(name, 'true or false', value)
  return value
}

/** Standard base64, with its padding. */
export const bytes: FieldReader<Uint8Array> = (value, name) => {
  const decoded = Buffer.from(text(value, name), 'base64')
  if (decoded.toString('base64') !== value) throw wrong(name, 'standard base64', value)
  return Uint8Array.from(decoded)
}

export const texts: FieldReader<readonly string[]> = (value, name) => {
  if (!Array.isArray(value)) throw wrong(name, 'an array of strings', value)
  return value.map((item) => text(item, name))
}

/** An object whose fields are read later. */
export const object: FieldReader<Fields> = (value, name) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name, 'an object', value)
  return value as Fields
}

export const objects: FieldReader<readonly Fields[]> = (value, name) => {
  if (!Array.isArray(value)) throw wrong(name, 'an array of objects', value)
  return value.map((item) => object(item, name))
}

/** A string map. */
export const stringMap: FieldReader<Readonly<Record<string, string>>> = (value, name) => {
  for (const item of Object.values(object(value, name))) text(item, name)
  return value as Record<string, string>
}

/** One of a closed set. */
export function oneOf<T extends string>(...values: readonly T[]): FieldReader<T> {
  return (value, name) => {
    if (!values.includes(value as T)) throw wrong(name, `one of ${values.join(', ')}`, value)
    return value as T
  }
}

/** A field of the protocol that this driver cannot honour; given with a value that asks for nothing, it is let pass. */
export function lacking(what: string): FieldReader<undefined> {
  return (value) => {
    if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) return undefined
    throw new RequestError('UNSUPPORTED', what)
  }
}

function wrong(name: string, expected: string, value: unknown): RequestError {
  return new RequestError('INPUT_INVALID', `${name} must be ${expected}${value === undefined ? ', and is missing' : ''}`)
}
