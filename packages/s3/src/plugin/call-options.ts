import type { EncryptionContext } from '@strongroom/core'
import { isAnything, isText, validateOptions } from '@strongroom/core/options'

const OPTIONS = Symbol.for('@strongroom/s3 object options')

/** What one call on an encrypted client is given beside the SDK's parameters. */
export interface ObjectOptions {
  /** Instead of the configuration's. */
  readonly encryptionContext?: EncryptionContext
  /** What an object's key is followed by in the key of its instruction file. Instead of the configuration's; for reading. */
  readonly instructionFileSuffix?: string
}

/**
 * Gives a command of an encrypted client options of this package: answers a copy of its input that carries them.
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * await s3.send(new GetObjectCommand(objectOptions({ Bucket: 'orders', Key: 'order-1' }, { encryptionContext: { tenant: 'blue' } })))
 * ```
 */
export function objectOptions<Input extends object>(input: Input, options: ObjectOptions): Input {
  validateOptions('objectOptions', options, { encryptionContext: isAnything, instructionFileSuffix: isText })
  return { ...input, [OPTIONS]: { ...options } }
}

/** The options that an input carries. */
export function optionsOf(input: object): ObjectOptions {
  return (input as { readonly [OPTIONS]?: ObjectOptions })[OPTIONS] ?? {}
}
