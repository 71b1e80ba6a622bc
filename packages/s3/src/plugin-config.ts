import type { S3Client } from '@aws-sdk/client-s3'
import { type EncryptionContext, StrongroomError } from '@strongroom/core'
import { isAnything, isBoolean, isOneOf, isText, validateOptions } from '@strongroom/core/options'
import { configChecks, type ObjectEncryptionConfig, type ResolvedConfig, resolveConfig } from './config.ts'

/** Names an object. */
export interface ObjectLocation {
  /** As it stands in the call: a name, or an ARN of an access point. */
  readonly bucket: string
  /** The object's key. */
  readonly key: string
}

/** How a client treats encrypted objects, beside how they are encrypted. */
export interface S3EncryptionSettings {
  /**
   * Non-secret pairs that objects are bound to, or a function of where they are. Under KMS and in `esdk` objects. Whoever binds objects to their names
   * can tell when they are exchanged, and cannot copy or rename them. Default none; `objectOptions` gives one call its own.
   */
  readonly encryptionContext?: EncryptionContext | ((location: ObjectLocation) => EncryptionContext)
  /**
   * Keep envelopes in instruction files: write them, copy and delete them with their objects. They are read whether or not this is set. Default false.
   */
  readonly instructionFile?: boolean
  /** What an object's key is followed by in the key of its instruction file. Default `.instruction`. */
  readonly instructionFileSuffix?: string
  /**
   * How an object of V2 or V3 is read that is longer than `maxBufferedBytes`, so that nothing is released before all of it verified. `second-pass`, the
   * default: it is fetched twice, and what comes the second time is held against what verified. `spool`: what was fetched is kept, encrypted as it is, in
   * a file without a name. `refuse`: it is not.
   */
  readonly largeObjects?: 'second-pass' | 'spool' | 'refuse'
  /** Folder of spool files. Default the system's for temporary files. */
  readonly spoolFolder?: string
  /**
   * Objects that are not encrypted. `refuse`, the default; or pass those that S3 says were last modified before a moment, from when everything was
   * encrypted. **Whoever can write to the bucket, S3 included, can put plaintext of their own there**, with any date that S3 tells.
   */
  readonly unencryptedObjects?:
    | 'refuse'
    | {
        /** Objects that were last modified before are passed as they are. */
        readonly passBefore: Date
      }
}

/** Configuration of `withEncryption`. Give `keyring`, or for `esdk` objects `materials`. */
export type S3EncryptionConfig = ObjectEncryptionConfig & S3EncryptionSettings

/** A validated configuration, and a client that does not encrypt. */
export interface S3Runtime {
  readonly config: ResolvedConfig
  readonly plain: Pick<S3Client, 'send'>
  readonly instructionFile: boolean
  readonly instructionFileSuffix: string
  readonly largeObjects: 'second-pass' | 'spool' | 'refuse'
  readonly spoolFolder: string | undefined
  /** Milliseconds since the epoch; undefined: none passes. */
  readonly passBefore: number | undefined
  readonly contextOf: (location: ObjectLocation) => EncryptionContext | undefined
}

/** @throws the codes of `resolveConfig` */
export function resolveRuntime(where: string, given: S3EncryptionConfig, plain: Pick<S3Client, 'send'>): S3Runtime {
  validateOptions(where, given, {
    ...configChecks,
    encryptionContext: isAnything,
    instructionFile: isBoolean,
    instructionFileSuffix: isText,
    largeObjects: isOneOf(['second-pass', 'spool', 'refuse']),
    spoolFolder: isText,
    unencryptedObjects: (value) =>
      value === 'refuse' || cutOff(value) !== undefined ? undefined : 'be refuse, or an object with passBefore, a Date',
  })
  const { encryptionContext, unencryptedObjects, instructionFile = false } = given
  const config = resolveConfig(given)
  if (instructionFile && config.format === 'esdk') {
    throw new StrongroomError('OPTION_INVALID', `${where}: an esdk object has no instruction file, its body brings everything.`, {
      option: 'instructionFile',
    })
  }
  return {
    config,
    plain,
    instructionFile,
    instructionFileSuffix: given.instructionFileSuffix ?? '.instruction',
    largeObjects: given.largeObjects ?? 'second-pass',
    spoolFolder: given.spoolFolder,
    passBefore: cutOff(unencryptedObjects),
    contextOf: typeof encryptionContext === 'function' ? encryptionContext : () => encryptionContext,
  }
}

function cutOff(value: unknown): number | undefined {
  const date = typeof value === 'object' && value !== null ? (value as { passBefore?: unknown }).passBefore : undefined
  if (!(date instanceof Date)) return undefined
  const time = date.getTime()
  return Number.isNaN(time) ? undefined : time
}
