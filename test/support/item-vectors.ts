import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Keyring } from '@strongroom/core'
import type { AttributeAction, TableConfig } from '@strongroom/dynamodb'
import { hierarchicalKeyring, staticKeyStore } from '@strongroom/kms'
import type { Vectors } from './vectors.ts'

type Item = Record<string, AttributeValue>

/** A table's configuration in the official item vectors. */
export interface VectorConfig {
  readonly attributeActionsOnEncrypt: Readonly<Record<string, string>>
  readonly allowedUnsignedAttributes?: readonly string[]
  readonly algorithmSuiteId?: string
  readonly partitionKeyName?: string
}

const actions: Readonly<Record<string, AttributeAction>> = {
  ENCRYPT_AND_SIGN: 'encrypt',
  SIGN_ONLY: 'sign',
  SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT: 'context',
  DO_NOTHING: 'ignore',
}

/** The configuration in our words. All of the vectors are of one table. */
export function tableOfVector({
  attributeActionsOnEncrypt,
  allowedUnsignedAttributes: allowedUnsigned,
  algorithmSuiteId,
  partitionKeyName = 'RecNum',
}: VectorConfig): TableConfig {
  const suite = algorithmSuiteId?.includes('ECDSA') === false ? '6700' : '6701'
  return {
    logicalTableName: 'GazelleVectorTable',
    partitionKey: partitionKeyName,
    actions: Object.fromEntries(
      Object.entries(attributeActionsOnEncrypt).map(([name, action]) => [name, actions[action] as AttributeAction]),
    ),
    suite,
    ...(allowedUnsigned === undefined ? {} : { allowedUnsigned }),
  }
}

/** The keyring that all official item vectors were written with. */
export function itemVectorKeyring(vectors: Vectors): Keyring {
  const { keys } = vectors.json<{ keys: Record<string, Record<string, string>> }>('mpl-keys.json')
  const { 'key-id': branchKeyId = '', branchKeyVersion: version = '', branchKey = '' } = keys['static-branch-key-1'] ?? {}
  return hierarchicalKeyring({
    keyStore: staticKeyStore([{ branchKeyId, version, branchKey: Buffer.from(branchKey, 'base64') }]),
    branchKeyId,
  })
}

/** An item of the vectors: DynamoDB JSON, in which a bare string is a string and a bare number a number. */
export function itemOfVector(json: Readonly<Record<string, unknown>>): Item {
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, valueOfVector(value)]))
}

function valueOfVector(json: unknown): AttributeValue {
  if (typeof json === 'string') return { S: json }
  if (typeof json === 'number') return { N: String(json) }
  const [type, content] = Object.entries(json as object)[0] as [string, never]
  switch (type) {
    case 'B':
      return { B: Uint8Array.from(Buffer.from(content, 'base64')) }
    case 'BS':
      return { BS: (content as string[]).map((text) => Uint8Array.from(Buffer.from(text, 'base64'))) }
    case 'NS':
      return { NS: (content as unknown[]).map(String) }
    case 'NULL':
      return { NULL: true }
    case 'M':
      return { M: itemOfVector(content) }
    case 'L':
      return { L: (content as unknown[]).map(valueOfVector) }
    default:
      return { [type]: content } as unknown as AttributeValue
  }
}

/** An item as it is equal to others: numbers in their shortest form, sets in order. The vectors' numbers are small enough for a JavaScript number. */
export function comparable(item: Readonly<Item>): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, comparableValue(value)]))
}

function comparableValue(value: AttributeValue): AttributeValue {
  if (value.N !== undefined) return { N: String(Number(value.N)) }
  if (value.NS !== undefined) return { NS: value.NS.map((number) => String(Number(number))).sort() }
  if (value.SS !== undefined) return { SS: [...value.SS].sort() }
  if (value.BS !== undefined) return { BS: [...value.BS].sort(Buffer.compare) }
  if (value.L !== undefined) return { L: value.L.map(comparableValue) }
  if (value.M !== undefined) return { M: comparable(value.M) }
  return value
}
