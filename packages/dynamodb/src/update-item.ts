import { type AttributeValue, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import type { CallOptions } from '@strongroom/core'
import { StrongroomError } from '@strongroom/core'
import { isAnything, isFunction, isInteger, isText, validateOptions } from '@strongroom/core/options'
import { runtimeOf } from './dynamodb-encryption.ts'
import type { Item } from './item-encryptor.ts'
import { canonicalJson } from './plugin/canonical-json.ts'
import { decryptErrorItem, releaseItems } from './plugin/error-items.ts'
import { refuseEncrypted } from './plugin/refusals.ts'
import { changeParameters, isWritten, snapshotOf } from './plugin/rewrite.ts'
import { conflict } from './plugin/update-item.ts'
import type { EncryptableClient } from './with-encryption.ts'

/** What {@link updateItem} changes, and how. */
export interface UpdateItemOptions {
  /** The table, as in every command. */
  readonly TableName: string
  /** The item's key. */
  readonly Key: Item
  /**
   * Answers what the item becomes, of what it is: a copy, or just its key where there is none. It may be called several times, once for each
   * attempt, so it should do nothing else. Throwing ends the update with nothing written.
   */
  readonly change: (before: Record<string, AttributeValue>) => Record<string, AttributeValue>
  /** A condition that has to hold as well, on attributes that are not encrypted. */
  readonly ConditionExpression?: string
  /** Names in the condition. */
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>
  /** Values in the condition. */
  readonly ExpressionAttributeValues?: Readonly<Record<string, AttributeValue>>
  /** How often it is tried while others change the item in between. 1 to 100, default that of the client. */
  readonly maxAttempts?: number
  /** Ends the update between two steps. */
  readonly signal?: AbortSignal
}

/** What an item became. */
export interface UpdateItemResult {
  /** The item, decrypted, with the changes that others made to attributes that are not signed. */
  readonly item: Record<string, AttributeValue>
  /** How many attempts it took. */
  readonly attempts: number
}

/**
 * Changes an item by a function: reads it, decrypts it, changes it and writes it under an optimistic lock, again where others changed it in
 * between. Attributes that are not signed and that the function leaves alone are not written, so that counters among them lose nothing.
 *
 * @throws `UPDATE_CONFLICT`, `OPTION_INVALID`, the SDK's `ConditionalCheckFailedException` where the given condition does not hold, what reading,
 * encrypting and decrypting throw
 * @example
 * ```ts
 * const { item } = await updateItem(dynamodb, {
 *   TableName: 'orders',
 *   Key: { id: { S: 'order-1' } },
 *   change: (order) => ({ ...order, card: { S: '4242' } }),
 * })
 * ```
 */
export async function updateItem(client: EncryptableClient, options: UpdateItemOptions): Promise<UpdateItemResult> {
  validateOptions(
    'updateItem',
    options,
    {
      TableName: isText,
      Key: isAnything,
      change: isFunction,
      ConditionExpression: isText,
      ExpressionAttributeNames: isAnything,
      ExpressionAttributeValues: isAnything,
      maxAttempts: isInteger(1, 100),
      signal: isAnything,
    },
    ['TableName', 'Key', 'change'],
  )
  const config = runtimeOf(client)
  const entry = config?.tables.find(options.TableName)
  if (config === undefined || entry === undefined || config.plain === undefined) throw notEncrypted(options.TableName)
  const { change, maxAttempts = config.maxAttempts, signal, ...given } = options
  const input = structuredClone(given)
  refuseEncrypted(input, ['ConditionExpression'], 'updateItem', entry)
  const call: CallOptions = { signal, observer: config.observer }
  let snapshot = await snapshotOf(config, entry, input, call)
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted()
    const changed = await changeParameters(entry, input, snapshot, change, call)
    const { TableName, Key } = input
    const command = new UpdateItemCommand({ ...changed.parameters, TableName, Key, ReturnValues: 'ALL_NEW' })
    try {
      // Sent by the client that does not encrypt: what is written is encrypted here, and the other would refuse it.
      const { Attributes } = await config.plain.send(command, signal === undefined ? {} : { abortSignal: signal })
      return { item: (await entry.encryptor.decryptItem(Attributes ?? {}, call)).item, attempts: attempt }
    } catch (error) {
      if ((error as Error).name !== 'ConditionalCheckFailedException') throw error
      const now = await snapshotOf(config, entry, input, call)
      if (isWritten(changed, now)) return { item: { ...now.plain }, attempts: attempt }
      // The item is what it was, to the last attribute: it was the given condition that did not hold.
      if (canonicalJson(now.stored) === canonicalJson(snapshot.stored)) {
        await decryptErrorItem(error, entry, call)
        releaseItems(error)
        throw error
      }
      if (attempt >= maxAttempts) throw conflict(entry, attempt, error)
      snapshot = now
    }
  }
}

function notEncrypted(table: string): StrongroomError {
  return new StrongroomError(
    'OPTION_INVALID',
    `updateItem needs a client made by withEncryption, of which ${table} is a configured table. Use UpdateItemCommand for other tables.`,
    { option: 'TableName' },
  )
}
