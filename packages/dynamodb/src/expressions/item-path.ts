import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { DocumentPath } from './document-path.ts'

/** An item that is being changed; its nested values are never changed in place. */
export type WorkingItem = Map<string, AttributeValue>

/** The value at a path, undefined where there is none. */
export function valueAt(item: WorkingItem, { attribute, rest }: DocumentPath): AttributeValue | undefined {
  let value = item.get(attribute)
  for (const part of rest) value = value === undefined ? undefined : child(value, part)
  return value
}

/** Sets the value at a path; answers whether its parent is there. An index past the end of a list appends. */
export function setAt(item: WorkingItem, { attribute, rest }: DocumentPath, value: AttributeValue): boolean {
  if (rest.length === 0) {
    item.set(attribute, value)
    return true
  }
  const top = item.get(attribute)
  const changed = top === undefined ? undefined : withChild(top, rest, value)
  if (changed === undefined) return false
  item.set(attribute, changed)
  return true
}

/** Takes the value at a path away; answers whether its parent is there. */
export function removeAt(item: WorkingItem, { attribute, rest }: DocumentPath): boolean {
  if (rest.length === 0) {
    item.delete(attribute)
    return true
  }
  const top = item.get(attribute)
  const changed = top === undefined ? undefined : withChild(top, rest, undefined)
  if (changed === undefined) return false
  item.set(attribute, changed)
  return true
}

function child(value: AttributeValue, part: string | number): AttributeValue | undefined {
  if (typeof part === 'number') return value.L?.[part]
  return value.M !== undefined && Object.hasOwn(value.M, part) ? value.M[part] : undefined
}

function withChild(
  value: AttributeValue,
  [part, ...rest]: readonly (string | number)[],
  replacement: AttributeValue | undefined,
): AttributeValue | undefined {
  if (part === undefined) return replacement
  const parent = typeof part === 'number' ? value.L : value.M
  if (parent === undefined) return undefined
  const old = child(value, part)
  const changed = rest.length === 0 ? replacement : old === undefined ? undefined : withChild(old, rest, replacement)
  if (rest.length > 0 && changed === undefined) return undefined
  return typeof part === 'number' ? { L: withElement(value.L ?? [], part, changed) } : { M: withEntry(value.M ?? {}, part, changed) }
}

function withElement(list: readonly AttributeValue[], index: number, value: AttributeValue | undefined): AttributeValue[] {
  if (value === undefined) return list.filter((_, at) => at !== index)
  return index < list.length ? list.with(index, value) : [...list, value]
}

function withEntry(
  map: Readonly<Record<string, AttributeValue>>,
  name: string,
  value: AttributeValue | undefined,
): Record<string, AttributeValue> {
  // Entries are defined, not assigned: "__proto__" is a name like any other.
  const entries = Object.entries(map).filter(([other]) => other !== name)
  return Object.fromEntries(value === undefined ? entries : [...entries, [name, value]])
}
