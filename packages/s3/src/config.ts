import {
  type CacheOptions,
  type ClientSource,
  type CommitmentPolicy,
  createEncryptionClient,
  type EncryptionClient,
  type EncryptionContext,
  type Keyring,
  type KeySet,
  type Materials,
  type Observer,
  type RandomSource,
  StrongroomError,
  type SuiteId,
  type WrappingKey,
} from '@strongroom/core'
import { commitmentPolicies, emptyContext, normaliseContext, systemRandom } from '@strongroom/core/keyring-tools'
import {
  hasMethods,
  isAnything,
  isBoolean,
  isFunction,
  isInteger,
  isOneOf,
  type OptionCheck,
  validateOptions,
} from '@strongroom/core/options'
import { type ContentSuite, committingSuite, gcmSuite } from './content-suite.ts'
import { s3Error } from './errors.ts'
import { type DescribedKeys, KEY_VERSION } from './keys/reading-keys.ts'

const DEFAULT_ENVELOPE_BYTES = 65_536
const DEFAULT_BUFFERED_BYTES = 2 ** 26

/** A format that objects are written in. */
export type WrittenFormat =
  /** S3 Encryption Client V3: committed to its key. */
  | 'v3'
  /** S3 Encryption Client V2, for readers that know nothing newer (Athena, EMR, S3A). Needs the policy `FORBID_ENCRYPT_ALLOW_DECRYPT`. */
  | 'v2'
  /** A message of the AWS Encryption SDK: any keyring, many recipients, parts that can be verified. */
  | 'esdk'

/** A format that objects are read in. */
export type ReadFormat = WrittenFormat | 'v1'

/** A key for reading what was written before a rotation. */
export interface AdditionalKey {
  /**
   * Opens the objects whose materials description is this one, pair for pair. Under KMS that is the encryption context that the writer gave.
   */
  readonly materialsDescription: Readonly<Record<string, string>>
  /** A keyring of exactly one key. */
  readonly keyring: Keyring
}

/** How objects are encrypted and decrypted, wherever the keys come from. */
export interface ObjectEncryptionSettings {
  /** Format of new objects. Default `v3`, under the policy `FORBID_ENCRYPT_ALLOW_DECRYPT` `v2`. */
  readonly format?: WrittenFormat
  /** Formats that are read. Default all; what the commitment policy and the other options forbid is refused anyhow. */
  readonly readableFormats?: readonly ReadFormat[]
  /** Default `REQUIRE_ENCRYPT_REQUIRE_DECRYPT`: only what is committed to its key is read. V1 and V2 objects need one that ends in `ALLOW_DECRYPT`. */
  readonly commitmentPolicy?: CommitmentPolicy
  /**
   * Also open data keys in the wraps that do not bind the content algorithm: `kms` (which Amazon SES writes), `AESWrap`, `AES`, `RSA` and
   * `RSA/ECB/OAEPWithSHA-256AndMGF1Padding`, and those of all V1 objects. Default false.
   */
  readonly legacyWrappingAlgorithms?: boolean
  /** Also decrypt bodies of AES-CBC, which nothing authenticates: whoever can change the object can change what is read. Default false. */
  readonly legacyContent?: boolean
  /**
   * Let parts of an object of V1 to V3 be read. **Nothing authenticates a part**: whoever can change the object can change what is read. Parts of
   * `esdk` objects are verified, and need no permission. Default false.
   */
  readonly unauthenticatedRanges?: boolean
  /**
   * Release plaintext of V2 and V3 objects as it is decrypted. **Only the end of the stream tells whether it was authentic**: act on nothing before.
   * Default false.
   */
  readonly delayedAuthentication?: boolean
  /** Most bytes of a body that is held in memory until it verified. Default 64 MiB. */
  readonly maxBufferedBytes?: number
  /** Most bytes of an envelope or instruction file. Default 65,536. */
  readonly maxEnvelopeBytes?: number
  /** Non-secret pairs that are stored with new objects of raw and HSM keys, unauthenticated, and say which key to read with. Default none. */
  readonly materialsDescription?: Readonly<Record<string, string>>
  /** Keys for reading what was written with others than the keyring's. */
  readonly additionalKeys?: readonly AdditionalKey[]
  /** Suite of `esdk` objects. Default `0478`: not signed, so that parts can be read. */
  readonly suite?: SuiteId
  /** Plaintext bytes of a frame of `esdk` objects. Default 65,536. */
  readonly frameLength?: number
  /** Most encrypted data keys in an `esdk` object. Default 16. */
  readonly maxEncryptedDataKeys?: number
  /** Is told what happens, with sizes, key ids and durations; never a key, never plaintext. */
  readonly observer?: Observer
  /** Source of message ids and IVs, for tests. */
  readonly random?: RandomSource
}

/** Data keys from a keyring. Objects of V2 and V3 need one of exactly one key. */
export interface ObjectKeyring {
  /** Wraps and unwraps data keys. */
  readonly keyring: Keyring
  /** How data keys of `esdk` objects are reused. Objects of V1 to V3 have a data key of their own always. */
  readonly cache?: CacheOptions
  /** Not together with `keyring`. */
  readonly materials?: never
}

/** Data keys from a materials manager: `esdk` objects only. */
export interface ObjectMaterials {
  /** A materials manager, instead of a keyring. */
  readonly materials: Materials
  /** Not together with `materials`. */
  readonly keyring?: never
  /** Not together with `materials`: use `cachingMaterials` for them. */
  readonly cache?: never
}

/** How objects are encrypted and decrypted. Give `keyring`, or for `esdk` objects `materials`. */
export type ObjectEncryptionConfig = ObjectEncryptionSettings & (ObjectKeyring | ObjectMaterials)

/** A validated configuration. */
export interface ResolvedConfig {
  readonly format: WrittenFormat
  /** Of new objects that are no ESDK messages. */
  readonly contentSuite: ContentSuite
  readonly readableFormats: ReadonlySet<ReadFormat>
  readonly commitmentPolicy: CommitmentPolicy
  readonly legacyWrappingAlgorithms: boolean
  readonly legacyContent: boolean
  readonly unauthenticatedRanges: boolean
  readonly delayedAuthentication: boolean
  readonly maxBufferedBytes: number
  readonly maxEnvelopeBytes: number
  readonly materialsDescription: EncryptionContext
  readonly additionalKeys: readonly DescribedKeys[]
  readonly observer: Observer | undefined
  readonly random: RandomSource
  /** The one key of the keyring. Throws `KEYRING_UNSUITABLE` where it is not one. */
  readonly keys: () => KeySet<WrappingKey>
  readonly esdk: EncryptionClient
}

const formats: readonly ReadFormat[] = ['v1', 'v2', 'v3', 'esdk']

/** A check for every option of a configuration, for those who add options of their own. */
export const configChecks: Readonly<Record<keyof ObjectEncryptionConfig, OptionCheck>> = {
  keyring: hasMethods('recipients', 'unwrap'),
  cache: isAnything,
  materials: hasMethods('forEncrypt', 'forDecrypt'),
  format: isOneOf(['v3', 'v2', 'esdk']),
  readableFormats: (value) =>
    Array.isArray(value) && value.every((format) => formats.includes(format)) ? undefined : `be an array of ${formats.join(', ')}`,
  commitmentPolicy: isOneOf(commitmentPolicies),
  legacyWrappingAlgorithms: isBoolean,
  legacyContent: isBoolean,
  unauthenticatedRanges: isBoolean,
  delayedAuthentication: isBoolean,
  maxBufferedBytes: isInteger(16, Number.MAX_SAFE_INTEGER),
  maxEnvelopeBytes: isInteger(1, 2 ** 24),
  materialsDescription: isAnything,
  additionalKeys: (value) => (Array.isArray(value) ? undefined : 'be an array'),
  suite: isAnything,
  frameLength: isAnything,
  maxEncryptedDataKeys: isAnything,
  observer: isFunction,
  random: isFunction,
}

/** Validates a configuration, once. `config` has no options but those of this type; see {@link configChecks}. */
export function resolveConfig(config: ObjectEncryptionConfig): ResolvedConfig {
  const { keyring, commitmentPolicy = 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT', observer } = config
  const format = config.format ?? (commitmentPolicy === 'FORBID_ENCRYPT_ALLOW_DECRYPT' ? 'v2' : 'v3')
  assertWritable(format, commitmentPolicy)
  const keys = (): KeySet<WrappingKey> => oneKey(keyring, 'keyring')
  if (format !== 'esdk') keys()
  return {
    format,
    contentSuite: format === 'v2' ? gcmSuite : committingSuite,
    readableFormats: new Set(config.readableFormats ?? formats),
    commitmentPolicy,
    legacyWrappingAlgorithms: config.legacyWrappingAlgorithms ?? false,
    legacyContent: config.legacyContent ?? false,
    unauthenticatedRanges: config.unauthenticatedRanges ?? false,
    delayedAuthentication: config.delayedAuthentication ?? false,
    maxBufferedBytes: config.maxBufferedBytes ?? DEFAULT_BUFFERED_BYTES,
    maxEnvelopeBytes: config.maxEnvelopeBytes ?? DEFAULT_ENVELOPE_BYTES,
    materialsDescription: descriptionOf(config.materialsDescription, 'materialsDescription'),
    additionalKeys: (config.additionalKeys ?? []).map(describedKeys),
    observer,
    random: config.random ?? systemRandom,
    keys,
    esdk: esdkClient(config, commitmentPolicy),
  }
}

function esdkClient(config: ObjectEncryptionConfig, commitmentPolicy: CommitmentPolicy): EncryptionClient {
  const { keyring, cache, materials, frameLength, maxEncryptedDataKeys, observer, random } = config
  const suite = config.suite ?? (commitmentPolicy === 'FORBID_ENCRYPT_ALLOW_DECRYPT' ? '0178' : '0478')
  const given = { keyring, cache, materials, frameLength, maxEncryptedDataKeys, observer, random }
  const source = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  // Whoever has no compiler may have given both sources, or none; the client refuses that.
  return createEncryptionClient({ suite, commitmentPolicy, ...(source as unknown as ClientSource) })
}

function assertWritable(format: WrittenFormat, policy: CommitmentPolicy): void {
  const forbids = policy === 'FORBID_ENCRYPT_ALLOW_DECRYPT'
  if (format === 'esdk' || (format === 'v2') === forbids) return
  const remedy = format === 'v2' ? "set commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT'" : "set format: 'v2'"
  throw new StrongroomError('SUITE_FORBIDDEN', `The commitment policy ${policy} does not allow writing the format ${format}: ${remedy}.`, {
    option: 'format',
  })
}

function describedKeys(additional: AdditionalKey, index: number): DescribedKeys {
  const path = `additionalKeys[${index}].`
  const checks = { materialsDescription: isAnything, keyring: hasMethods('recipients', 'unwrap') }
  validateOptions('additionalKeys', additional, checks, ['materialsDescription', 'keyring'], path)
  return {
    description: descriptionOf(additional.materialsDescription, `${path}materialsDescription`),
    keys: oneKey(additional.keyring, `${path}keyring`),
  }
}

function descriptionOf(input: Readonly<Record<string, string>> | undefined, option: string): EncryptionContext {
  let description: EncryptionContext
  try {
    description = input === undefined ? emptyContext : normaliseContext(input, 'decrypt')
  } catch (cause) {
    throw new StrongroomError('OPTION_INVALID', `${option} must be a plain object of well-formed strings.`, { option, cause })
  }
  if (!Object.hasOwn(description, KEY_VERSION)) return description
  throw new StrongroomError(
    'OPTION_INVALID',
    `${option} must not have the name ${KEY_VERSION}, which is written where a key has versions.`,
    {
      option,
    },
  )
}

function oneKey(keyring: Keyring | undefined, option: string): KeySet<WrappingKey> {
  const keys = keyring?.wrappingKeys
  if (keys !== undefined) return keys
  throw s3Error(
    'KEYRING_UNSUITABLE',
    "An object of the S3 Encryption Client's formats has one wrapped data key, of one KMS, AES or RSA key; this keyring is not exactly one of those. Use such a keyring, or for any keyring format: 'esdk'.",
    { option },
  )
}
