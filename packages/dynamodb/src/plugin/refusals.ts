import { DynamoDBEncryptionError, shown } from '../errors.ts'
import { attributeUses } from '../expressions/attribute-uses.ts'
import type { ExpressionNames } from '../expressions/expression-reader.ts'
import type { Input } from './call.ts'
import type { TableEntry } from './table-map.ts'

/** Refuses parameters from before there were expressions, which are not looked into. @throws `PARAMETER_UNSUPPORTED` */
export function refuseLegacy(input: Input, names: readonly string[], operation: string, { name }: TableEntry): void {
  const used = names.find((parameter) => input[parameter] !== undefined)
  if (used === undefined) return
  throw new DynamoDBEncryptionError(
    'PARAMETER_UNSUPPORTED',
    `${operation} for the encrypted table ${name}: the legacy parameter ${used} is not supported. Use the expression that took its place.`,
    { table: name },
  )
}

/**
 * Refuses expressions that compare encrypted attributes, whose ciphertext DynamoDB would compare. Asking whether one is there is allowed.
 *
 * @throws `ATTRIBUTE_ENCRYPTED`, `EXPRESSION_INVALID`
 */
export function refuseEncrypted(input: Input, parameters: readonly string[], operation: string, entry: TableEntry): void {
  for (const parameter of parameters) {
    const expression = input[parameter]
    if (typeof expression !== 'string') continue
    const uses = attributeUses(expression, input['ExpressionAttributeNames'] as ExpressionNames, parameter)
    const use = uses.find(({ path, existence }) => !existence && entry.encryptor.table.actionOf(path.attribute) === 'encrypt')
    if (use === undefined) continue
    throw new DynamoDBEncryptionError(
      'ATTRIBUTE_ENCRYPTED',
      `${operation} for the table ${entry.name}: ${parameter} uses the attribute ${shown(use.path.attribute)}, which is encrypted, so that DynamoDB would compare ciphertext. Give it the action 'sign' if it has to be compared, or compare it after reading.`,
      { table: entry.name, attribute: use.path.attribute },
    )
  }
}
