import { CKU_USER } from '../constants.ts'
import { handleBytes } from './handle.ts'
import type { NativeCall } from './hsm-thread.ts'
import { nativeTemplate, type Template } from './template.ts'

/** Objects that one C_FindObjects asks for. */
const FIND_AT_ONCE = 256

/** Logs in. `pin` lies in memory that is moved to the thread. */
export function loginCall(session: Uint8Array, pin: Uint8Array): NativeCall {
  return { method: 'C_Login', args: [session, CKU_USER, pin] }
}

/** Finds objects, at most `most` of them; the search is ended whatever happens. The handles are in all results but the first and the last. */
export function findCalls(session: Uint8Array, template: Template, most: number = FIND_AT_ONCE): readonly NativeCall[] {
  const searches: NativeCall[] = []
  for (let left = most; left > 0; left -= FIND_AT_ONCE) {
    searches.push({ method: 'C_FindObjects', args: [session, Math.min(left, FIND_AT_ONCE)] })
  }
  return [
    { method: 'C_FindObjectsInit', args: [session, nativeTemplate(template)] },
    ...searches,
    { method: 'C_FindObjectsFinal', args: [session], always: true, tolerant: true },
  ]
}

/** Reads attributes, each in a call of its own: some modules fail a whole call for one that they do not know. */
export function readCalls(session: Uint8Array, object: bigint, types: readonly number[]): readonly NativeCall[] {
  const handle = handleBytes(object)
  return types.map((type) => ({ method: 'C_GetAttributeValue', args: [session, handle, [{ type }]], tolerant: true }))
}

/** The handles in the results of `findCalls`. */
export function foundHandles(results: readonly unknown[], handleOf: (bytes: Uint8Array) => bigint): bigint[] {
  return results
    .slice(1, -1)
    .flat()
    .map((bytes) => handleOf(bytes as Uint8Array))
}
