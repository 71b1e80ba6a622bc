import { announceDestroyedKey } from '@strongroom/core/keyring-tools'
import { PROVIDER_ID } from './hierarchical-wrap.ts'

/**
 * Tells the caches of this process that a branch key was seen shredded: those of branch keys, and those of data keys that are wrapped under it.
 * They wipe what they hold of it; what they are asked next is for the key store to answer.
 *
 * Key stores of one process may have branch keys of the same id. Then too much is wiped, which costs a call, and nothing else.
 */
export function announceShredded(branchKeyId: string): void {
  announceDestroyedKey({ providerId: PROVIDER_ID, providerInfo: new TextEncoder().encode(branchKeyId) })
}
