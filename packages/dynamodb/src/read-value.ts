import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { Reader } from '@strongroom/core/keyring-tools'
import { MAX_DEPTH, typeIds, typesById } from './attribute-types.ts'
import { ValueError } from './errors.ts'
import { defineOwn } from './own-property.ts'

/** Least bytes of an element. */
const LEAST_SET_ELEMENT = 4
const LEAST_LIST_ELEMENT = 6
const LEAST_MAP_ELEMENT = 12

/** Reads a value of a type from all of the given bytes. Throws what `Reader` throws, or `ValueError`. Copies what it reads. */
export function readValue(typeId: number, bytes: Uint8Array): AttributeValue {
  const reader = new Reader(bytes)
  return readContent(reader, typeId, bytes.length, 1)
}

/** Reads what ends at `end`, no sooner and no later. */
function readContent(reader: Reader, typeId: number, end: number, depth: number): AttributeValue {
  if (depth > MAX_DEPTH) throw new ValueError('is nested too deep')
  const value = readTyped(reader, typeId, end, depth)
  if (reader.position !== end) throw new ValueError('has another length than it says')
  return value
}

function readTyped(reader: Reader, typeId: number, end: number, depth: number): AttributeValue {
  switch (typesById.get(typeId)) {
    case 'NULL':
      return { NULL: true }
    case 'S':
      return { S: reader.text(end - reader.position) }
    case 'N':
      return { N: reader.text(end - reader.position) }
    case 'BOOL':
      return { BOOL: readBoolean(reader) }
    case 'B':
      return { B: new Uint8Array(reader.take(end - reader.position)) }
    case 'SS':
      return { SS: readAll(reader, LEAST_SET_ELEMENT, () => reader.text(reader.u32())) }
    case 'NS':
      return { NS: readAll(reader, LEAST_SET_ELEMENT, () => reader.text(reader.u32())) }
    case 'BS':
      return { BS: readAll(reader, LEAST_SET_ELEMENT, () => new Uint8Array(reader.take(reader.u32()))) }
    case 'L':
      return { L: readAll(reader, LEAST_LIST_ELEMENT, () => readNested(reader, end, depth)) }
    case 'M':
      return { M: readMap(reader, end, depth) }
    case undefined:
      throw new ValueError('has an unknown type')
  }
}

function readBoolean(reader: Reader): boolean {
  const byte = reader.u8()
  if (byte > 1) throw new ValueError('has a BOOL that is neither true nor false')
  return byte === 1
}

function readMap(reader: Reader, end: number, depth: number): Record<string, AttributeValue> {
  const map: Record<string, AttributeValue> = {}
  const count = countOf(reader, LEAST_MAP_ELEMENT)
  for (let index = 0; index < count; index += 1) {
    if (reader.u16() !== typeIds.S) throw new ValueError('has a key that is no string')
    const key = reader.text(reader.u32())
    if (Object.hasOwn(map, key)) throw new ValueError('has a key twice')
    defineOwn(map, key, readNested(reader, end, depth))
  }
  return map
}

function readNested(reader: Reader, end: number, depth: number): AttributeValue {
  const typeId = reader.u16()
  const length = reader.u32()
  const own = reader.position + length
  if (own > end) throw new ValueError('has a part that is longer than it')
  return readContent(reader, typeId, own, depth + 1)
}

function readAll<T>(reader: Reader, leastBytes: number, read: () => T): T[] {
  const count = countOf(reader, leastBytes)
  const all: T[] = []
  for (let index = 0; index < count; index += 1) all.push(read())
  return all
}

/** A number of elements, which is not believed beyond what the bytes that are left can hold. */
function countOf(reader: Reader, leastBytes: number): number {
  const count = reader.u32()
  if (count * leastBytes > reader.remaining) throw new ValueError('counts more elements than it has')
  return count
}
