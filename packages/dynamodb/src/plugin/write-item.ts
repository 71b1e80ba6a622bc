import type { Item } from '../item-encryptor.ts'
import type { Call, Decrypt, Input } from './call.ts'
import { callOptions } from './call-options.ts'
import type { Output } from './call-state.ts'
import { decryptErrorItem } from './error-items.ts'
import { refuseEncrypted, refuseLegacy } from './refusals.ts'
import { sealItem } from './table-items.ts'
import type { TableEntry } from './table-map.ts'

const legacy = ['Expected', 'ConditionalOperator']

export async function putItem(call: Call): Promise<Output> {
  const entry = call.config.tables.resolve(call.input['TableName'], call.operation)
  if (entry === undefined) return call.send(call.input)
  refuseLegacy(call.input, legacy, call.operation, entry)
  refuseEncrypted(call.input, ['ConditionExpression'], call.operation, entry)
  const { item } = await sealItem(entry, call.input['Item'], call.operation, callOptions(call))
  return sendWrite(call, entry, { ...call.input, Item: item }, attributesDecrypted(call, entry))
}

export async function deleteItem(call: Call): Promise<Output> {
  const entry = call.config.tables.resolve(call.input['TableName'], call.operation)
  if (entry === undefined) return call.send(call.input)
  refuseLegacy(call.input, legacy, call.operation, entry)
  refuseEncrypted(call.input, ['ConditionExpression'], call.operation, entry)
  return sendWrite(call, entry, call.input, attributesDecrypted(call, entry))
}

/** Sends the write of one item; the item in the error of a failed condition is decrypted. */
export async function sendWrite(call: Call, entry: TableEntry, input: Input, decrypt?: Decrypt): Promise<Output> {
  try {
    return await call.send(input, decrypt)
  } catch (error) {
    await decryptErrorItem(error, entry, callOptions(call))
    throw error
  }
}

/** Decrypts what ReturnValues brings: a whole item. */
export function attributesDecrypted(call: Call, { encryptor }: TableEntry): Decrypt {
  return async (output) => {
    const attributes = output['Attributes'] as Item | undefined
    if (attributes === undefined) return output
    return { ...output, Attributes: (await encryptor.decryptItem(attributes, callOptions(call))).item }
  }
}
