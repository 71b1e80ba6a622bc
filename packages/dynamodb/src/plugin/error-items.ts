import type { CallOptions } from '@strongroom/core'
import type { Item } from '../item-encryptor.ts'
import type { TableEntry } from './table-map.ts'

interface Reason {
  Item?: Item
}

/**
 * Decrypts the item in the error of a condition that failed. One that does not decrypt is taken out: the error is about the condition, and
 * ciphertext must not pass for data.
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
  try {
    holder.Item = (await encryptor.decryptItem(item, options)).item
  } catch {
    delete holder.Item
  }
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined
}
