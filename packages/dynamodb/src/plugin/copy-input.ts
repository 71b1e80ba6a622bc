/** Structures within structures that are copied: more than DynamoDB takes. */
const MAX_DEPTH = 128

/**
 * A copy of an input, so that what the caller does to it during the call changes nothing. What is no plain structure is kept as it is; texts as
 * objects become texts, since they would be sent as such.
 */
export function copyInput(input: object): Readonly<Record<string, unknown>> {
  return given(copyEntries(input, 0))
}

/** The members that were given: the SDK takes null for none. */
export function given(members: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined && member !== null))
}

function copyOf(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  if (value instanceof String) return value.valueOf()
  if (Array.isArray(value)) return value.map((member) => copyOf(member, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype ? copyEntries(value, depth + 1) : value
}

function copyEntries(value: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copyOf(member, depth)]))
}
