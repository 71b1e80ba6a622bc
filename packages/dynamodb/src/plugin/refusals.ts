import { DynamoDBEncryptionError, shown } from '../errors.ts'
import { attributeUses } from '../expressions/attribute-uses.ts'
import { ExpressionError } from '../expressions/expression-error.ts'
import type { ExpressionNames } from '../expressions/expression-reader.ts'
import { tokensOf } from '../expressions/token.ts'
import { pathsRead, type UpdateAction } from '../expressions/update-expression.ts'
import { isReserved } from '../item-attributes.ts'
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

const expressions = ['ConditionExpression', 'FilterExpression', 'KeyConditionExpression', 'UpdateExpression']

/**
 * Refuses expressions that compare encrypted attributes, whose ciphertext DynamoDB would compare. Asking whether one is there is allowed. Refuses
 * values that no expression uses, too, as DynamoDB would: nobody can tell what they are, and they would be sent as they are.
 *
 * @throws `ATTRIBUTE_ENCRYPTED`, `EXPRESSION_INVALID`
 */
export function refuseEncrypted(input: Input, parameters: readonly string[], operation: string, entry: TableEntry): void {
  refuseUnused(input)
  for (const parameter of parameters) {
    const expression = input[parameter]
    if (expression === undefined || expression === null) continue
    if (typeof expression !== 'string') throw new ExpressionError(parameter, 'it is no text.')
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

function refuseUnused(input: Input): void {
  const values = Object.keys((input['ExpressionAttributeValues'] as object | null | undefined) ?? {})
  if (values.length === 0) return
  const used = new Set<string>()
  for (const parameter of expressions) {
    const expression = input[parameter]
    if (typeof expression === 'string') for (const { text } of tokensOf(expression, parameter)) used.add(text)
  }
  const unused = values.find((placeholder) => !used.has(placeholder))
  if (unused !== undefined) throw new ExpressionError('ExpressionAttributeValues', `no expression uses ${shown(unused)}.`)
}

/**
 * Refuses updates of what belongs to the item format, and those that would copy an encrypted attribute into one that is not signed: DynamoDB would
 * copy ciphertext, which nobody reads there.
 *
 * @throws `ATTRIBUTE_RESERVED`, `ATTRIBUTE_ENCRYPTED`
 */
export function refuseActions(actions: readonly UpdateAction[], operation: string, { name, encryptor: { table } }: TableEntry): void {
  for (const action of actions) {
    if (isReserved(action.path.attribute)) {
      throw new DynamoDBEncryptionError(
        'ATTRIBUTE_RESERVED',
        `${operation} for the table ${name}: ${shown(action.path.attribute)} belongs to the item format, and is written by encrypting alone.`,
        { table: name, attribute: action.path.attribute },
      )
    }
    if (table.isSigned(action.path.attribute)) continue
    const source = pathsRead(action).find(({ attribute }) => table.actionOf(attribute) === 'encrypt')
    if (source === undefined) continue
    throw new DynamoDBEncryptionError(
      'ATTRIBUTE_ENCRYPTED',
      `${operation} for the table ${name}: ${shown(action.path.attribute)}, which is not signed, cannot be computed from ${shown(source.attribute)}, which is encrypted: DynamoDB would take ciphertext. Read the item, and set the value.`,
      { table: name, attribute: source.attribute },
    )
  }
}
