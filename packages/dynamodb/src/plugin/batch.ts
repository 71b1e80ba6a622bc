import type { CallOptions } from '@strongroom/core'
import { DynamoDBEncryptionError } from '../errors.ts'
import type { Item } from '../item-encryptor.ts'
import { normaliseNumber } from '../number-text.ts'
import type { Call, Input } from './call.ts'
import { callOptions } from './call-options.ts'
import type { Output } from './call-state.ts'
import { canonicalJson } from './canonical-json.ts'
import { given as membersGiven } from './copy-input.ts'
import { itemSize, MAX_BATCH_BYTES } from './item-size.ts'
import { openItems, type ReceivedItem, settle, wholeItems } from './read-items.ts'
import { refuseLegacy } from './refusals.ts'
import type { RejectedItem } from './rejected-item.ts'
import { keyOf, sealItem } from './table-items.ts'
import type { TableEntry } from './table-map.ts'

interface WriteRequest {
  readonly PutRequest?: { readonly Item?: unknown }
  readonly DeleteRequest?: { readonly Key?: Item }
}

/** A part of a batch: what the caller gave for a table. */
type Part<T> = readonly [tableName: string, given: T, entry: TableEntry | undefined]

export async function batchWriteItem(call: Call): Promise<Output> {
  const parts = partsOf<readonly WriteRequest[]>(call)
  const options = callOptions(call)
  let [bytes, added] = [0, 0]
  // Puts by table and key, as the caller gave them.
  const originals = new Map<string, WriteRequest>()
  const sealed = await Promise.all(
    parts.map(async ([tableName, requests, entry]) => {
      const work = requests.map(async (request) => {
        const item = request.PutRequest?.Item
        if (entry === undefined || item === undefined) {
          bytes += itemSize((item ?? request.DeleteRequest?.Key ?? {}) as Item)
          return request
        }
        const put = await sealItem(entry, item, call.operation, options)
        originals.set(placeOf(entry, item as Item), request)
        bytes += put.bytes
        added += put.added
        return { PutRequest: { ...request.PutRequest, Item: put.item } }
      })
      return [tableName, await Promise.all(work)] as const
    }),
  )
  if (bytes > MAX_BATCH_BYTES) {
    throw new DynamoDBEncryptionError(
      'REQUEST_TOO_LARGE',
      `${call.operation} has ${bytes} bytes of items, of which encryption added ${added}; DynamoDB takes ${MAX_BATCH_BYTES}. Send fewer items.`,
    )
  }
  const entries = new Map(parts.map(([tableName, , entry]) => [tableName, entry]))
  return call.send({ ...call.input, RequestItems: Object.fromEntries(sealed) }, async (output) => {
    const left = output['UnprocessedItems'] as Readonly<Record<string, readonly WriteRequest[]>> | undefined
    if (left === undefined) return output
    const mapped = Object.entries(left).map(async ([tableName, requests]) => {
      const entry = entries.get(tableName) ?? call.config.tables.find(tableName)
      const given = entry === undefined ? requests : requests.map((request) => asGiven(request, entry, originals, options))
      return [tableName, await Promise.all(given)] as const
    })
    return { ...output, UnprocessedItems: Object.fromEntries(await Promise.all(mapped)) }
  })
}

/** What was not written comes back as the caller gave it, to be sent again; decrypted, where it cannot be told which it was. */
async function asGiven(
  request: WriteRequest,
  entry: TableEntry,
  originals: ReadonlyMap<string, WriteRequest>,
  options: CallOptions,
): Promise<WriteRequest> {
  if (request.PutRequest === undefined) return request
  const item = request.PutRequest.Item as Item
  return originals.get(placeOf(entry, item)) ?? { PutRequest: { Item: (await entry.encryptor.decryptItem(item, options)).item } }
}

export async function batchGetItem(call: Call): Promise<Output> {
  const parts = partsOf<Input>(call)
  const prepared = parts.map(([tableName, given, entry]) => {
    if (entry === undefined) return { tableName, given, entry, whole: given, project: undefined }
    const members = membersGiven(given)
    refuseLegacy(members, ['AttributesToGet'], call.operation, entry)
    return { tableName, given, entry, ...wholeItems(members) }
  })
  const byTable = new Map(prepared.map((part) => [part.tableName, part]))
  // A table that was named by its ARN may be answered by its name.
  const partOf = (tableName: string) => {
    const entry = call.config.tables.find(tableName)
    return byTable.get(tableName) ?? (entry === undefined ? undefined : prepared.find((part) => part.entry === entry))
  }
  const RequestItems = Object.fromEntries(prepared.map(({ tableName, whole }) => [tableName, whole]))
  const rejected: RejectedItem[] = []
  const answer = await call.send({ ...call.input, RequestItems }, async (output) => {
    const responses = Object.entries((output['Responses'] ?? {}) as Readonly<Record<string, readonly Item[]>>)
    const opened: [string, readonly unknown[]][] = []
    for (const [tableName, items] of responses) {
      const part = partOf(tableName)
      const { entry, project } = part ?? { entry: call.config.tables.find(tableName), project: undefined }
      if (entry === undefined) opened.push([tableName, items])
      else {
        const received = items.map((item): ReceivedItem => ({ entry, item, project: project ?? ((whole) => ({ ...whole })) }))
        opened.push([tableName, (await openItems(call, received, rejected)).filter((item) => item !== undefined)])
      }
    }
    return { ...output, Responses: Object.fromEntries(opened), ...unprocessedKeys(output, partOf) }
  })
  return settle(call, answer, rejected)
}

/** Keys that were not read come back with the projection that the caller gave, to be sent again. */
function unprocessedKeys(output: Output, partOf: (tableName: string) => { readonly given: Input } | undefined): Output {
  const left = output['UnprocessedKeys'] as Readonly<Record<string, Input>> | undefined
  if (left === undefined) return {}
  const mapped = Object.entries(left).map(([tableName, keys]) => {
    const given = partOf(tableName)?.given
    return [tableName, given === undefined ? keys : { ...given, Keys: keys['Keys'] }] as const
  })
  return { UnprocessedKeys: Object.fromEntries(mapped) }
}

function partsOf<T>(call: Call): readonly Part<T>[] {
  const { RequestItems: given } = call.input
  if (typeof given !== 'object' || given === null) {
    throw new DynamoDBEncryptionError('TABLE_NOT_CONFIGURED', `${call.operation} names no table. Give RequestItems.`)
  }
  return Object.entries(given as Readonly<Record<string, T>>).map(
    ([tableName, part]) => [tableName, part, call.config.tables.resolve(tableName, call.operation)] as const,
  )
}

/** Where an item lies, however its key is written. */
function placeOf(entry: TableEntry, item: Item): string {
  const key = Object.entries(keyOf(entry, item)).map(([name, value]) => [
    name,
    value.N === undefined ? value : { N: normaliseNumber(value.N) },
  ])
  return canonicalJson([entry.name, Object.fromEntries(key)])
}
