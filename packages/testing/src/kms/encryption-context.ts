import type { Input } from '../endpoint/input.ts'
import { validation } from './kms-errors.ts'

/** The pairs of an encryption context. */
export type EncryptionContext = ReadonlyMap<string, string>

// AWS's limit on the context in JSON form.
const MAX_JSON_BYTES = 8192

/** Reads and bounds an encryption context. */
export function readContext(input: Input, name = 'EncryptionContext'): EncryptionContext {
  const context = input.stringMap(name)
  if (Buffer.byteLength(JSON.stringify(Object.fromEntries(context))) > MAX_JSON_BYTES) {
    throw validation(`${name} is larger than ${MAX_JSON_BYTES} bytes in JSON form`)
  }
  return context
}

/**
 * Additional data for an encryption context: the pairs in order of their UTF-8 keys, each key and value after its length as a 32-bit
 * big-endian number, so that no two contexts give the same bytes.
 */
export function contextBytes(context: EncryptionContext): Uint8Array {
  const pairs = [...context].map(([key, value]) => [Buffer.from(key), Buffer.from(value)] as const)
  pairs.sort(([a], [b]) => Buffer.compare(a, b))
  return Uint8Array.from(Buffer.concat(pairs.flatMap(([key, value]) => [prefixed(key), prefixed(value)])))
}

function prefixed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
