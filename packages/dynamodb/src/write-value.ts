import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { type AttributeTypeName, MAX_DEPTH, typeIds } from './attribute-types.ts'
import type { ByteWriter } from './byte-writer.ts'
import { ValueError } from './errors.ts'
import { normaliseNumber } from './number-text.ts'
import { arrayContent, binaryContent, mapContent } from './value-content.ts'

/** Bytes of a length. */
const LENGTH = 4

/** The type of a value: the one member that it has. */
export function typeOf(value: AttributeValue): AttributeTypeName {
  if (typeof value !== 'object' || value === null) throw new ValueError('is no attribute value: use { S: … }, { N: … } and so on')
  let found: AttributeTypeName | undefined
  for (const name in value) {
    if ((value as unknown as Record<string, unknown>)[name] === undefined || !Object.hasOwn(value, name)) continue
    if (found !== undefined || !Object.hasOwn(typeIds, name)) throw new ValueError('has not exactly one of the ten types')
    found = name as AttributeTypeName
  }
  if (found === undefined) throw new ValueError('has not exactly one of the ten types')
  return found
}

/** Writes the type of a value and the value. */
export function writeValue(out: ByteWriter, value: AttributeValue, type: AttributeTypeName = typeOf(value)): void {
  out.u16(typeIds[type])
  writeContent(out, value, type, 1)
}

function writeContent(out: ByteWriter, value: AttributeValue, type: AttributeTypeName, depth: number): void {
  if (depth > MAX_DEPTH) throw new ValueError(`is nested deeper than ${MAX_DEPTH} levels`)
  const content = (value as unknown as Record<string, unknown>)[type]
  switch (type) {
    case 'S':
      out.text(textOf(content))
      break
    case 'N':
      out.text(numberOf(content))
      break
    case 'B':
      out.data(binaryContent(content))
      break
    case 'BOOL':
      out.u8(booleanOf(content))
      break
    case 'NULL':
      if (content !== true) throw new ValueError('holds a NULL that is not true')
      break
    case 'SS':
      writeTexts(out, arrayContent(content).map(textOf))
      break
    case 'NS':
      writeTexts(out, arrayContent(content).map(numberOf))
      break
    case 'BS':
      writeBinaries(out, arrayContent(content).map(binaryContent))
      break
    case 'M':
      writeMap(out, content, depth)
      break
    case 'L':
      writeList(out, arrayContent(content) as readonly AttributeValue[], depth)
  }
}

function writeNested(out: ByteWriter, value: AttributeValue, depth: number): void {
  const type = typeOf(value)
  out.u16(typeIds[type])
  const at = out.skip(LENGTH)
  writeContent(out, value, type, depth + 1)
  writeLength(out, at)
}

function writeText(out: ByteWriter, text: string): void {
  const at = out.skip(LENGTH)
  out.text(text)
  writeLength(out, at)
}

function writeLength(out: ByteWriter, at: number): void {
  out.u32At(at, out.length - at - LENGTH)
}

function writeMap(out: ByteWriter, content: unknown, depth: number): void {
  const map = mapContent(content)
  // Ascending UTF-16 code units, which is the order of sort() without a comparator.
  const keys = Object.keys(map).sort()
  out.u32(keys.length)
  for (const key of keys) {
    out.u16(typeIds.S)
    writeText(out, textOf(key))
    writeNested(out, map[key] as AttributeValue, depth)
  }
}

function writeList(out: ByteWriter, content: readonly AttributeValue[], depth: number): void {
  out.u32(content.length)
  for (const value of content) writeNested(out, value, depth)
}

function writeTexts(out: ByteWriter, texts: string[]): void {
  texts.sort()
  out.u32(texts.length)
  for (const [index, text] of texts.entries()) {
    if (index > 0 && texts[index - 1] === text) throw duplicate()
    writeText(out, text)
  }
}

function writeBinaries(out: ByteWriter, binaries: Uint8Array[]): void {
  binaries.sort(Buffer.compare)
  out.u32(binaries.length)
  for (const [index, binary] of binaries.entries()) {
    if (index > 0 && Buffer.compare(binaries[index - 1] as Uint8Array, binary) === 0) throw duplicate()
    out.u32(binary.length)
    out.data(binary)
  }
}

function textOf(content: unknown): string {
  if (typeof content !== 'string') throw new ValueError('holds a string type whose value is no string')
  if (!content.isWellFormed()) throw new ValueError('holds a lone surrogate, which has no UTF-8 form')
  return content
}

function numberOf(content: unknown): string {
  const number = typeof content === 'string' ? normaliseNumber(content) : undefined
  if (number === undefined)
    throw new ValueError('holds a number that DynamoDB does not: a string of at most 38 digits, from 1E-130 to 9.9E+125')
  return number
}

function booleanOf(content: unknown): number {
  if (typeof content !== 'boolean') throw new ValueError('holds a BOOL that is neither true nor false')
  return content ? 1 : 0
}

function duplicate(): ValueError {
  return new ValueError('holds a set that has the same element twice')
}
