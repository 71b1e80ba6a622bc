import * as base from '@aws-sdk/client-dynamodb'
import * as lib from '@aws-sdk/lib-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'

/** The operations that carry items or statements. */
export type ItemOperation =
  | 'DescribeTable'
  | 'BatchExecuteStatement'
  | 'BatchGetItem'
  | 'BatchWriteItem'
  | 'DeleteItem'
  | 'ExecuteStatement'
  | 'ExecuteTransaction'
  | 'GetItem'
  | 'PutItem'
  | 'Query'
  | 'Scan'
  | 'TransactGetItems'
  | 'TransactWriteItems'
  | 'UpdateItem'

/** An input or output with items in JavaScript's own types, whatever the client takes. */
// biome-ignore lint/suspicious/noExplicitAny: scenarios reach into outputs of thirteen operations
export type Plain = Record<string, any>

/** One way in which programs use a client, with the same inputs and outputs for all: items as plain values. */
export interface Dialect {
  readonly name: string
  /** Sends an operation over a client. */
  send(client: base.DynamoDBClient, operation: ItemOperation, input: Plain, options?: { abortSignal?: AbortSignal }): Promise<Plain>
}

type CommandClass = new (input: never) => never

const baseCommands = base as unknown as Readonly<Record<string, CommandClass>>
const libCommands = lib as unknown as Readonly<Record<string, CommandClass>>
const libNames: ReadonlyMap<ItemOperation, string> = new Map([
  ['BatchGetItem', 'BatchGet'],
  ['BatchWriteItem', 'BatchWrite'],
  ['DeleteItem', 'Delete'],
  ['GetItem', 'Get'],
  ['PutItem', 'Put'],
  ['TransactGetItems', 'TransactGet'],
  ['TransactWriteItems', 'TransactWrite'],
  ['UpdateItem', 'Update'],
])

function commandOf(commands: Readonly<Record<string, CommandClass>>, name: string, input: Plain): never {
  const Command = commands[`${name}Command`]
  if (Command === undefined) throw new Error(`There is no ${name}Command.`)
  return new Command(input as never)
}

const translateConfig: lib.TranslateConfig = { marshallOptions: {}, unmarshallOptions: {} }

/** Commands of client-dynamodb, over the client: attribute values in and out. */
const baseDialect: Dialect = {
  name: 'commands of client-dynamodb',
  async send(client, operation, input, options = {}) {
    return unmarshalled(await client.send(commandOf(baseCommands, operation, marshalled(input)), options))
  },
}

/** Commands of lib-dynamodb, over a document client. */
const documentDialect: Dialect = {
  name: 'commands of lib-dynamodb over a DynamoDBDocumentClient',
  async send(client, operation, input, options = {}) {
    const documents = lib.DynamoDBDocumentClient.from(client, translateConfig)
    return documents.send(commandOf(libCommands, libNames.get(operation) ?? operation, input), options) as Promise<Plain>
  },
}

/** Commands of lib-dynamodb, straight over the client, as ElectroDB and dynamodb-toolbox do. */
const mixedDialect: Dialect = {
  name: 'commands of lib-dynamodb over a DynamoDBClient',
  async send(client, operation, input, options = {}) {
    return client.send(commandOf(libCommands, libNames.get(operation) ?? operation, input), options) as Promise<Plain>
  },
}

export const dialects: readonly Dialect[] = [baseDialect, documentDialect, mixedDialect]

const maps = new Set(['Item', 'Key', 'ExpressionAttributeValues', 'ExclusiveStartKey', 'LastEvaluatedKey', 'Attributes'])
const lists = new Set(['Items', 'Keys'])

function marshalled(input: Plain): Plain {
  return walk(input, (item) => marshall(item))
}

function unmarshalled(output: Plain): Plain {
  const { Responses: responses, ...rest } = output
  const walked = walk(rest, (item) => unmarshall(item))
  if (responses === undefined) return walked
  if (Array.isArray(responses)) return { ...walked, Responses: walk(responses, (item) => unmarshall(item)) }
  const byTable = Object.entries(responses as Record<string, Plain[]>).map(([table, items]) => [
    table,
    items.map((item) => unmarshall(item)),
  ])
  return { ...walked, Responses: Object.fromEntries(byTable) }
}

function walk<T>(value: T, change: (item: Plain) => Plain): T {
  if (Array.isArray(value)) return value.map((member) => walk(member, change)) as T
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value as Plain).map(([name, member]) => {
    if (member === undefined) return [name, member]
    if (maps.has(name)) return [name, change(member)]
    if (lists.has(name)) return [name, member.map(change)]
    return [name, walk(member, change)]
  })
  return Object.fromEntries(entries) as T
}
