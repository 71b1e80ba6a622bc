import { ValueError } from './errors.ts'

/** The bytes of a binary content; whatever the SDK takes for some. */
export function binaryContent(content: unknown): Uint8Array {
  if (content instanceof Uint8Array) return content
  if (ArrayBuffer.isView(content)) return new Uint8Array(content.buffer, content.byteOffset, content.byteLength)
  if (content instanceof ArrayBuffer) return new Uint8Array(content)
  throw new ValueError('holds a binary type whose value is no Uint8Array')
}

/** The elements of a set or list. */
export function arrayContent(content: unknown): readonly unknown[] {
  if (!Array.isArray(content)) throw new ValueError('holds a set or list that is no array')
  return content
}

/** The entries of a map. */
export function mapContent(content: unknown): Readonly<Record<string, unknown>> {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw new ValueError('holds a map that is no object')
  return content as Readonly<Record<string, unknown>>
}
