import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { StrongroomError } from '@strongroom/core'
import type { DynamoDBEncryptionConfig } from './config.ts'
import { dynamodbEncryption } from './dynamodb-encryption.ts'

/** What {@link withEncryption} takes: a `DynamoDBClient`, or a `DynamoDBDocumentClient` of lib-dynamodb. */
export interface EncryptableClient {
  /** The stack of the client. */
  readonly middlewareStack: object
}

/**
 * Makes a client of the same type that encrypts and decrypts the items of configured tables. The given client stays as it is, for migration and
 * other tables; both share connections, so destroying one destroys both. A `DynamoDBDocumentClient` made from the result encrypts as well, and so
 * does whatever is built on either.
 *
 * Every operation that carries items is encrypted and decrypted. Refused are PartiQL on a configured table, conditions and filters on encrypted
 * attributes, legacy parameters, update expressions on signed attributes (see `updates`), and operations that this version does not know.
 * A projection is done after decrypting, since an item is verified as a whole, and so is read as a whole from indexes, too: a global one has to
 * project all attributes.
 *
 * An update of attributes that are not signed does not make an item where there is none, since nobody could read it: it is refused, or a transaction
 * cancelled, unless `updates` is `rewrite`, which makes it encrypted.
 *
 * A transaction that is sent again with its `ClientRequestToken` by the same client is the same transaction. By another client or process it is
 * encrypted anew, and so another one: where the first was carried out, DynamoDB refuses it with `IdempotentParameterMismatchException`.
 *
 * Calls throw, beside the SDK's errors: `TABLE_NOT_CONFIGURED`, `OPERATION_UNSUPPORTED`, `PARAMETER_UNSUPPORTED`, `EXPRESSION_INVALID`,
 * `ATTRIBUTE_ENCRYPTED`, `UPDATE_FORBIDDEN`, `UPDATE_CONFLICT`, `ITEM_TOO_LARGE`, `REQUEST_TOO_LARGE`, `ITEMS_UNDECRYPTABLE`,
 * `PLAINTEXT_REFUSED`, and what an `ItemEncryptor` throws.
 *
 * @throws `OPTION_INVALID`, `ALREADY_APPLIED`
 * @example
 * ```ts
 * const dynamodb = withEncryption(new DynamoDBClient({}), {
 *   keyring,
 *   tables: { orders: { logicalTableName: 'orders', partitionKey: 'id', actions: { status: 'sign', card: 'encrypt' } } },
 * })
 * const documents = DynamoDBDocumentClient.from(dynamodb)
 * await documents.send(new PutCommand({ TableName: 'orders', Item: { id: 'order-1', status: 'open', card: '4111' } }))
 * ```
 */
export function withEncryption<C extends EncryptableClient>(client: C, config: DynamoDBEncryptionConfig): C {
  if (Object.hasOwn(client, 'send')) {
    throw new StrongroomError(
      'OPTION_INVALID',
      'The client has a send of its own, which may go around the encryption. Give withEncryption the client as its class made it.',
      { option: 'client' },
    )
  }
  const given = client as unknown as DynamoDBClient
  const plugin = dynamodbEncryption({ ...config, client: given })
  const properties = Object.getOwnPropertyDescriptors(client) as PropertyDescriptorMap
  // Handlers that the SDK keeps (cacheMiddleware) were resolved without encryption. A copy, and no prototype link to the client, so that none is found.
  const { handlers: _handlers, ...kept } = properties
  const copy = Object.create(Object.getPrototypeOf(client) as object, {
    ...kept,
    middlewareStack: { value: given.middlewareStack.clone(), writable: true, enumerable: true, configurable: true },
  }) as C
  ;(copy as unknown as DynamoDBClient).middlewareStack.use(plugin)
  return copy
}
