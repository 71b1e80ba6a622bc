import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { CallOptions } from '@strongroom/core'
import { runtimeOf } from './dynamodb-encryption.ts'
import { DynamoDBEncryptionError } from './errors.ts'
import type { Item, ItemEncryptor } from './item-encryptor.ts'
import type { EncryptableClient } from './with-encryption.ts'

/** A record of DynamoDB Streams: of an event of AWS Lambda, where bytes are base64, or as the SDK's GetRecords answers it. */
export interface StreamRecord {
  /** INSERT, MODIFY or REMOVE. */
  readonly eventName?: string | undefined
  /** ARN of the stream, which names the table. */
  readonly eventSourceARN?: string | undefined
  /** What happened. */
  readonly dynamodb?:
    | {
        /** The item's key. */
        readonly Keys?: Readonly<Record<string, unknown>> | undefined
        /** The item as it is now. */
        readonly NewImage?: Readonly<Record<string, unknown>> | undefined
        /** The item as it was. */
        readonly OldImage?: Readonly<Record<string, unknown>> | undefined
      }
    | undefined
}

/** A record with its images decrypted. */
export interface DecryptedStreamRecord<T> {
  /** INSERT, MODIFY or REMOVE. */
  readonly eventName: string | undefined
  /** The item's key. */
  readonly keys: T
  /** The item as it is now; undefined where it was removed, or where the stream's view has none. */
  readonly newImage: T | undefined
  /** The item as it was; undefined where it was made, or where the stream's view has none. */
  readonly oldImage: T | undefined
}

/** Options of `decryptStreamRecord`. */
export interface DecryptStreamRecordOptions extends CallOptions {
  /** Answer plain JavaScript values, as the document client has them. Default false: attribute values. */
  readonly unmarshalled?: boolean
}

/**
 * Decrypts the images of a record of DynamoDB Streams. The stream's view has to be `NEW_AND_OLD_IMAGES`, `NEW_IMAGE` or `OLD_IMAGE`: of keys alone
 * nothing is verified. Whoever can write to the table can bring old, valid images back; a stream tells in which order.
 *
 * @param source - what decrypts: an item encryptor, or a client made by `withEncryption`, which finds the table by the record's `eventSourceARN`.
 * @throws `TABLE_NOT_CONFIGURED`, and what `decryptItem` throws
 * @example
 * ```ts
 * export const handler = async (event: DynamoDBStreamEvent) => {
 *   for (const record of event.Records) {
 *     const { eventName, newImage } = await decryptStreamRecord(record, dynamodb, { unmarshalled: true })
 *     console.log(eventName, newImage?.status)
 *   }
 * }
 * ```
 */
export function decryptStreamRecord(
  record: StreamRecord,
  source: ItemEncryptor | EncryptableClient,
  options: DecryptStreamRecordOptions & { readonly unmarshalled: true },
): Promise<DecryptedStreamRecord<Record<string, unknown>>>
/** The same, with images of attribute values. */
export function decryptStreamRecord(
  record: StreamRecord,
  source: ItemEncryptor | EncryptableClient,
  options?: DecryptStreamRecordOptions,
): Promise<DecryptedStreamRecord<Record<string, AttributeValue>>>
export async function decryptStreamRecord(
  record: StreamRecord,
  source: ItemEncryptor | EncryptableClient,
  options: DecryptStreamRecordOptions = {},
): Promise<DecryptedStreamRecord<Record<string, unknown>>> {
  const { unmarshalled = false, ...call } = options
  const encryptor = 'decryptItem' in source ? source : encryptorOf(source, record)
  const { Keys = {}, NewImage, OldImage } = record.dynamodb ?? {}
  const form = (item: Item): Record<string, unknown> => (unmarshalled ? unmarshall({ ...item }) : { ...item })
  const open = async (image: Readonly<Record<string, unknown>> | undefined): Promise<Record<string, unknown> | undefined> =>
    image === undefined ? undefined : form((await encryptor.decryptItem(itemOf(image), call)).item)
  const [newImage, oldImage] = await Promise.all([open(NewImage), open(OldImage)])
  return { eventName: record.eventName, keys: form(itemOf(Keys)), newImage, oldImage }
}

function encryptorOf(client: EncryptableClient, { eventSourceARN }: StreamRecord): ItemEncryptor {
  const entry = runtimeOf(client)?.tables.find(eventSourceARN)
  if (entry !== undefined) return entry.encryptor
  throw new DynamoDBEncryptionError(
    'TABLE_NOT_CONFIGURED',
    `A stream record is of ${eventSourceARN ?? 'a stream without an ARN'}, which is no configured table of the client. Add the table, or give its item encryptor.`,
  )
}

/** An image as the low-level client has it: events of Lambda are JSON, with bytes in base64. */
function itemOf(image: Readonly<Record<string, unknown>>): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(image).map(([name, value]) => [name, valueOfJson(value)]))
}

function valueOfJson(value: unknown): AttributeValue {
  const { B, BS, L, M } = value as { readonly B?: unknown; readonly BS?: unknown; readonly L?: unknown; readonly M?: unknown }
  if (B !== undefined) return { B: bytesOf(B) }
  if (Array.isArray(BS)) return { BS: BS.map(bytesOf) }
  if (Array.isArray(L)) return { L: L.map(valueOfJson) }
  if (typeof M === 'object' && M !== null) return { M: itemOf(M as Readonly<Record<string, unknown>>) }
  return value as AttributeValue
}

function bytesOf(value: unknown): Uint8Array {
  return typeof value === 'string' ? Uint8Array.from(Buffer.from(value, 'base64')) : (value as Uint8Array)
}
