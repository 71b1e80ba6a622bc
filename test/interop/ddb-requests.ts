import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { TableConfig } from '@strongroom/dynamodb'
import { bytes, flag, object, oneOf, optional, readFields, stringMap, text, texts } from './fields.ts'
import { given } from './given.ts'
import { type Fields, RequestError } from './protocol.ts'

/** An item, as the SDK has it. */
export type Item = Record<string, AttributeValue>

/** A request to `ddb.encryptItem` or `ddb.decryptItem`. */
export interface ItemRequest {
  readonly item: Item
  readonly config: ItemConfig
}

/** How the items of a table are encrypted, and under which keyring. */
export interface ItemConfig {
  readonly table: TableConfig
  readonly keyring: Fields
}

/** Reads a request to `ddb.encryptItem` or `ddb.decryptItem`. */
export function readItemRequest(where: string, fields: Fields): ItemRequest {
  const { item, config } = readFields(where, fields, { item: object, config: object })
  return { item: readItem(item, `${where}: item`), config: readItemConfig(config) }
}

/** Reads a table's configuration. Our version of an item, too, comes from the actions: `version` must be the one that they come to. */
export function readItemConfig(fields: Fields): ItemConfig {
  const { keyring, version, sortKey, allowedUnsigned, allowedUnsignedPrefix, suite, plaintextOverride, ...config } = readFields(
    'config',
    fields,
    {
      logicalTableName: text,
      partitionKey: text,
      sortKey: optional(text),
      actions: stringMap,
      allowedUnsigned: optional(texts),
      allowedUnsignedPrefix: optional(text),
      suite: optional(oneOf('6700', '6701')),
      version: optional((value, name) => {
        if (value === 1 || value === 2) return value
        throw new RequestError('INPUT_INVALID', `${name} must be 1 or 2`)
      }),
      keyring: object,
      plaintextOverride: optional(
        oneOf(
          'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
          'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
          'FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ',
        ),
      ),
    },
  )
  const made = Object.values(config.actions).includes('context') ? 2 : 1
  if (version !== undefined && version !== made) throw new RequestError('UNSUPPORTED', `these actions make items of version ${made}`)
  return {
    keyring,
    table: {
      ...config,
      ...given('sortKey', sortKey),
      ...given('allowedUnsigned', allowedUnsigned),
      ...given('allowedUnsignedPrefix', allowedUnsignedPrefix),
      ...given('suite', suite),
      ...given('plaintextOverride', plaintextOverride),
    } as TableConfig,
  }
}

/** Reads an item: DynamoDB JSON with base64 binaries. */
function readItem(json: Fields, name: string): Item {
  return Object.fromEntries(Object.entries(json).map(([attribute, value]) => [attribute, readValue(value, `${name}: ${attribute}`)]))
}

function readValue(json: unknown, name: string): AttributeValue {
  const [entry, ...more] = Object.entries(object(json, name))
  if (entry === undefined || more.length > 0)
    throw new RequestError('INPUT_INVALID', `${name}: an attribute value of DynamoDB JSON has one type`)
  const [type, content] = entry
  switch (type) {
    case 'S':
      return { S: text(content, name) }
    case 'N':
      return { N: text(content, name) }
    case 'B':
      return { B: bytes(content, name) }
    case 'BOOL':
      return { BOOL: flag(content, name) }
    case 'NULL':
      if (flag(content, name)) return { NULL: true }
      throw new RequestError('INPUT_INVALID', `${name}: NULL must be true`)
    case 'SS':
      return { SS: [...texts(content, name)] }
    case 'NS':
      return { NS: [...texts(content, name)] }
    case 'BS':
      return { BS: texts(content, name).map((element) => bytes(element, name)) }
    case 'L':
      return { L: elements(content, name).map((element) => readValue(element, name)) }
    case 'M':
      return { M: readItem(object(content, name), name) }
    default:
      throw new RequestError('INPUT_INVALID', `${name}: DynamoDB JSON has no type ${type}`)
  }
}

function elements(content: unknown, name: string): readonly unknown[] {
  if (Array.isArray(content)) return content
  throw new RequestError('INPUT_INVALID', `${name} must be an array`)
}
