import { ServiceError, validationError } from './service-error.ts'

/** A JSON object as it arrives or is answered. */
export type JsonObject = { readonly [name: string]: unknown }

/** Bounds of a member of the API model; lengths are inclusive. */
export interface Bounds {
  readonly min?: number
  readonly max?: number
  readonly pattern?: RegExp
}

/** The members of one request, checked as they are read. Absent and `null` are the same, as in AWS JSON. */
export class Input {
  /** The members as they arrived, unchecked. */
  readonly members: JsonObject

  constructor(members: JsonObject) {
    this.members = members
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined
  }

  string(name: string, bounds: Bounds = {}): string {
    return this.optionalString(name, bounds) ?? missing(name)
  }

  optionalString(name: string, bounds: Bounds = {}): string | undefined {
    const value = this.#get(name)
    if (value === undefined) return undefined
    if (typeof value !== 'string') throw wrongType(name, 'a string')
    checkLength(name, codePoints(value), bounds)
    if (bounds.pattern !== undefined && !bounds.pattern.test(value)) {
      throw validationError(memberName(name), `Member must satisfy regular expression pattern: ${bounds.pattern.source}`)
    }
    return value
  }

  optionalOneOf<const T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.optionalString(name)
    if (value === undefined) return undefined
    const found = values.find((each) => each === value)
    if (found === undefined) throw validationError(memberName(name), `Member must satisfy enum value set: [${values.join(', ')}]`)
    return found
  }

  oneOf<const T extends string>(name: string, values: readonly T[]): T {
    return this.optionalOneOf(name, values) ?? missing(name)
  }

  optionalInteger(name: string, { min, max }: Bounds = {}): number | undefined {
    const value = this.#get(name)
    if (value === undefined) return undefined
    if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(name, 'an integer')
    if (min !== undefined && value < min) {
      throw validationError(memberName(name), `Member must have value greater than or equal to ${min}`)
    }
    if (max !== undefined && value > max) throw validationError(memberName(name), `Member must have value less than or equal to ${max}`)
    return value
  }

  integer(name: string, bounds: Bounds = {}): number {
    return this.optionalInteger(name, bounds) ?? missing(name)
  }

  /** Seconds since the epoch on the wire, milliseconds here. */
  optionalTimestamp(name: string): number | undefined {
    const value = this.#get(name)
    if (value === undefined) return undefined
    if (typeof value !== 'number' || !Number.isFinite(value)) throw wrongType(name, 'a timestamp')
    return Math.round(value * 1000)
  }

  optionalBoolean(name: string): boolean | undefined {
    const value = this.#get(name)
    if (value !== undefined && typeof value !== 'boolean') throw wrongType(name, 'a boolean')
    return value
  }

  blob(name: string, bounds: Bounds = {}): Uint8Array {
    return this.optionalBlob(name, bounds) ?? missing(name)
  }

  optionalBlob(name: string, bounds: Bounds = {}): Uint8Array | undefined {
    const value = this.#get(name)
    if (value === undefined) return undefined
    if (typeof value !== 'string' || value.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) throw wrongType(name, 'base64')
    const bytes = Uint8Array.from(Buffer.from(value, 'base64'))
    checkLength(name, bytes.length, bounds)
    return bytes
  }

  stringMap(name: string): ReadonlyMap<string, string> {
    const value = this.#get(name)
    const map = new Map<string, string>()
    if (value === undefined) return map
    if (!isObject(value)) throw wrongType(name, 'a map of strings')
    for (const [key, entry] of Object.entries(value)) {
      if (typeof entry !== 'string') throw wrongType(name, 'a map of strings')
      map.set(key, entry)
    }
    return map
  }

  stringList(name: string, bounds: Bounds = {}): readonly string[] {
    const value = this.#get(name)
    if (value === undefined) return []
    if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) throw wrongType(name, 'a list of strings')
    checkLength(name, value.length, bounds)
    return value
  }

  objectList(name: string, bounds: Bounds = {}): readonly Input[] {
    const value = this.#get(name)
    if (value === undefined) return missing(name)
    if (!Array.isArray(value)) throw wrongType(name, 'a list')
    checkLength(name, value.length, bounds)
    return value.map((entry, index) => {
      if (!isObject(entry)) throw wrongType(`${name}.${index + 1}`, 'a structure')
      return new Input(entry)
    })
  }

  optionalObject(name: string): Input | undefined {
    const value = this.#get(name)
    if (value === undefined) return undefined
    if (!isObject(value)) throw wrongType(name, 'a structure')
    return new Input(value)
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.members, name) ? (this.members[name] ?? undefined) : undefined
  }
}

/** Whether a parsed JSON value is an object, not a list and not null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function missing(name: string): never {
  throw validationError(memberName(name), 'Member must not be null')
}

function wrongType(name: string, expected: string): ServiceError {
  return new ServiceError('SerializationException', `${memberName(name)} is not ${expected}`)
}

function checkLength(name: string, length: number, { min, max }: Bounds): void {
  if (min !== undefined && length < min) {
    throw validationError(memberName(name), `Member must have length greater than or equal to ${min}`)
  }
  if (max !== undefined && length > max) throw validationError(memberName(name), `Member must have length less than or equal to ${max}`)
}

// AWS's validation messages name the member in camelCase.
function memberName(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}

function codePoints(value: string): number {
  let count = 0
  for (const _ of value) count += 1
  return count
}
