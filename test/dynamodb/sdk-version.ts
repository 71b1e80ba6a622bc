/**
 * Sends every command of an SDK, and of its lib-dynamodb, through an encrypted client of it, with a marked plaintext in whatever carries items, and
 * looks for the marker in what arrives and in what the SDK logs. Prints what it saw as JSON. The SDK in the folder that the first argument names
 * takes the place of the one that is installed, for this package as well.
 */
import { createRequire, registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { generateAesKey, rawAesKeyring } from '@strongroom/core'
import { startEmbeddedDynamoDB } from '@strongroom/testing'
import { operationKind, operationOf } from '../../packages/dynamodb/src/plugin/operations.ts'

const MARKER = 'MARKER-4000-0012-3456-7899'
const [folder] = process.argv.slice(2)
if (folder !== undefined) {
  const { resolve } = createRequire(`${folder}/x.js`)
  const names = ['@aws-sdk/client-dynamodb', '@aws-sdk/lib-dynamodb', '@aws-sdk/util-dynamodb']
  // All at first: looking one up would ask the hook.
  const urls = new Map(names.map((name) => [name, pathToFileURL(resolve(name)).href]))
  registerHooks({
    resolve(specifier, context, next) {
      const url = urls.get(specifier)
      return url === undefined ? next(specifier, context) : { url, shortCircuit: true }
    },
  })
}
const sdk = await import('@aws-sdk/client-dynamodb')
const lib = await import('@aws-sdk/lib-dynamodb')
const { withEncryption } = await import('@strongroom/dynamodb')

type Command = new (input: object) => InstanceType<typeof sdk.PutItemCommand>
const lines: string[] = []
const log = (...content: unknown[]): void => {
  lines.push(inspect(content, { depth: 8 }))
}
await using dynamodb = await startEmbeddedDynamoDB()
const plain = new sdk.DynamoDBClient({ ...dynamodb.clientConfig, maxAttempts: 1, logger: { debug: log, info: log, warn: log, error: log } })
const TableName = 'orders'
await plain.send(
  new sdk.CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  }),
)
const keyring = rawAesKeyring({ namespace: 'test', name: 'kek', key: generateAesKey() })
const tables = { orders: { logicalTableName: 'orders', partitionKey: 'id', actions: { card: 'encrypt' } } } as const
const client = withEncryption(plain, { keyring, tables, updates: 'rewrite' })
const documents = lib.DynamoDBDocumentClient.from(client)

/** Round trips in the three ways in which programs use the SDK, an update and a page among them. */
async function goesRound(): Promise<readonly boolean[]> {
  const item = { id: { S: 'base' }, card: { S: MARKER } }
  await client.send(new sdk.PutItemCommand({ TableName, Item: item }))
  const { Item } = await client.send(new sdk.GetItemCommand({ TableName, Key: { id: { S: 'base' } } }))
  const seen = [Item?.['card']?.S === MARKER]
  for (const [id, sender] of [
    ['document', documents],
    ['lib-on-base', client as unknown as typeof documents],
  ] as const) {
    await sender.send(new lib.PutCommand({ TableName, Item: { id, card: 'first' } }))
    await sender.send(
      new lib.UpdateCommand({ TableName, Key: { id }, UpdateExpression: 'SET card = :c', ExpressionAttributeValues: { ':c': MARKER } }),
    )
    const { Item: found } = await sender.send(new lib.GetCommand({ TableName, Key: { id } }))
    const { Items } = await sender.send(new lib.ScanCommand({ TableName }))
    seen.push(found?.['card'] === MARKER, Items?.some((other) => other['card'] === MARKER) === true)
  }
  return seen
}

const commandsOf = (module: object) =>
  Object.entries(module).filter(([name]) => /^[A-Z]\w+Command$/.test(name) && !name.startsWith('DynamoDBDocument'))

/** An input that has something for every command, and the marker wherever an item goes. */
function inputOf(value: (content: string) => unknown): object {
  const Item = { id: value('any'), card: value(MARKER) }
  const Key = { id: value('any') }
  const update = { TableName, Key, UpdateExpression: 'SET card = :c', ExpressionAttributeValues: { ':c': value(MARKER) } }
  return {
    ...{ TableName, Item, Key, UpdateExpression: update.UpdateExpression, ExpressionAttributeValues: update.ExpressionAttributeValues },
    ...{
      Statement: `INSERT INTO "orders" VALUE {'id': 'any', 'card': '${MARKER}'}`,
      IndexName: 'i',
      SearchVector: [value(MARKER)],
      TopK: 1,
    },
    Statements: [{ Statement: `UPDATE orders SET card='${MARKER}' WHERE id='any'` }],
    TransactStatements: [{ Statement: `UPDATE orders SET card='${MARKER}' WHERE id='any'` }],
    RequestItems: { [TableName]: [{ PutRequest: { Item } }] },
    TransactItems: [{ Put: { TableName, Item } }],
  }
}

const round = await goesRound()
const commands = [...commandsOf(sdk), ...commandsOf(lib)]
for (const [module, sender, value] of [
  [sdk, client, (content: string) => ({ S: content })],
  [lib, documents, (content: string) => content],
  [lib, client, (content: string) => content],
] as const) {
  for (const [name, made] of commandsOf(module)) {
    // It would take the table away.
    if (name === 'DeleteTableCommand') continue
    // Commands that carry no items are let through as they are, whatever else they are given.
    const input = operationKind(operationOf(name)) === 'passes' ? { TableName } : inputOf(value)
    const command = new (made as unknown as Command)(input)
    await (sender as typeof client).send(command).catch(() => undefined)
  }
}
const leaking = (): readonly string[] =>
  dynamodb.requests.filter(({ body }) => Buffer.from(body).includes(MARKER)).map(({ operation }) => operation)
const logged = (): number => lines.filter((line) => line.includes(MARKER)).length
const seen = { commands: commands.length, requests: dynamodb.requests.length, lines: lines.length, leaking: leaking(), logged: logged() }
// What does leak is found.
await plain.send(new sdk.PutItemCommand({ TableName, Item: { id: { S: 'control' }, card: { S: MARKER } } }))
const control = { leaking: leaking(), isLogged: logged() > 0 }
plain.destroy()
console.log(JSON.stringify({ round, ...seen, control }))
process.exit()
