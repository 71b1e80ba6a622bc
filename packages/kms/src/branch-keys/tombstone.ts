/**
 * What is left of a branch key that was shredded: an item in the place of the active version, without a key.
 *
 *     branch-key-id          S  partition key
 *     type                   S  sort key: branch:ACTIVE
 *     strongroom-shredding   S  started or done
 *     strongroom-receipt     S  the receipt in JSON
 *
 * A rotation's condition on the active version fails on it, as does the creation of a branch key of the same id; one read tells that the key was
 * shredded; and other clients, which find no `enc`, refuse it.
 */
import { ACTIVE_TYPE, ENC, ID, type Item, TYPE } from './key-item.ts'

export const STATE = 'strongroom-shredding'
const RECEIPT = 'strongroom-receipt'

/** How far shredding came. */
export type TombstoneState = 'started' | 'done'

/** Tells a tombstone, of an item in the place of an active version. */
export function tombstoneState(item: Item): TombstoneState | undefined {
  const state = Object.hasOwn(item, ENC) ? undefined : item[STATE]?.S
  return state === 'started' || state === 'done' ? state : undefined
}

/** The receipt on a tombstone, as it was written: not checked, and undefined where it cannot be read. */
export function tombstoneReceipt(item: Item): unknown {
  try {
    return JSON.parse(item[RECEIPT]?.S ?? '')
  } catch {
    return undefined
  }
}

/** The item of a tombstone. */
export function tombstone(branchKeyId: string, state: TombstoneState, receipt: object): Item {
  return { [ID]: { S: branchKeyId }, [TYPE]: { S: ACTIVE_TYPE }, [STATE]: { S: state }, [RECEIPT]: { S: JSON.stringify(receipt) } }
}
