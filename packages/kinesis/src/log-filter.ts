/** A log filter of the SDK: makes what is logged of an input or output. */
export type LogFilter = (value: unknown) => unknown

const HIDDEN = '***SensitiveInformation***'

/**
 * Takes record data out of what a log filter answers. The SDK's logger runs inside the encrypting middleware and sees ciphertext; this is for a
 * logger that a version of the SDK, or a user, places outside of it.
 */
export function withoutData(filter: LogFilter | undefined): LogFilter {
  return (value) => hideData(filter === undefined ? value : filter(value))
}

function hideData(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideData)
  if (typeof value !== 'object' || value === null || !isPlain(value)) return ArrayBuffer.isView(value) ? HIDDEN : value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, key === 'Data' ? HIDDEN : hideData(member)]))
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
