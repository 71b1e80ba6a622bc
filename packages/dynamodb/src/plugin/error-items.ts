import type { CallOptions } from '@strongroom/core'
import type { Item } from '../item-encryptor.ts'
import type { TableEntry } from './table-map.ts'

interface Reason {
  Item?: Item
}

/** Decrypted items, by the error or reason that they belong in. */
const decrypted = new WeakMap<object, Item>()

/**
 * Decrypts the item in the error of a condition that failed, and takes it out until `releaseItems`: the SDK's logger prints errors. One that does not
 * decrypt stays out: the error is about the condition, and ciphertext must not pass for data.
 */
export async function decryptErrorItem(error: unknown, entry: TableEntry, options: CallOptions): Promise<void> {
  if (nameOf(error) === 'ConditionalCheckFailedException') await decryptIn(error as Reason, entry, options)
}

/** The same for a transaction, whose reasons stand in the order of its items. */
export async function decryptReasons(error: unknown, entries: readonly (TableEntry | undefined)[], options: CallOptions): Promise<void> {
  if (nameOf(error) !== 'TransactionCanceledException') return
  const { CancellationReasons: reasons = [] } = error as { readonly CancellationReasons?: readonly Reason[] }
  const work = reasons.map(async (reason, index) => {
    const entry = entries[index]
    if (entry !== undefined) await decryptIn(reason, entry, options)
  })
  await Promise.all(work)
}

async function decryptIn(holder: Reason, { encryptor }: TableEntry, options: CallOptions): Promise<void> {
  const { Item: item } = holder
  if (item === undefined) return
  delete holder.Item
  try {
    decrypted.set(holder, (await encryptor.decryptItem(item, options)).item)
  } catch {
    // It stays out.
  }
}

/** Puts decrypted items into an error that goes to the caller. */
export function releaseItems(error: unknown): void {
  if (typeof error !== 'object' || error === null) return
  const { CancellationReasons: reasons = [] } = error as { readonly CancellationReasons?: readonly Reason[] }
  for (const holder of [error as Reason, ...reasons]) {
    const item = decrypted.get(holder)
    if (item !== undefined) holder.Item = item
  }
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined
}
