import type { EncryptionContext } from '../encryption-context.ts'
import { StrongroomError } from '../errors.ts'
import type { EncryptMaterials } from '../materials.ts'
import type { Suite } from '../suite.ts'

/** Materials come from code that may be anybody's: what they say is checked against what was asked for. */
export function assertEncryptMaterials(
  materials: EncryptMaterials,
  options: { readonly suite: Suite; readonly context: EncryptionContext; readonly maxEncryptedDataKeys: number },
): void {
  const { suite, maxEncryptedDataKeys } = options
  if (materials.suite.id !== suite.id) throw unusable(`suite ${materials.suite.id} where ${suite.id} was asked for`)
  if (materials.dataKey.length !== suite.dataKeyLength) throw unusable(`a data key of ${materials.dataKey.length} bytes`)
  if (materials.edks.length === 0) throw unusable('no encrypted data key')
  if (
    options.context !== materials.context &&
    !Object.keys(options.context).every((key) => materials.context[key] === options.context[key])
  ) {
    throw unusable('an encryption context that lacks a pair which was asked for')
  }
  if (!materials.requiredKeys.every((key) => key in materials.context)) throw unusable('a required key that its encryption context lacks')
  if (materials.edks.length > maxEncryptedDataKeys) {
    throw new StrongroomError(
      'LIMIT_EXCEEDED',
      `The message would carry ${materials.edks.length} encrypted data keys, more than maxEncryptedDataKeys (${maxEncryptedDataKeys}) allows.`,
      { option: 'maxEncryptedDataKeys' },
    )
  }
}

/** The error of materials that cannot be used. */
export function unusable(what: string): StrongroomError {
  return new StrongroomError('MATERIALS_INVALID', `The materials manager answered encryption materials with ${what}.`)
}
