import { DynamoDBEncryptionError, shown } from '../errors.ts'
import type { ExpressionNames } from '../expressions/expression-reader.ts'
import { parseUpdateExpression, type UpdateAction } from '../expressions/update-expression.ts'
import { FOOT } from '../item-attributes.ts'
import type { Item } from '../item-encryptor.ts'
import type { Call, Decrypt, Input } from './call.ts'
import { callOptions } from './call-options.ts'
import type { Output } from './call-state.ts'
import { withLock } from './expression-builder.ts'
import { projectPaths } from './projection.ts'
import { refuseActions, refuseEncrypted, refuseLegacy } from './refusals.ts'
import { isSame, isWritten, rewriteParameters, type Snapshot, snapshotOf } from './rewrite.ts'
import type { TableEntry } from './table-map.ts'
import { attributesDecrypted, sendWrite } from './write-item.ts'

const legacy = ['Expected', 'ConditionalOperator', 'AttributeUpdates']

export async function updateItem(call: Call): Promise<Output> {
  const { input, operation, config } = call
  const entry = config.tables.resolve(input['TableName'], operation)
  if (entry === undefined) return call.send(input)
  refuseLegacy(input, legacy, operation, entry)
  refuseEncrypted(input, ['ConditionExpression'], operation, entry)
  const actions = actionsOf(input)
  refuseActions(actions, operation, entry)
  if (!touchesSigned(entry, actions)) return updateUnsigned(call, entry, actions)
  if (config.updates === 'rewrite') return rewriteItem(call, entry, actions)
  if (!entry.encryptor.table.writesPlaintext()) throw forbidden(entry, actions, operation)
  return sendWrite(call, entry, onlyPlaintext(input), updatedAttributes(call, entry))
}

/**
 * An update of attributes that are not signed, which DynamoDB carries out by itself. It must not make the item where there is none: that would have
 * neither header nor footer.
 */
async function updateUnsigned(call: Call, entry: TableEntry, actions: readonly UpdateAction[]): Promise<Output> {
  const { input, config } = call
  const decrypt = updatedAttributes(call, entry)
  if (entry.encryptor.table.writesPlaintext()) return sendWrite(call, entry, input, decrypt)
  try {
    return await sendWrite(call, entry, onlyExisting(entry, input), decrypt)
  } catch (error) {
    if ((error as Error).name !== 'ConditionalCheckFailedException') throw error
    if (config.updates === 'rewrite' && config.plain !== undefined) {
      if ((await snapshotOf(config, entry, input, callOptions(call))).stored !== undefined) throw error
      return rewriteItem(call, entry, actions)
    }
    if (input['ConditionExpression'] !== undefined) throw error
    throw absent(entry, error)
  }
}

/** An update that does not make the item where there is none. */
export function onlyExisting({ encryptor: { table } }: TableEntry, input: Input): Input {
  return withLock(input, (name) => `attribute_exists(${name(table.partitionKey)})`)
}

function absent({ name }: TableEntry, cause: unknown): DynamoDBEncryptionError<'UPDATE_FORBIDDEN'> {
  return new DynamoDBEncryptionError(
    'UPDATE_FORBIDDEN',
    `UpdateItem for the table ${name}: there is no item of that key, and an update of attributes that are not signed would make one that is not encrypted, which nobody reads. Put the item first, or set updates: 'rewrite'.`,
    { table: name, cause },
  )
}

/** What an update does; nothing where it has no expression. */
export function actionsOf(input: Input): readonly UpdateAction[] {
  const { UpdateExpression: expression, ExpressionAttributeNames: names } = input
  return expression === undefined ? [] : parseUpdateExpression(String(expression), names as ExpressionNames)
}

export function touchesSigned({ encryptor }: TableEntry, actions: readonly UpdateAction[]): boolean {
  return actions.some(({ path }) => encryptor.table.isSigned(path.attribute))
}

/** The refusal of an update that would break an item. */
export function forbidden(
  { name, encryptor }: TableEntry,
  actions: readonly UpdateAction[],
  operation: string,
): DynamoDBEncryptionError<'UPDATE_FORBIDDEN'> {
  const attributes = [...new Set(actions.map(({ path }) => path.attribute))].filter((attribute) => encryptor.table.isSigned(attribute))
  return new DynamoDBEncryptionError(
    'UPDATE_FORBIDDEN',
    `${operation} for the table ${name}: an expression alone cannot change ${attributes.map(shown).join(', ')}, since an item is signed as a whole. Use updateItem, or set updates: 'rewrite'; attributes with the action 'ignore' can be updated.`,
    { table: name, attribute: attributes[0] },
  )
}

/** An update for the time before items are encrypted: it must not meet one that is. */
export function onlyPlaintext(input: Input): Input {
  const lock = `attribute_not_exists(${FOOT})`
  const condition = input['ConditionExpression']
  return { ...input, ConditionExpression: typeof condition === 'string' ? `${lock} AND (${condition})` : lock }
}

/** Reads, changes and writes the item, again and again while others change it in between. */
async function rewriteItem(call: Call, entry: TableEntry, actions: readonly UpdateAction[]): Promise<Output> {
  const { input, config } = call
  const options = callOptions(call)
  const { ReturnValues: asked, ...rest } = input
  const returned = asked === 'UPDATED_OLD' ? 'ALL_OLD' : asked === 'UPDATED_NEW' ? 'ALL_NEW' : asked
  const decrypt = asked === returned ? attributesDecrypted(call, entry) : updatedOnly(attributesDecrypted(call, entry), actions)
  let snapshot = await snapshotOf(config, entry, input, options)
  for (let attempt = 1; ; attempt += 1) {
    const rewritten = await rewriteParameters(entry, input, snapshot, actions, options)
    try {
      const given = { ...rest, ...rewritten.parameters, ...(returned === undefined ? {} : { ReturnValues: returned }) }
      return await sendWrite(call, entry, given, decrypt)
    } catch (error) {
      if ((error as Error).name !== 'ConditionalCheckFailedException') throw error
      const now = await snapshotOf(config, entry, input, options)
      if (isWritten(rewritten, now)) return await answerAgain(call, entry, snapshot, actions, error)
      // Nobody else changed the item: it was the caller's condition that did not hold.
      if (isSame(entry, actions, snapshot, now)) throw error
      if (attempt >= config.maxAttempts) throw conflict(entry, attempt, error)
      snapshot = now
    }
  }
}

/** What an update answers whose own answer was lost: asked of the item as it is now, and of the item as it was. */
async function answerAgain(
  call: Call,
  entry: TableEntry,
  { plain: old }: Snapshot,
  actions: readonly UpdateAction[],
  error: unknown,
): Promise<Output> {
  const { TableName, Key, ReturnValues: asked } = call.input
  const lost = { $metadata: (error as { readonly $metadata?: unknown }).$metadata }
  if (asked === undefined || asked === 'NONE') return lost
  const decrypt = attributesDecrypted(call, entry)
  const ofOld: Decrypt = async (output) => ({ ...output, Attributes: old })
  const whole = asked === 'ALL_OLD' || asked === 'UPDATED_OLD' ? ofOld : decrypt
  const given = onlyExisting(entry, { TableName, Key, ReturnValues: 'ALL_NEW' })
  try {
    return await call.send(given, asked === 'ALL_OLD' || asked === 'ALL_NEW' ? whole : updatedOnly(whole, actions))
  } catch (failure) {
    // Deleted since.
    if ((failure as Error).name === 'ConditionalCheckFailedException') return lost
    throw failure
  }
}

/** The error of an update that others were always faster than. */
export function conflict({ name }: TableEntry, attempts: number, cause: unknown): DynamoDBEncryptionError<'UPDATE_CONFLICT'> {
  return new DynamoDBEncryptionError(
    'UPDATE_CONFLICT',
    `The item of the table ${name} was changed by others in each of ${attempts} attempts to update it. Nothing was written; try again, with more maxAttempts where many write to one item.`,
    { table: name, cause },
  )
}

/** ALL_OLD and ALL_NEW bring whole items, UPDATED_OLD and UPDATED_NEW attributes that are not signed. */
function updatedAttributes(call: Call, entry: TableEntry): Decrypt | undefined {
  const returned = call.input['ReturnValues']
  return returned === 'ALL_OLD' || returned === 'ALL_NEW' ? attributesDecrypted(call, entry) : undefined
}

function updatedOnly(decrypt: Decrypt, actions: readonly UpdateAction[]): Decrypt {
  const project = projectPaths(actions.map(({ path }) => path))
  return async (output) => {
    const { Attributes: attributes, ...rest } = await decrypt(output)
    if (attributes === undefined) return rest
    const updated = project(attributes as Item)
    return Object.keys(updated).length === 0 ? rest : { ...rest, Attributes: updated }
  }
}
