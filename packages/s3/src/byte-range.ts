import type { ByteRange } from './content/range-decryptor.ts'

/** What a `Range` header asks for: from a place on, up to and including `last` if it is given; or the last so many bytes. */
export type RequestedRange = { readonly first: number; readonly last: number | undefined } | { readonly suffix: number }

/** Reads a `Range` header of one range in bytes (RFC 9110, 14.1.2); undefined where it is none. */
export function parseRange(header: string): RequestedRange | undefined {
  const match = /^\s*bytes\s*=\s*(\d{0,16})\s*-\s*(\d{0,16})\s*$/i.exec(header)
  if (match === null) return undefined
  const [first, last] = [match[1] as string, match[2] as string].map((digits) => (digits === '' ? undefined : Number(digits)))
  if (first === undefined) return last === undefined ? undefined : { suffix: last }
  return last !== undefined && last < first ? undefined : { first, last }
}

/** The bytes that a range means in something of a length; undefined where it is not satisfiable: it begins behind the end, or is of no bytes. */
export function resolveRange(range: RequestedRange, length: number): ByteRange | undefined {
  if ('suffix' in range) return range.suffix === 0 || length === 0 ? undefined : { start: Math.max(0, length - range.suffix), end: length }
  if (range.first >= length) return undefined
  return { start: range.first, end: range.last === undefined ? length : Math.min(length, range.last + 1) }
}
