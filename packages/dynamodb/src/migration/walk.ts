import { setTimeout as delay } from 'node:timers/promises'
import { type DynamoDBClient, GetItemCommand, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { type CallOptions, isStrongroomError } from '@strongroom/core'
import { isSignal } from '@strongroom/core/keyring-tools'
import { hasMethods, isAnything, isBoolean, isFunction, isInteger, isText, type OptionCheck } from '@strongroom/core/options'
import type { Item, ItemEncryptor } from '../item-encryptor.ts'
import { replaceParameters } from '../plugin/rewrite.ts'
import { keyOf } from '../plugin/table-items.ts'
import type { TableEntry } from '../plugin/table-map.ts'
import { beginAt, type Checkpoint, keyFromJson, keyToJson } from './checkpoint.ts'

/** Items that were left as they are, and why. Neither the item nor its key is in the error. */
export interface FailedItem {
  /** The item's key, as DynamoDB has it. */
  readonly key: Item
  /** What reading, encrypting or writing it threw. */
  readonly cause: unknown
}

/** How far a walk over a table is. */
export interface WalkProgress {
  /** Items that were read. */
  readonly scanned: number
  /** Items that were written; with `dryRun`, that would be. */
  readonly written: number
  /** Items that needed nothing. */
  readonly skipped: number
  /** Writes that another writer was faster than, and that were made again. */
  readonly conflicts: number
  /** Items that could not be dealt with, for what they are. The walk goes on; it ends where a key service or DynamoDB is out of reach. */
  readonly failed: number
  /** Where to go on after this moment. */
  readonly checkpoint: Checkpoint
}

/** What a walk comes to. */
export interface WalkResult extends WalkProgress {
  /** The items that could not be dealt with, at most 1,000 of them. */
  readonly failures: readonly FailedItem[]
}

/** What every walk over a table takes. */
export interface WalkOptions {
  /** A client that does not encrypt. */
  readonly client: Pick<DynamoDBClient, 'send'>
  /** The table, as DynamoDB knows it. */
  readonly tableName: string
  /** What encrypts the table's items. */
  readonly encryptor: ItemEncryptor
  /** Parts of the table that are walked at the same time. 1 to 1,000, default 4. A checkpoint has its own number. */
  readonly segments?: number
  /** Most items that are read in a second, of all segments together. Default as many as there are. */
  readonly maxItemsPerSecond?: number
  /** Items of a page: what is done again at most where a walk was killed. 1 to 1,000, default 100. */
  readonly pageSize?: number
  /** Only count what would be written. Default false. */
  readonly dryRun?: boolean
  /** Where to go on, as an earlier walk reported. Default the beginning. */
  readonly checkpoint?: Checkpoint
  /** Is told after every page, and waited for: keep the checkpoint here. */
  readonly onProgress?: (progress: WalkProgress) => void | Promise<void>
  /** Ends the walk between two items; it rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Waits, for tests. Default a timer. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>
}

/** Checks of {@link WalkOptions}. */
export const walkChecks: Readonly<Record<keyof WalkOptions, OptionCheck>> = {
  client: hasMethods('send'),
  tableName: isText,
  encryptor: hasMethods('encryptItem', 'decryptItem', 'rewrapItem'),
  segments: isInteger(1, 1000),
  maxItemsPerSecond: isInteger(1, 1_000_000),
  pageSize: isInteger(1, 1000),
  dryRun: isBoolean,
  checkpoint: isAnything,
  onProgress: isFunction,
  signal: isSignal,
  sleep: isFunction,
}

/** What becomes of a stored item: another to put in its place; undefined: it needs nothing. */
export type Replacement = (stored: Item, options: CallOptions) => Promise<Item | undefined>

const MOST_FAILURES = 1000
/** Other writers that are faster than a write, for one item. */
const MOST_ATTEMPTS = 100

/**
 * Walks over every item of a table, and puts others in their place, each under the condition that it is still the one that was read. It may be
 * killed anywhere and begun again, from a checkpoint or from the start: what is done needs nothing any more.
 */
export async function walk(options: WalkOptions, replace: Replacement): Promise<WalkResult> {
  const { client, tableName, encryptor, pageSize = 100, dryRun = false, onProgress, signal, maxItemsPerSecond } = options
  const sleep = options.sleep ?? ((milliseconds, abort) => delay(milliseconds, undefined, abort === undefined ? {} : { signal: abort }))
  const entry: TableEntry = { name: tableName, encryptor }
  const abort = signal === undefined ? {} : { abortSignal: signal }
  const segments = [...beginAt(tableName, options.segments ?? 4, options.checkpoint).segments]
  const counts = { scanned: 0, written: 0, skipped: 0, conflicts: 0, failed: 0 }
  const failures: FailedItem[] = []
  const checkpoint = (): Checkpoint => ({ version: 1, table: tableName, segments: [...segments] })
  // Reports follow each other, so that no older checkpoint is kept after a newer one.
  let reported: Promise<void> = Promise.resolve()

  async function walkSegment(index: number): Promise<void> {
    for (let state = segments[index]; state !== undefined && !state.done; state = segments[index]) {
      signal?.throwIfAborted()
      const command = new ScanCommand({
        TableName: tableName,
        Segment: index,
        TotalSegments: segments.length,
        Limit: pageSize,
        ConsistentRead: true,
        ...(state.after === undefined ? {} : { ExclusiveStartKey: keyFromJson(state.after) }),
      })
      const { Items: items = [], LastEvaluatedKey: last } = await client.send(command, abort)
      for (const item of items) await deal(item)
      segments[index] = last === undefined ? { done: true } : { done: false, after: keyToJson(last) }
      const progress = { ...counts, checkpoint: checkpoint() }
      reported = reported.then(() => onProgress?.(progress))
      await reported
      if (maxItemsPerSecond !== undefined && last !== undefined)
        await sleep((items.length * 1000 * segments.length) / maxItemsPerSecond, signal)
    }
  }

  async function deal(found: Item): Promise<void> {
    signal?.throwIfAborted()
    counts.scanned += 1
    const Key = keyOf(entry, found)
    try {
      let stored: Item | undefined = found
      for (let attempt = 0; stored !== undefined; attempt += 1) {
        const sealed = await replace(stored, { signal })
        if (sealed === undefined) break
        if (dryRun || (await put(Key, stored, sealed))) {
          counts.written += 1
          return
        }
        if (attempt >= MOST_ATTEMPTS) throw new ContendedError(`Other writers were faster in ${MOST_ATTEMPTS} attempts.`)
        counts.conflicts += 1
        stored = (await client.send(new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true }), abort)).Item
      }
      counts.skipped += 1
    } catch (cause) {
      signal?.throwIfAborted()
      if (!isOfItem(cause)) throw cause
      counts.failed += 1
      if (failures.length < MOST_FAILURES) failures.push({ key: Key, cause })
    }
  }

  /** Answers whether the item was still the one that was read. */
  async function put(key: Item, stored: Item, sealed: Item): Promise<boolean> {
    try {
      const parameters = replaceParameters(entry, key, stored, sealed) as { readonly Key: Item }
      await client.send(new UpdateItemCommand({ TableName: tableName, ...parameters }), abort)
      return true
    } catch (error) {
      if ((error as Error).name === 'ConditionalCheckFailedException') return false
      throw error
    }
  }

  const walks = await Promise.allSettled(segments.map((_, index) => walkSegment(index)))
  for (const outcome of walks) if (outcome.status === 'rejected') throw outcome.reason
  return { ...counts, checkpoint: checkpoint(), failures }
}

/**
 * Whether a failure is one of the item. Others, of a key service or of DynamoDB, would be those of every item that follows: the walk ends before them, so
 * that no checkpoint passes by items that could have been dealt with.
 */
function isOfItem(cause: unknown): boolean {
  if (isStrongroomError(cause)) return cause.code !== 'KEY_TRANSIENT'
  return cause instanceof ContendedError || (cause instanceof Error && cause.name === 'ValidationException')
}

/** Others were always faster. */
class ContendedError extends Error {}
