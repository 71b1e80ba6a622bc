import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Keyring, WrapRequest } from '@strongroom/core'
import type { TableConfig } from '@strongroom/dynamodb'
import { readItemConfig } from './ddb-requests.ts'
import { object, readFields, text } from './fields.ts'
import { readKeyring } from './keyring-requests.ts'
import { keyringOf } from './our-keyrings.ts'
import { type Fields, RequestError } from './protocol.ts'

/** Sends a command through an encrypted client; tables that the request does not configure pass, as in the official clients. */
export async function callDynamoDB(fields: Fields): Promise<Fields> {
  const { endpoint, tables, command, input } = readFields('ddb.call', fields, {
    endpoint: text,
    tables: object,
    command: text,
    input: object,
  })
  // Loaded when first asked for: the SDK takes longer to load than all the rest.
  const [sdk, { withEncryption }] = await Promise.all([import('@aws-sdk/client-dynamodb'), import('@strongroom/dynamodb')])
  const commands = sdk as unknown as Readonly<Record<string, new (given: object) => Parameters<DynamoDBClient['send']>[0]>>
  const Command = /^[A-Z][A-Za-z]+$/.test(command) ? commands[`${command}Command`] : undefined
  if (Command === undefined) throw new RequestError('INPUT_INVALID', `ddb.call: DynamoDB has no command ${JSON.stringify(command)}`)
  const plain = new sdk.DynamoDBClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
  try {
    const { configs, keyring } = await configsOf(tables)
    const client = Object.keys(configs).length === 0 ? plain : withEncryption(plain, { keyring, tables: configs, otherTables: 'pass' })
    const { $metadata: _, ...output } = await client.send(new Command(decodeBytes(input) as object))
    return { output }
  } finally {
    plain.destroy()
  }
}

async function configsOf(tables: Fields): Promise<{ readonly configs: Record<string, TableConfig>; readonly keyring: Keyring }> {
  const configs: Record<string, TableConfig> = {}
  const keyrings = new Map<string, Keyring>()
  for (const [name, fields] of Object.entries(tables)) {
    const { table, keyring } = readItemConfig(object(fields, `tables: ${name}`))
    configs[name] = table
    keyrings.set(table.logicalTableName, await keyringOf(readKeyring(keyring)))
  }
  return { configs, keyring: byTable(keyrings) }
}

/** In the protocol every table has a keyring of its own; the name of its table is in the context of every item. */
function byTable(keyrings: ReadonlyMap<string, Keyring>): Keyring {
  const of = ({ context }: WrapRequest): Keyring => {
    const keyring = keyrings.get(context['aws-crypto-table-name'] ?? '')
    if (keyring === undefined) throw new Error('an item of no table')
    return keyring
  }
  return { recipients: (request) => of(request).recipients(request), unwrap: (edks, request) => of(request).unwrap(edks, request) }
}

/** Attribute values have their bytes in base64. Nothing else of an input is an object of one member B or BS that holds text. */
function decodeBytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decodeBytes)
  if (typeof value !== 'object' || value === null) return value
  const [entry, ...more] = Object.entries(value)
  if (entry !== undefined && more.length === 0) {
    const [name, content] = entry
    if (name === 'B' && typeof content === 'string') return { B: Uint8Array.from(Buffer.from(content, 'base64')) }
    if (name === 'BS' && Array.isArray(content)) return { BS: content.map((text: string) => Uint8Array.from(Buffer.from(text, 'base64'))) }
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, decodeBytes(member)]))
}
