import { callDynamoDB } from './ddb-call.ts'
import { type ItemConfig, readItemRequest } from './ddb-requests.ts'
import { readKeyring } from './keyring-requests.ts'
import { keyringOf } from './our-keyrings.ts'
import type { Fields, Operation } from './protocol.ts'

/** The operations on items of the Database Encryption SDK. */
export const ddbOperations: readonly (readonly [string, Operation])[] = [
  ['ddb.encryptItem', encryptItem],
  ['ddb.decryptItem', decryptItem],
  ['ddb.call', callDynamoDB],
]

async function encryptItem(fields: Fields): Promise<Fields> {
  const { item, config } = readItemRequest('ddb.encryptItem', fields)
  const encryptor = await encryptorOf(config)
  return { item: (await encryptor.encryptItem(item)).item }
}

async function decryptItem(fields: Fields): Promise<Fields> {
  const { item, config } = readItemRequest('ddb.decryptItem', fields)
  const encryptor = await encryptorOf(config)
  return { item: (await encryptor.decryptItem(item)).item }
}

async function encryptorOf({ table, keyring }: ItemConfig) {
  // Loaded when first asked for: it brings the SDK's marshalling.
  const { createItemEncryptor } = await import('@strongroom/dynamodb')
  return createItemEncryptor({ table, keyring: await keyringOf(readKeyring(keyring)) })
}
