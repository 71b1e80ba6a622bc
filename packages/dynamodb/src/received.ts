import { isStrongroomError } from '@strongroom/core'
import { TRUNCATED } from '@strongroom/core/keyring-tools'
import { itemInvalid, ValueError } from './errors.ts'
import type { Item } from './item-encryptor.ts'
import { binaryContent } from './value-content.ts'
import { typeOf } from './write-value.ts'

/** Runs a parser of what was received: what it cannot read is an invalid item. */
export function orInvalid<T>(table: string | undefined, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error === TRUNCATED || error instanceof ValueError || isStrongroomError(error, 'MESSAGE_INVALID')) throw itemInvalid(table)
    throw error
  }
}

/** The bytes of a binary attribute. A copy: the caller's bytes may change while keys are fetched. */
export function binaryOf(item: Item, name: string): Uint8Array {
  const value = Object.hasOwn(item, name) ? item[name] : undefined
  if (value === undefined || typeOf(value) !== 'B') throw new ValueError('lacks what every encrypted item has')
  return new Uint8Array(binaryContent(value.B))
}
