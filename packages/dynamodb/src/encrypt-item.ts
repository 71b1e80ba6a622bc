import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { type CallOptions, type ItemSuiteId, itemSuiteById, observe } from '@strongroom/core'
import { disposeMaterials, draw } from '@strongroom/core/keyring-tools'
import { compareAttributes } from './canonical-path.ts'
import { copyValue } from './copy-value.ts'
import { DynamoDBEncryptionError, type DynamoDBErrorCode, shown, ValueError } from './errors.ts'
import { isReserved, RESERVED_PREFIX } from './item-attributes.ts'
import { itemBaseContext } from './item-context.ts'
import type { EncryptItemResult, Item } from './item-encryptor.ts'
import type { ItemEngine } from './item-engine.ts'
import { ItemFields, writeForEncryption } from './item-fields.ts'
import { ENCRYPTED, IN_CONTEXT, MESSAGE_ID, SIGNED } from './item-header.ts'
import { assertSealingMaterials } from './item-materials.ts'
import { defineOwn } from './own-property.ts'
import { sealItem } from './seal-item.ts'
import type { AttributeAction } from './table-config.ts'
import { typeOf, writeValue } from './write-value.ts'

/** Letters of the legend. */
export const letterOf: Readonly<Record<Exclude<AttributeAction, 'ignore'>, number>> = {
  encrypt: ENCRYPTED,
  sign: SIGNED,
  context: IN_CONTEXT,
}

/** An item as it was when the call was made. */
interface Snapshot {
  readonly fields: ItemFields
  /** Copies of what is not encrypted. */
  readonly clear: Record<string, AttributeValue>
}

/** Encrypts an item. The snapshot of it is taken before anything is waited for. */
export async function encryptItem(engine: ItemEngine, item: Item, call: CallOptions): Promise<EncryptItemResult> {
  call.signal?.throwIfAborted()
  assertItem(engine.table.name, item)
  return engine.table.writesPlaintext() ? { item: copyItem(engine, item), suite: undefined } : await sealAnew(engine, item, call)
}

/** Encrypts an item, whatever `plaintextOverride` says. */
export async function sealAnew(
  engine: ItemEngine,
  item: Item,
  call: CallOptions,
): Promise<EncryptItemResult & { readonly suite: ItemSuiteId }> {
  const { table, maxEncryptedDataKeys } = engine
  const suite = itemSuiteById(table.suite)
  const { fields, clear } = takeSnapshot(engine, item)
  try {
    const context = itemBaseContext(table, table.version, fields)
    const requiredKeys = Object.keys(context)
    const observer = call.observer ?? engine.observer
    const plaintextBytes = fields.contentBytes
    const materials = await engine.materials.forEncrypt({
      suite,
      context,
      requiredKeys,
      plaintextLength: plaintextBytes,
      signal: call.signal,
      observer,
    })
    try {
      call.signal?.throwIfAborted()
      assertSealingMaterials(materials, { suite, context, maxEncryptedDataKeys })
      const messageId = draw(engine.random, MESSAGE_ID)
      const { attributes, addedBytes } = await sealItem(fields, { version: table.version, suite, messageId, materials, sealed: false })
      for (const [name, value] of Object.entries(attributes)) defineOwn(clear, name, value)
      observe(observer, { type: 'message.encrypted', suite: suite.id, plaintextBytes, ciphertextBytes: plaintextBytes + addedBytes })
      return { item: clear, suite: suite.id }
    } finally {
      disposeMaterials(materials)
    }
  } finally {
    fields.release()
  }
}

function takeSnapshot(engine: ItemEngine, item: Item): Snapshot {
  const { table } = engine
  const clear: Record<string, AttributeValue> = {}
  const signed: { readonly name: string; readonly letter: number }[] = []
  for (const name of Object.keys(item)) {
    const value = item[name]
    if (value === undefined) continue
    const action = table.actionOf(name)
    if (action === undefined) throw isReserved(name) ? reserved(table.name, name) : notConfigured(table.name, name)
    assertType(engine, name, value)
    if (action !== 'encrypt') defineOwn(clear, name, copied(engine, name, value))
    if (action !== 'ignore') signed.push({ name, letter: letterOf[action] })
  }
  for (const [name, action] of table.actions) {
    const isKey = name === table.partitionKey || name === table.sortKey
    if ((isKey || action === 'context') && (!Object.hasOwn(item, name) || item[name] === undefined)) throw missing(table.name, name, isKey)
  }
  signed.sort((a, b) => compareAttributes(a.name, b.name))
  const fields = ItemFields.of(table, signed, (out, name, letter) =>
    checked(engine, name, () => {
      const value = item[name] as AttributeValue
      if (letter === ENCRYPTED) writeForEncryption(out, value)
      else writeValue(out, value)
    }),
  )
  return { fields, clear }
}

/** A copy of an item that shares nothing with it. */
export function copyItem(engine: ItemEngine, item: Item): Record<string, AttributeValue> {
  const copy: Record<string, AttributeValue> = {}
  for (const [name, value] of Object.entries(item)) if (value !== undefined) defineOwn(copy, name, copied(engine, name, value))
  return copy
}

/** @throws `ATTRIBUTE_INVALID` */
export function assertItem(table: string, item: unknown): void {
  if (typeof item === 'object' && item !== null && !Array.isArray(item)) return
  throw new DynamoDBEncryptionError('ATTRIBUTE_INVALID', `An item of table ${table} must be an object of attributes.`, { table })
}

function assertType(engine: ItemEngine, name: string, value: AttributeValue): void {
  const { table } = engine
  const types = table.types.get(name)
  if (types === undefined) return
  const type = checked(engine, name, () => typeOf(value))
  if (types.includes(type)) return
  throw attributeError('ATTRIBUTE_INVALID', table.name, name, `is of type ${type}, and the configuration declares ${types.join(' or ')}`)
}

function copied(engine: ItemEngine, name: string, value: AttributeValue): AttributeValue {
  return checked(engine, name, () => copyValue(value))
}

function checked<T>(engine: ItemEngine, name: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof ValueError) throw attributeError('ATTRIBUTE_INVALID', engine.table.name, name, error.message)
    throw error
  }
}

function attributeError(code: DynamoDBErrorCode, table: string, attribute: string, what: string): DynamoDBEncryptionError {
  return new DynamoDBEncryptionError(code, `The attribute ${shown(attribute)} of table ${table} ${what}.`, { table, attribute })
}

function reserved(table: string, name: string): DynamoDBEncryptionError {
  return attributeError(
    'ATTRIBUTE_RESERVED',
    table,
    name,
    `cannot be written: names that begin with ${RESERVED_PREFIX} belong to the item format. Is the item encrypted already?`,
  )
}

function notConfigured(table: string, name: string): DynamoDBEncryptionError {
  return attributeError(
    'ATTRIBUTE_NOT_CONFIGURED',
    table,
    name,
    'has no action in the configuration: give it one of encrypt, sign, context and ignore',
  )
}

function missing(table: string, name: string, isKey: boolean): DynamoDBEncryptionError {
  const why = isKey ? 'is a key of the table' : 'has the action context'
  return attributeError('ATTRIBUTE_MISSING', table, name, `is missing in the item. It ${why}, so that every item has it`)
}
