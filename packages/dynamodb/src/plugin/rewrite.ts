import { type AttributeValue, GetItemCommand } from '@aws-sdk/client-dynamodb'
import type { CallOptions } from '@strongroom/core'
import { DynamoDBEncryptionError, shown } from '../errors.ts'
import { applyUpdate } from '../expressions/apply-update.ts'
import { pathsRead, type UpdateAction } from '../expressions/update-expression.ts'
import { FOOT, isReserved } from '../item-attributes.ts'
import type { Item } from '../item-encryptor.ts'
import type { Input } from './call.ts'
import { canonicalJson } from './canonical-json.ts'
import { ExpressionBuilder } from './expression-builder.ts'
import type { PluginConfig } from './plugin-config.ts'
import { sealItem } from './table-items.ts'
import type { TableEntry } from './table-map.ts'

/** Most characters of an expression that DynamoDB takes. */
const MAX_EXPRESSION = 4096

/** What is known of an item before it is changed. */
export interface Snapshot {
  /** As DynamoDB has it; undefined where there is none. */
  readonly stored: Item | undefined
  /** The same, decrypted. */
  readonly plain: Item | undefined
}

/** A change of an item, as a function of the item. */
export type Change = (before: Item) => Record<string, AttributeValue>

/** Reads an item to change it. @throws what reading and decrypting throw */
export async function snapshotOf(config: PluginConfig, entry: TableEntry, input: Input, options: CallOptions): Promise<Snapshot> {
  if (config.plain === undefined) throw noClient(entry)
  const command = new GetItemCommand({ TableName: input['TableName'] as string, Key: { ...(input['Key'] as Item) }, ConsistentRead: true })
  const { Item: stored } = await config.plain.send(command, options.signal === undefined ? {} : { abortSignal: options.signal })
  return { stored, plain: stored === undefined ? undefined : (await entry.encryptor.decryptItem(stored, options)).item }
}

/** What an update is sent as. */
export interface Rewritten {
  readonly parameters: Input
  /** The footer that the item gets, by which the update is known again; undefined where it is written without encryption. */
  readonly foot: AttributeValue | undefined
}

/** Whether an item is still the one that was read, as far as it is signed and as the actions look at it. */
export function isSame(
  entry: TableEntry,
  actions: readonly UpdateAction[],
  { stored: one }: Snapshot,
  { stored: other }: Snapshot,
): boolean {
  if (one === undefined || other === undefined) return one === other
  // A plaintext item has nothing that stands for the whole of it.
  if (one[FOOT] === undefined || other[FOOT] === undefined) return canonicalJson(one) === canonicalJson(other)
  return [FOOT, ...unsignedRead(entry, actions)].every((name) => canonicalJson(one[name]) === canonicalJson(other[name]))
}

/** Whether an item is what an update made of it: the answer was lost, and the condition failed when the SDK sent it again. */
export function isWritten({ foot }: Rewritten, { stored }: Snapshot): boolean {
  return foot !== undefined && canonicalJson(stored?.[FOOT]) === canonicalJson(foot)
}

/** The attributes that are not signed of which signed ones are computed. */
function unsignedRead({ encryptor: { table } }: TableEntry, actions: readonly UpdateAction[]): ReadonlySet<string> {
  const paths = actions.filter(({ path }) => table.isSigned(path.attribute)).flatMap(pathsRead)
  return new Set(paths.map(({ attribute }) => attribute).filter((attribute) => !table.isSigned(attribute)))
}

/** The caller's actions that DynamoDB can carry out itself are those on attributes that are not signed. */
function ignoredActions({ encryptor }: TableEntry, actions: readonly UpdateAction[]): readonly UpdateAction[] {
  return actions.filter(({ path }) => !encryptor.table.isSigned(path.attribute))
}

/**
 * Makes the update of an item out of what its signed attributes become: they are encrypted anew and set as a whole, under the condition that nobody
 * changed them since. Attributes that are not signed are left to DynamoDB, so that counters among them stay atomic.
 *
 * @throws what encrypting throws, `EXPRESSION_INVALID`, `REQUEST_TOO_LARGE`
 */
export async function rewriteParameters(
  entry: TableEntry,
  input: Input,
  snapshot: Snapshot,
  actions: readonly UpdateAction[],
  options: CallOptions,
): Promise<Rewritten> {
  const values = input['ExpressionAttributeValues'] as Readonly<Record<string, AttributeValue>> | undefined
  const ignored = ignoredActions(entry, actions)
  const signed = actions.filter((action) => !ignored.includes(action))
  const builder = new ExpressionBuilder(input)
  for (const action of ignored) builder.action(action)
  const before = snapshot.plain ?? (input['Key'] as Item)
  const after = applyUpdate(before, signed, values)
  refuseOtherKey(entry, before, after, 'UpdateItem')
  const { lock, foot } = await setSigned(entry, builder, snapshot, after, options)
  const locks = [lock, ...[...unsignedRead(entry, actions)].map((name) => unchanged(builder, name, before[name]))]
  return { parameters: checkedLength(entry, builder.parameters(locks.join(' AND '), input)), foot }
}

/** The same for a function, which may have looked at every attribute: those that are not signed must not have changed where it changes them. */
export async function changeParameters(
  entry: TableEntry,
  input: Input,
  snapshot: Snapshot,
  change: Change,
  options: CallOptions,
): Promise<Rewritten> {
  const { table } = entry.encryptor
  const key = input['Key'] as Item
  const before = snapshot.plain ?? key
  const after = change(structuredClone(before) as Item)
  refuseOtherKey(entry, before, after, 'updateItem')
  const builder = new ExpressionBuilder(input)
  const { lock, foot } = await setSigned(entry, builder, snapshot, after, options)
  const locks = [lock]
  const names = new Set([...Object.keys(before), ...Object.keys(after)].filter((name) => !table.isSigned(name)))
  for (const name of names) {
    const [old, value] = [before[name], after[name]]
    if (canonicalJson(old) === canonicalJson(value)) continue
    locks.push(unchanged(builder, name, old))
    if (value === undefined) builder.remove(name)
    else builder.set(name, value)
  }
  return { parameters: checkedLength(entry, builder.parameters(locks.join(' AND '), input)), foot }
}

/** An item is bound to its key, under which DynamoDB keeps it whatever is signed. */
function refuseOtherKey({ name: table, encryptor }: TableEntry, before: Item, after: Item, operation: string): void {
  const { partitionKey, sortKey } = encryptor.table
  for (const name of [partitionKey, ...(sortKey === undefined ? [] : [sortKey])]) {
    if (canonicalJson(after[name]) === canonicalJson(before[name])) continue
    throw new DynamoDBEncryptionError(
      'ATTRIBUTE_INVALID',
      `${operation} for the table ${table}: the key ${shown(name)} of an item cannot be changed.`,
      {
        table,
        attribute: name,
      },
    )
  }
}

/** The condition that an attribute is what it was. */
function unchanged(builder: ExpressionBuilder, name: string, old: AttributeValue | undefined): string {
  return old === undefined ? `attribute_not_exists(${builder.name(name)})` : `${builder.name(name)}=${builder.value(old)}`
}

/** Encrypts an item, and sets the signed attributes to what they become. */
async function setSigned(
  entry: TableEntry,
  builder: ExpressionBuilder,
  { stored }: Snapshot,
  after: Item,
  options: CallOptions,
): Promise<{ readonly lock: string; readonly foot: AttributeValue | undefined }> {
  const { item: sealed } = await sealItem(entry, after, 'UpdateItem', options)
  return { lock: replaceSigned(entry, builder, stored, sealed), foot: sealed[FOOT] }
}

/** The update that puts an encrypted item in the place of the one that was read, but for attributes that are not signed. */
export function replaceParameters(entry: TableEntry, key: Item, stored: Item, sealed: Item): Input {
  const builder = new ExpressionBuilder({})
  return { Key: key, ...checkedLength(entry, builder.parameters(replaceSigned(entry, builder, stored, sealed), {})) }
}

/** Sets the signed attributes to those of an encrypted item; answers the condition that they are those that were read. */
function replaceSigned(entry: TableEntry, builder: ExpressionBuilder, stored: Item | undefined, sealed: Item): string {
  const { table } = entry.encryptor
  const isKey = (name: string): boolean => name === table.partitionKey || name === table.sortKey
  const ours = (name: string): boolean => !isKey(name) && (isReserved(name) || table.isSigned(name))
  for (const [name, value] of Object.entries(sealed)) {
    if (ours(name) && canonicalJson(stored?.[name]) !== canonicalJson(value)) builder.set(name, value)
  }
  for (const name of Object.keys(stored ?? {})) if (ours(name) && !Object.hasOwn(sealed, name)) builder.remove(name)
  if (stored === undefined) return `attribute_not_exists(${builder.name(table.partitionKey)})`
  if (stored[FOOT] !== undefined) return unchanged(builder, FOOT, stored[FOOT])
  // A plaintext item, which a migration lets pass, has nothing that stands for the whole of it. What others add to it must not be left out.
  const names = new Set([...table.actions.keys(), ...Object.keys(stored), FOOT].filter(ours))
  const same = [...names].map((name) => unchanged(builder, name, stored[name]))
  return [`attribute_exists(${builder.name(table.partitionKey)})`, ...same].join(' AND ')
}

function checkedLength({ name }: TableEntry, parameters: Input): Input {
  const longest = Math.max(String(parameters['UpdateExpression']).length, String(parameters['ConditionExpression']).length)
  if (longest <= MAX_EXPRESSION) return parameters
  throw new DynamoDBEncryptionError(
    'REQUEST_TOO_LARGE',
    `UpdateItem for the table ${name}: the item has too many attributes to be rewritten by an expression of ${MAX_EXPRESSION} characters. Read it, change it and put it.`,
    { table: name },
  )
}

function noClient({ name }: TableEntry): DynamoDBEncryptionError<'OPERATION_UNSUPPORTED'> {
  return new DynamoDBEncryptionError(
    'OPERATION_UNSUPPORTED',
    `UpdateItem for the table ${name} cannot be rewritten, since the plugin was not told of a client to read the item with. Use withEncryption, or give dynamodbEncryption the option client.`,
    { table: name },
  )
}
