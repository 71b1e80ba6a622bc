import { CacheEntry, type UseLimits } from './cache/cache-entry.ts'
import { decryptId, encryptId } from './cache/cache-id.ts'
import { EntryStore, type MaterialsCache } from './cache/materials-cache.ts'
import { defaultMaterials } from './default-materials.ts'
import { StrongroomError } from './errors.ts'
import type { CallOptions, EncryptedDataKey, Keyring } from './keyring.ts'
import type { DecryptMaterials, DecryptRequest, EncryptMaterials, EncryptRequest, Materials } from './materials.ts'
import type { MaterialsSource } from './materials-source.ts'
import { observe } from './observer.ts'
import { hasMethods, isInteger, isText, type OptionCheck, validateOptions } from './options.ts'
import type { Suite } from './suite.ts'

/** How long a data key is reused, and where it is kept in the meantime. */
export type CacheOptions = CacheLimits & (OwnCache | SharedCache)

/** How data keys are reused. What bounds the damage of a leaked data key is its age, the messages and the bytes under it. */
export interface CacheLimits {
  /** Longest use of a data key, milliseconds, counted from when it came. Required: there is no safe age for everybody. */
  readonly maxAgeMs: number
  /** Most messages encrypted under one data key, at most 2^32. Default 100,000. */
  readonly maxMessages?: number
  /** Most plaintext bytes encrypted under one data key. Default 1 GiB. A larger message gets a data key of its own. */
  readonly maxBytes?: number
}

/** A cache that one manager has for itself. */
export interface OwnCache {
  /** Most entries held, the least recently used going first. Default 1,000. */
  readonly maxEntries?: number
  /** Not together with `maxEntries`. */
  readonly store?: never
  /** Of a `store` only. */
  readonly partition?: never
}

/** A cache that managers share. It has a limit of entries of its own. */
export interface SharedCache {
  /** A cache to share with other managers. Their entries stay apart, by keyring, unless `partition` joins them. */
  readonly store: MaterialsCache
  /** Belongs to the store: give it to `createMaterialsCache`. */
  readonly maxEntries?: never
  /**
   * Name of a part of `store`. Managers with the same partition share entries even where their keyrings are different objects: give one only to
   * keyrings of the same keys **and the same credentials**, since a cache hit asks no key service whether the caller may use the key.
   */
  readonly partition?: string
}

/** Options of {@link cachingMaterials}. Give `keyring` or `materials`. */
export type CachingMaterialsOptions = CacheOptions & MaterialsSource

const positive = isInteger(1, Number.MAX_SAFE_INTEGER)

/** A check for every cache option, for those who pass them on. */
export const cacheChecks: { readonly [K in keyof Required<CacheOptions>]: OptionCheck } = {
  maxAgeMs: positive,
  maxMessages: isInteger(1, 2 ** 32),
  maxBytes: positive,
  maxEntries: isInteger(1, 1_000_000),
  store: (value) => (value instanceof EntryStore ? undefined : 'come from createMaterialsCache'),
  partition: isText,
}

let scopes = 0
const scopeOf = new WeakMap<object, number>()

/**
 * A materials manager that reuses data keys, within limits, so that most messages need no call to a key service.
 *
 * Callers that miss together share one call: N concurrent messages on a cold cache make one data key (or as many as `maxMessages` demands). A
 * failure reaches those who waited for it and is not kept. Suites without a key derivation, suites of items, messages of unknown length and messages
 * longer than `maxBytes` are never cached. Cache entries depend on the whole encryption context, so keep what differs per message out of it.
 *
 * Source: specification, "Caching CMM"; ids are our own, since they never leave the process.
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * const client = createEncryptionClient({ materials: cachingMaterials({ keyring, maxAgeMs: 300_000, maxMessages: 10_000 }) })
 * ```
 */
export function cachingMaterials(options: CachingMaterialsOptions): Materials {
  validateOptions(
    'cachingMaterials',
    options,
    { ...cacheChecks, keyring: hasMethods('recipients', 'unwrap'), materials: hasMethods('forEncrypt', 'forDecrypt') },
    ['maxAgeMs'],
  )
  const { keyring, materials, partition } = options
  if ((keyring === undefined) === (materials === undefined)) {
    throw new StrongroomError('OPTION_INVALID', 'cachingMaterials needs exactly one of keyring and materials.', { option: 'keyring' })
  }
  if (options.store !== undefined && options.maxEntries !== undefined) {
    throw new StrongroomError('OPTION_INVALID', 'maxEntries belongs to the store: give it to createMaterialsCache.', {
      option: 'maxEntries',
    })
  }
  const inner = materials ?? defaultMaterials(keyring as Keyring)
  const store =
    (options.store as EntryStore | undefined) ?? new EntryStore(options.maxEntries === undefined ? {} : { maxEntries: options.maxEntries })
  const limits: UseLimits = {
    maxAgeMs: options.maxAgeMs,
    maxMessages: options.maxMessages ?? 100_000,
    maxBytes: options.maxBytes ?? 2 ** 30,
  }
  const forReading: UseLimits = { maxAgeMs: limits.maxAgeMs, maxMessages: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY }
  const scope = partition === undefined ? `${identityOf(keyring ?? inner)}/` : `${JSON.stringify(partition)}/`

  function cached<T extends EncryptMaterials | DecryptMaterials>(
    id: string,
    operation: 'encrypt' | 'decrypt',
    bytes: number,
    call: CallOptions & { readonly suite: { readonly id: string } },
    bounds: UseLimits,
    ask: (shared: CallOptions) => T | Promise<T>,
    edks?: readonly EncryptedDataKey[],
  ): T | Promise<T> {
    const found = store.get(id) as CacheEntry<T> | undefined
    const event = { operation, suite: call.suite.id } as const
    if (found?.reserve(bytes, bounds) === true) {
      observe(call.observer, { type: found.ready ? 'cache.hit' : 'cache.coalesced', ...event })
      return found.lease(call.signal)
    }
    observe(call.observer, { type: 'cache.miss', ...event })
    const entry: CacheEntry<T> = new CacheEntry<T>(
      bounds,
      store.now,
      async (signal) => freeze(await ask({ signal, observer: call.observer })),
      () => store.scheduleSweep(entry.expiresAt),
      () => store.remove(id, entry),
      edks,
    )
    entry.reserve(bytes)
    store.put(id, entry)
    return entry.lease(call.signal)
  }

  return {
    forEncrypt(request: EncryptRequest): EncryptMaterials | Promise<EncryptMaterials> {
      const { suite, plaintextLength } = request
      if (!isCached(suite) || plaintextLength === undefined || plaintextLength > limits.maxBytes) return inner.forEncrypt(request)
      const id = encryptId(scope, request)
      return cached(id, 'encrypt', plaintextLength, request, limits, (shared) =>
        inner.forEncrypt({ ...request, ...shared, plaintextLength: undefined }),
      )
    },

    forDecrypt(request: DecryptRequest): DecryptMaterials | Promise<DecryptMaterials> {
      if (!isCached(request.suite)) return inner.forDecrypt(request)
      // A manager within may judge by the pairs that the reader reproduces; the default one does so only for required keys.
      const identity = materials === undefined ? request : { ...request, requiredKeys: request.requiredKeys ?? [] }
      const ask = (shared: CallOptions) => inner.forDecrypt({ ...request, ...shared })
      return cached(decryptId(scope, identity), 'decrypt', 0, request, forReading, ask, request.edks)
    },
  }
}

/** A suite without key derivation takes one message per data key; the context of an item is its own, so that nothing would ever be found. */
function isCached({ kdfHash, wrapping }: Suite): boolean {
  return kdfHash !== undefined && wrapping === 'direct'
}

function identityOf(owner: object): number {
  let scope = scopeOf.get(owner)
  if (scope === undefined) {
    scopes += 1
    scope = scopes
    scopeOf.set(owner, scope)
  }
  return scope
}

/** Cached materials serve many messages: nobody may change them, and the header that they make is serialised once. */
function freeze<T extends EncryptMaterials | DecryptMaterials>(materials: T): T {
  const frozen: T = { ...materials }
  if ('edks' in frozen) Object.freeze(frozen.edks)
  Object.freeze(frozen.context)
  Object.freeze(frozen.requiredKeys)
  Object.freeze(frozen)
  return frozen
}
