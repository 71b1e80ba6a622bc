import type { KinesisClient } from '@aws-sdk/client-kinesis'
import { StrongroomError } from '@strongroom/core'
import type { KinesisEncryptionConfig } from './config.ts'
import { kinesisEncryption } from './kinesis-encryption.ts'

/**
 * Makes a client of the same type that encrypts and decrypts the records of configured streams. The given client stays as it is, for dead letters,
 * migration and other streams; both share connections, so destroying one destroys both.
 *
 * PutRecord and PutRecords are encrypted, GetRecords is decrypted. SubscribeToShard is refused for a configured stream; commands without records
 * pass. Each record is one AWS Encryption SDK message, bound to its stream by the encryption context `strongroom-purpose` = `kinesis-record`,
 * `strongroom-stream` = the entry's key in `streams`.
 *
 * Calls throw, beside the SDK's errors: `STREAM_NOT_CONFIGURED`, `STREAM_AMBIGUOUS`, `ITERATOR_UNKNOWN`, `COMMAND_UNSUPPORTED`,
 * `RECORD_TOO_LARGE`, `REQUEST_TOO_LARGE`, `RECORDS_UNDECRYPTABLE`, `PLAINTEXT_REFUSED`, `INPUT_INVALID`, and what encrypting throws
 * (`KEY_TRANSIENT`, `KEY_OPERATIONAL`, …).
 *
 * @throws `OPTION_INVALID`, `SUITE_FORBIDDEN`, `ALREADY_APPLIED`
 * @example
 * ```ts
 * const kinesis = withEncryption(new KinesisClient({}), { keyring, cache: { maxAgeMs: 300_000 }, streams: { orders: {} } })
 * await kinesis.send(new PutRecordCommand({ StreamName: 'orders', PartitionKey: 'order-1', Data: new TextEncoder().encode('hello') }))
 * ```
 */
export function withEncryption<C extends KinesisClient>(client: C, config: KinesisEncryptionConfig): C {
  const plugin = kinesisEncryption(config)
  if (Object.hasOwn(client, 'send')) {
    throw new StrongroomError(
      'OPTION_INVALID',
      'The client has a send of its own, which may go around the encryption. Give withEncryption the client as its class made it.',
      { option: 'client' },
    )
  }
  const properties = Object.getOwnPropertyDescriptors(client) as PropertyDescriptorMap
  // Handlers that the SDK keeps (cacheMiddleware) were resolved without encryption. A copy, and no prototype link to the client, so that none is found.
  const { handlers: _handlers, ...kept } = properties
  const copy = Object.create(Object.getPrototypeOf(client) as object, {
    ...kept,
    middlewareStack: { value: client.middlewareStack.clone(), writable: true, enumerable: true, configurable: true },
  }) as C
  copy.middlewareStack.use(plugin)
  return copy
}
