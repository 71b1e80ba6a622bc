import { StrongroomError } from '../errors.ts'

/** A wrapping key that was destroyed, as the encrypted data keys under it name it. */
export interface DestroyedKey {
  /** Provider id of the encrypted data keys. */
  readonly providerId: string
  /** Provider info of the encrypted data keys. */
  readonly providerInfo: Uint8Array
}

/** A cache that holds what was opened or made with wrapping keys. */
export interface KeyCache {
  /** Wipes what depends on a key, and sees to it that calls that were under way bring none of it back. */
  keyDestroyed(key: DestroyedKey): void
}

// One list for all copies of the package, and for the separate bundles of its entry points: a key that is gone is gone for all of them.
const LIST = Symbol.for('@strongroom/key-caches')

interface KeyCaches {
  readonly caches: Set<WeakRef<KeyCache>>
  /** The size at which the caches that were collected are dropped from the list. */
  tidyAt: number
}

function keyCaches(): KeyCaches {
  const found: unknown = (globalThis as Record<symbol, unknown>)[LIST]
  if (found === undefined) {
    const value: KeyCaches = { caches: new Set(), tidyAt: 64 }
    Object.defineProperty(globalThis, LIST, { value })
    return value
  }
  if ((found as Partial<KeyCaches> | null)?.caches instanceof Set && typeof (found as KeyCaches).tidyAt === 'number')
    return found as KeyCaches
  throw new StrongroomError(
    'RUNTIME_UNSUPPORTED',
    "Something else stands in the place of the process's list of key caches, so that a destroyed key could not be evicted. Find what writes to Symbol.for('@strongroom/key-caches').",
  )
}

/** Tells a cache of every key that is destroyed from now on, without keeping the cache alive. */
export function watchDestroyedKeys(cache: KeyCache): void {
  const list = keyCaches()
  list.caches.add(new WeakRef(cache))
  if (list.caches.size < list.tidyAt) return
  for (const each of list.caches) if (each.deref() === undefined) list.caches.delete(each)
  list.tidyAt = Math.max(64, list.caches.size * 2)
}

/** Tells every cache of this process (of this thread, where there are several) that a wrapping key was destroyed. */
export function announceDestroyedKey(key: DestroyedKey): void {
  const { caches } = keyCaches()
  for (const each of caches) {
    const cache = each.deref()
    if (cache === undefined) caches.delete(each)
    else tell(cache, { providerId: key.providerId, providerInfo: Uint8Array.from(key.providerInfo) })
  }
}

function tell(cache: KeyCache, key: DestroyedKey): void {
  try {
    cache.keyDestroyed(key)
  } catch {
    // One cache's failure must not keep a key in another.
  }
}
