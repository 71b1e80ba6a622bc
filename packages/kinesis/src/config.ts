import {
  type CacheOptions,
  type ClientSource,
  type CommitmentPolicy,
  createEncryptionClient,
  type EncryptionClient,
  type Keyring,
  type Materials,
  type Observer,
  StrongroomError,
  type SuiteId,
} from '@strongroom/core'
import { isAnything, isFunction, isInteger, isOneOf, validateOptions } from '@strongroom/core/options'
import type { RejectedRecord } from './rejected-record.ts'
import { StreamMap, type StreamsOption } from './stream-map.ts'

/** AWS's limit on data and partition keys of a PutRecords request. */
const MAX_REQUEST_BYTES = 10_485_760

/** What to do with a record that will never decrypt. */
export type RejectedAction = 'throw' | 'skip'

/** A decision on each record that will never decrypt, for example after it was put into a dead-letter queue. */
export type RejectedHandler = (rejected: RejectedRecord) => RejectedAction | Promise<RejectedAction>

/** Data keys from a keyring, each used until it is too old or used up. */
export interface CachedKeyring {
  /** Wraps and unwraps data keys. */
  readonly keyring: Keyring
  /** How data keys are reused. One data key serves a stream until it is too old or used up. */
  readonly cache: CacheOptions
  /** Not together with `cache`. */
  readonly uncached?: never
  /** Not together with `keyring`. */
  readonly materials?: never
}

/** Data keys from a keyring, one for every record. */
export interface UncachedKeyring {
  /** Wraps and unwraps data keys. */
  readonly keyring: Keyring
  /** Use a data key of its own for every record: one call to the key service per record written and read. Instead of `cache`. */
  readonly uncached: true
  /** Not together with `uncached`. */
  readonly cache?: never
  /** Not together with `keyring`. */
  readonly materials?: never
}

/** Data keys from a materials manager; whether it caches is its matter. */
export interface OwnMaterials {
  /** A materials manager, instead of a keyring. */
  readonly materials: Materials
  /** Not together with `materials`. */
  readonly keyring?: never
  /** Not together with `materials`: use `cachingMaterials` for them. */
  readonly cache?: never
  /** Not together with `materials`. */
  readonly uncached?: never
}

/** Where data keys come from: a `keyring` with `cache` or `uncached`, or `materials`. */
export type DataKeySource = CachedKeyring | UncachedKeyring | OwnMaterials

/** What is encrypted and how, wherever data keys come from. */
export interface KinesisEncryptionSettings {
  /** The encrypted streams. */
  readonly streams: StreamsOption
  /** Whether calls about other streams are refused, or pass unencrypted. Default `refuse`. */
  readonly otherStreams?: 'refuse' | 'pass'
  /** Suite of new records. Default `0478`: committing, not signed. */
  readonly suite?: SuiteId
  /** Default `REQUIRE_ENCRYPT_REQUIRE_DECRYPT`. */
  readonly commitmentPolicy?: CommitmentPolicy
  /** Most encrypted data keys in a record, written or read. Default 16. */
  readonly maxEncryptedDataKeys?: number
  /** Most bytes of data and partition keys in a PutRecords request. Default 10,485,760. */
  readonly maxRequestBytes?: number
  /** Is told what happens, with sizes, key ids and durations; never a key, never plaintext. */
  readonly observer?: Observer
  /**
   * What GetRecords does about records that will never decrypt: `throw` an {@link UndecryptableRecordsError} (default), `skip` them, or what a
   * function says of each, in the order of the stream. Failures that may pass (`transient`, `operational`) always throw.
   */
  readonly onRejected?: RejectedAction | RejectedHandler
}

/** Configuration of {@link withEncryption}. Give `keyring` with `cache` or `uncached`, or `materials`. */
export type KinesisEncryptionConfig = KinesisEncryptionSettings & DataKeySource

/** A validated configuration. */
export interface ResolvedConfig {
  readonly client: EncryptionClient
  readonly keyring: Keyring | undefined
  readonly suite: SuiteId
  readonly streams: StreamMap
  readonly otherStreams: 'refuse' | 'pass'
  readonly maxRequestBytes: number
  readonly observer: Observer | undefined
  readonly onRejected: RejectedHandler
}

/** @throws `OPTION_INVALID`, `SUITE_FORBIDDEN` */
export function resolveConfig(config: KinesisEncryptionConfig): ResolvedConfig {
  validateOptions(
    'withEncryption',
    config,
    {
      keyring: isAnything,
      cache: isAnything,
      uncached: (value) => (value === true ? undefined : 'be true or left out'),
      materials: isAnything,
      streams: (value) =>
        typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'be an object or a Map of streams',
      otherStreams: isOneOf(['refuse', 'pass']),
      suite: isAnything,
      commitmentPolicy: isAnything,
      maxEncryptedDataKeys: isAnything,
      maxRequestBytes: isInteger(1024, MAX_REQUEST_BYTES),
      observer: isFunction,
      onRejected: (value) =>
        typeof value === 'function' || value === 'throw' || value === 'skip' ? undefined : 'be throw, skip or a function',
    },
    ['streams'],
  )
  const {
    keyring,
    cache,
    uncached,
    materials,
    commitmentPolicy,
    maxEncryptedDataKeys,
    observer,
    suite = '0478',
    onRejected = 'throw',
  } = config
  if (materials !== undefined && uncached !== undefined) {
    throw invalid('uncached', 'uncached goes with keyring. Whether materials of your own are cached is their matter.')
  }
  if (keyring !== undefined && (cache === undefined) === (uncached === undefined)) {
    throw invalid(
      'cache',
      'With a keyring, withEncryption needs exactly one of cache and uncached. Set cache: { maxAgeMs: 300_000 } to reuse data keys for five minutes, or uncached: true for a call to the key service per record.',
    )
  }
  const source = {
    ...(keyring === undefined ? {} : { keyring }),
    ...(materials === undefined ? {} : { materials }),
    ...(cache === undefined ? {} : { cache }),
  }
  const client = createEncryptionClient({
    suite,
    // Whoever has no compiler may have given both, or neither; the client refuses that.
    ...(source as ClientSource),
    ...(commitmentPolicy === undefined ? {} : { commitmentPolicy }),
    ...(maxEncryptedDataKeys === undefined ? {} : { maxEncryptedDataKeys }),
    ...(observer === undefined ? {} : { observer }),
  })
  return {
    client,
    keyring,
    suite,
    streams: new StreamMap(config.streams),
    otherStreams: config.otherStreams ?? 'refuse',
    maxRequestBytes: config.maxRequestBytes ?? MAX_REQUEST_BYTES,
    observer,
    onRejected: typeof onRejected === 'function' ? onRejected : () => onRejected,
  }
}

function invalid(option: string, message: string): StrongroomError {
  return new StrongroomError('OPTION_INVALID', message, { option })
}
