import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { Reader } from '@strongroom/core/keyring-tools'
import { MAX_DEPTH, typeIds, typesById } from './attribute-types.ts'
import { ValueError } from './errors.ts'
import { defineOwn } from './own-property.ts'

/** A count of elements that take at least that many bytes each is not believed beyond what is there. */
const LEAST_SET_ELEMENT = 4
const LEAST_LIST_ELEMENT = 6
const LEAST_MAP_ELEMENT = 12

/** Reads a value of a type from all of the given bytes. Throws what `Reader` throws, or `ValueError`. Copies what it reads. */
export function readValue(typeId: number, bytes: Uint8Array, depth = 1): AttributeValue {
  if (depth > MAX_DEPTH) throw new ValueError('is nested too deep')
  const reader = new Reader(bytes)
  const value = readContent(reader, typeId, depth)
  if (reader.remaining !== 0) throw new ValueError('has bytes behind its end')
  return value
}

function readContent(reader: Reader, typeId: number, depth: number): AttributeValue {
  switch (typesById.get(typeId)) {
    case 'NULL':
      return { NULL: true }
    case 'S':
      return { S: reader.text(reader.remaining) }
    case 'N':
      return { N: reader.text(reader.remaining) }
    case 'BOOL':
      return { BOOL: readBoolean(reader) }
    case 'B':
      return { B: Uint8Array.from(reader.take(reader.remaining)) }
    case 'SS':
      return { SS: readAll(reader, LEAST_SET_ELEMENT, () => reader.text(reader.u32())) }
    case 'NS':
      return { NS: readAll(reader, LEAST_SET_ELEMENT, () => reader.text(reader.u32())) }
    case 'BS':
      return { BS: readAll(reader, LEAST_SET_ELEMENT, () => Uint8Array.from(reader.take(reader.u32()))) }
    case 'L':
      return { L: readAll(reader, LEAST_LIST_ELEMENT, () => readNested(reader, depth)) }
    case 'M':
      return { M: readMap(reader, depth) }
    case undefined:
      throw new ValueError('has an unknown type')
  }
}

function readBoolean(reader: Reader): boolean {
  const byte = reader.u8()
  if (byte > 1) throw new ValueError('has a BOOL that is neither true nor false')
  return byte === 1
}

function readMap(reader: Reader, depth: number): Record<string, AttributeValue> {
  const entries = readAll(reader, LEAST_MAP_ELEMENT, (): [string, AttributeValue] => {
    if (reader.u16() !== typeIds.S) throw new ValueError('has a key that is no string')
    return [reader.text(reader.u32()), readNested(reader, depth)]
  })
  const map: Record<string, AttributeValue> = {}
  for (const [key, value] of entries) {
    if (Object.hasOwn(map, key)) throw new ValueError('has a key twice')
    defineOwn(map, key, value)
  }
  return map
}

function readNested(reader: Reader, depth: number): AttributeValue {
  const typeId = reader.u16()
  return readValue(typeId, reader.take(reader.u32()), depth + 1)
}

function readAll<T>(reader: Reader, leastBytes: number, read: () => T): T[] {
  const count = reader.u32()
  if (count * leastBytes > reader.remaining) throw new ValueError('counts more elements than it has')
  return Array.from({ length: count }, read)
}
