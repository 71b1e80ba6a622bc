import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { StrongroomError } from '@strongroom/core'
import type { Item } from '../item-encryptor.ts'

/** Where a walk over a table is, as JSON. Whoever keeps it goes on from there; it has keys of items, and nothing else of them. */
export interface Checkpoint {
  /** Version of this form. */
  readonly version: 1
  /** The table. */
  readonly table: string
  /** One entry for each segment: done, or the key after which it goes on; bytes in base64. */
  readonly segments: readonly {
    /** Whether the segment has been walked to its end. */
    readonly done: boolean
    /** The key of the last item that was dealt with. Undefined at the beginning. */
    readonly after?: Readonly<Record<string, unknown>>
  }[]
}

/** Begins a walk, or goes on with one. @throws `OPTION_INVALID` */
export function beginAt(table: string, segments: number, given: Checkpoint | undefined): Checkpoint {
  if (given === undefined) return { version: 1, table, segments: Array.from({ length: segments }, () => ({ done: false })) }
  const usable = given.version === 1 && given.table === table && Array.isArray(given.segments) && given.segments.length > 0
  if (usable) return given
  throw new StrongroomError(
    'OPTION_INVALID',
    `The checkpoint is not one of the table ${table}. Give the one that this walk reported, or none.`,
    {
      option: 'checkpoint',
    },
  )
}

/** A key as it stands in a checkpoint. */
export function keyToJson(key: Item): Readonly<Record<string, unknown>> {
  const entries = Object.entries(key).map(([name, { B, ...value }]) => {
    return [name, B === undefined ? value : { B: Buffer.from(B).toString('base64') }] as const
  })
  return Object.fromEntries(entries)
}

/** A key out of a checkpoint. */
export function keyFromJson(key: Readonly<Record<string, unknown>>): Record<string, AttributeValue> {
  const entries = Object.entries(key as Readonly<Record<string, Readonly<Record<string, string>>>>).map(([name, { B, ...value }]) => {
    return [name, (B === undefined ? value : { B: Uint8Array.from(Buffer.from(B, 'base64')) }) as AttributeValue] as const
  })
  return Object.fromEntries(entries)
}
