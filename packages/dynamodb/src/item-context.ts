/**
 * The encryption context of an item. All of it is bound to the item and none stored in it: readers make it of what they read.
 *
 *     aws-crypto-table-name, aws-crypto-partition-name, aws-crypto-sort-name: logical table name, names of the keys
 *     aws-crypto-attr.<attribute>: of the keys in version 1, base64 of type and serialised value; of every attribute with the letter 'c' in version 2:
 *         S: the text; N: the number's normal form; NULL: "null"; BOOL: "true" or "false"; others: as in version 1
 *     aws-crypto-legend, in version 2: for each of these, in ascending order of the UTF-8 of their keys, S, N, L (NULL, BOOL) or B (others)
 *
 * Source: DB-ESDK specification, "Encrypt Item", "Encryption Context".
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { EncryptionContext } from '@strongroom/core'
import { compareUtf8, contextFromEntries } from '@strongroom/core/keyring-tools'
import { typeIds } from './attribute-types.ts'
import type { ItemFields } from './item-fields.ts'
import { IN_CONTEXT } from './item-header.ts'
import { readValue } from './read-value.ts'
import type { Table } from './table.ts'

const TABLE_NAME = 'aws-crypto-table-name'
const PARTITION_NAME = 'aws-crypto-partition-name'
const SORT_NAME = 'aws-crypto-sort-name'
const ATTRIBUTE = 'aws-crypto-attr.'
const LEGEND = 'aws-crypto-legend'

/** The context of an item with these signed attributes; keys that are not among them are left out. */
export function itemBaseContext(table: Table, version: 1 | 2, fields: ItemFields): EncryptionContext {
  const { logicalTableName, partitionKey, sortKey } = table
  const pairs: [string, string][] = [
    [TABLE_NAME, logicalTableName],
    [PARTITION_NAME, partitionKey],
  ]
  if (sortKey !== undefined) pairs.push([SORT_NAME, sortKey])
  if (version === 1) {
    for (const field of fields.fields) {
      if (field.name === partitionKey || field.name === sortKey)
        pairs.push([ATTRIBUTE + field.name, fields.valueOf(field).toString('base64')])
    }
  } else {
    const included = fields.fields.filter(({ letter }) => letter === IN_CONTEXT).sort((a, b) => compareUtf8(a.name, b.name))
    let legend = ''
    for (const field of included) {
      const [letter, text] = contextText(fields.valueOf(field))
      legend += letter
      pairs.push([ATTRIBUTE + field.name, text])
    }
    pairs.push([LEGEND, legend])
  }
  return contextFromEntries(pairs)
}

function contextText(value: Buffer): ['S' | 'N' | 'L' | 'B', string] {
  switch (value.readUInt16BE(0)) {
    case typeIds.S:
      return ['S', value.toString('utf8', 2)]
    case typeIds.N:
      return ['N', value.toString('utf8', 2)]
    case typeIds.NULL:
      return ['L', 'null']
    case typeIds.BOOL:
      return ['L', value[2] === 1 ? 'true' : 'false']
    default:
      return ['B', value.toString('base64')]
  }
}

/**
 * The attributes that an item's encryption context holds: its keys, and with header version 2 all of those with the action `context`. For functions
 * that choose a branch key by them. Attributes that are not in the form that items have are left out.
 *
 * @example
 * ```ts
 * const keyring = hierarchicalKeyring({ keyStore, cache, branchKeyId: (context) => contextAttributes(context).tenant?.S })
 * ```
 */
export function contextAttributes(context: EncryptionContext): Readonly<Record<string, AttributeValue>> {
  const keys = Object.keys(context)
    .filter((key) => key.startsWith(ATTRIBUTE))
    .sort(compareUtf8)
  const legend = context[LEGEND]
  const attributes = Object.create(null) as Record<string, AttributeValue>
  for (const [index, key] of keys.entries()) {
    const value = attributeOf(context[key] as string, legend === undefined ? 'B' : legend[index])
    if (value !== undefined) attributes[key.slice(ATTRIBUTE.length)] = value
  }
  return attributes
}

function attributeOf(text: string, letter: string | undefined): AttributeValue | undefined {
  if (letter === 'S') return { S: text }
  if (letter === 'N') return { N: text }
  if (letter === 'L') return text === 'null' ? { NULL: true } : { BOOL: text === 'true' }
  const bytes = Buffer.from(text, 'base64')
  if (letter !== 'B' || bytes.length < 2) return undefined
  try {
    return readValue(bytes.readUInt16BE(0), bytes.subarray(2))
  } catch {
    return undefined
  }
}
