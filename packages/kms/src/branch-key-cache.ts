import { StrongroomError } from '@strongroom/core'
import { isBoolean, isFunction, isInteger, isText, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { BranchKeyEntries } from './branch-key-cache-entries.ts'

/** Options of {@link createBranchKeyCache}. */
export interface BranchKeyCacheOptions {
  /** Most keys held, each version of a branch key counting; one that was not used of late goes first. Default 1,000. */
  readonly maxEntries?: number
  /** Milliseconds of a clock, for tests. */
  readonly now?: () => number
}

/** A bounded store of branch keys, in this process. Expired keys are wiped by a timer that does not keep the process alive. */
export interface BranchKeyCache {
  /** Keys held, expired ones included until they are swept. */
  readonly size: number
  /** Wipes and forgets everything. */
  clear(): void
}

/** How long branch keys are used, and where they are kept in the meantime. */
export type BranchKeyCaching = BranchKeyCachingLimits & (OwnBranchKeyCache | SharedBranchKeyCache)

/** How long branch keys are used. */
export interface BranchKeyCachingLimits {
  /**
   * Longest use of a branch key, milliseconds, counted from when the key store was asked for it. Required: it is how long a rotation goes unnoticed,
   * and how long this process can still decrypt after a key was shredded by another.
   */
  readonly ttlMs: number
  /**
   * How long past `ttlMs` *reads* may go on with a key while the key store or KMS cannot be reached, milliseconds. Writes never do. Nor does a key
   * for which either said something else since: that it was shredded, or that this caller may not use it. Default 0.
   */
  readonly graceMs?: number
  /** Fetch a key anew in the background once it is used in the last fifth of its `ttlMs`, so that nobody waits for it. Default true. */
  readonly refreshAhead?: boolean
}

/** A cache that one keyring has for itself. */
export interface OwnBranchKeyCache {
  /** Most keys held. Default 1,000. */
  readonly maxEntries?: number
  /** Not together with `maxEntries`. */
  readonly store?: never
  /** Of a `store` only. */
  readonly partition?: never
}

/** A cache that keyrings share. It has a limit of entries of its own; each keyring's own `ttlMs` holds for it. */
export interface SharedBranchKeyCache {
  /** What `createBranchKeyCache` made. Keys stay apart, by keyring, unless `partition` joins them. */
  readonly store: BranchKeyCache
  /** Belongs to the store: give it to `createBranchKeyCache`. */
  readonly maxEntries?: never
  /**
   * Name of a part of `store`. Keyrings with the same partition share branch keys where their key stores have the same logical name, or are one
   * object: give one only to keyrings of the same table **and the same credentials**, since a cache hit asks nobody whether the caller may use the key.
   */
  readonly partition?: string
}

/** Makes a cache to share between hierarchical keyrings. */
export function createBranchKeyCache(options: BranchKeyCacheOptions = {}): BranchKeyCache {
  validateOptions('createBranchKeyCache', options, { maxEntries: isEntryCount, now: isFunction })
  return new BranchKeyEntries(options.maxEntries, options.now)
}

const isEntryCount = isInteger(1, 1_000_000)

const isCache: OptionCheck = (value) => (value instanceof BranchKeyEntries ? undefined : 'come from createBranchKeyCache')

/** A check for every option of caching. */
const cachingChecks: { readonly [K in keyof Required<BranchKeyCaching>]: OptionCheck } = {
  ttlMs: isInteger(1, Number.MAX_SAFE_INTEGER),
  graceMs: isInteger(0, Number.MAX_SAFE_INTEGER),
  refreshAhead: isBoolean,
  maxEntries: isEntryCount,
  store: isCache,
  partition: isText,
}

/**
 * Validates the caching of a keyring.
 *
 * @throws `OPTION_INVALID`
 */
export function validateCaching(where: string, caching: BranchKeyCaching, path = 'cache.'): void {
  validateOptions(where, caching, cachingChecks, ['ttlMs'], path)
  const { store, maxEntries, partition } = caching
  if (store !== undefined && maxEntries !== undefined)
    throw new StrongroomError('OPTION_INVALID', `${where}: maxEntries belongs to the store: give it to createBranchKeyCache.`, {
      option: `${path}maxEntries`,
    })
  if (store === undefined && partition !== undefined)
    throw new StrongroomError('OPTION_INVALID', `${where}: a partition is a part of a shared cache: give store, too.`, {
      option: `${path}partition`,
    })
}
