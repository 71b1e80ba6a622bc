import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { ExpressionNames } from '../expressions/expression-reader.ts'
import { tokensOf } from '../expressions/token.ts'
import type { Item } from '../item-encryptor.ts'
import type { Call, Input } from './call.ts'
import { callOptions } from './call-options.ts'
import type { Output } from './call-state.ts'
import { type Projection, projectionOf } from './projection.ts'
import { refuseEncrypted, refuseLegacy } from './refusals.ts'
import { mayPass, type RejectedItem, rejectedItem } from './rejected-item.ts'
import { keyOf } from './table-items.ts'
import type { TableEntry } from './table-map.ts'
import { UndecryptableItemsError } from './undecryptable-items-error.ts'

const legacy = ['AttributesToGet', 'KeyConditions', 'QueryFilter', 'ScanFilter', 'ConditionalOperator']

export async function getItem(call: Call): Promise<Output> {
  const { input, operation } = call
  const entry = call.config.tables.resolve(input['TableName'], operation)
  if (entry === undefined) return call.send(input)
  refuseLegacy(input, legacy, operation, entry)
  const { whole, project } = wholeItems(input)
  return call.send(whole, async (output) => {
    const item = output['Item'] as Item | undefined
    if (item === undefined) return output
    return { ...output, Item: project((await entry.encryptor.decryptItem(item, callOptions(call))).item) }
  })
}

/** Query and Scan. */
export async function queryOrScan(call: Call): Promise<Output> {
  const { input, operation } = call
  const entry = call.config.tables.resolve(input['TableName'], operation)
  if (entry === undefined) return call.send(input)
  refuseLegacy(input, legacy, operation, entry)
  refuseEncrypted(input, ['KeyConditionExpression', 'FilterExpression'], operation, entry)
  const { whole, project } = wholeItems(input)
  const rejected: RejectedItem[] = []
  const answer = await call.send(ofIndex(whole), async (output) => {
    const items = output['Items'] as readonly Item[] | undefined
    if (items === undefined) return output
    const opened = await openItems(
      call,
      items.map((item) => ({ entry, item, project })),
      rejected,
    )
    const good = opened.filter((item) => item !== undefined)
    return { ...output, Items: good, ...('Count' in output ? { Count: good.length } : {}) }
  })
  return settle(call, answer, rejected)
}

/**
 * An index may hold parts of items, which would not verify; or, while plaintext is read, would pass for plaintext items. So whole ones are asked for:
 * DynamoDB fetches what a local index lacks, and refuses where a global one lacks anything.
 */
function ofIndex(input: Input): Input {
  return input['IndexName'] === undefined || input['Select'] === 'COUNT' ? input : { ...input, Select: 'ALL_ATTRIBUTES' }
}

/** An item of an answer, and what is asked of it. */
export interface ReceivedItem {
  readonly entry: TableEntry
  readonly item: Item
  readonly project: Projection
}

/** Decrypts items, at their places; those that fail are undefined, and told in `rejected`, in order. */
export async function openItems(
  call: Call,
  received: readonly ReceivedItem[],
  rejected: RejectedItem[],
): Promise<readonly (Record<string, AttributeValue> | undefined)[]> {
  const options = callOptions(call)
  const outcomes = await Promise.allSettled(
    received.map(async ({ entry, item, project }) => project((await entry.encryptor.decryptItem(item, options)).item)),
  )
  call.signal?.throwIfAborted()
  return outcomes.map((outcome, index) => {
    if (outcome.status === 'fulfilled') return outcome.value
    const { entry, item } = received[index] as ReceivedItem
    rejected.push(rejectedItem(entry.name, keyOf(entry, item), item, outcome.reason))
    return undefined
  })
}

/** Answers an output from which items were rejected, if the configuration lets all of them be skipped. @throws `ITEMS_UNDECRYPTABLE` */
export async function settle(call: Call, output: Output, rejected: readonly RejectedItem[]): Promise<Output> {
  for (const item of rejected) {
    if (mayPass(item) || (await call.config.onRejected(item)) !== 'skip')
      throw new UndecryptableItemsError(call.operation, output, rejected)
  }
  return output
}

/**
 * An item is verified as a whole, so it has to be read as a whole: the projection is left out of the request, which costs no read capacity, and done
 * after decrypting. Names that only the projection used go with it, since DynamoDB takes no unused ones.
 */
export function wholeItems(input: Input): { readonly whole: Input; readonly project: Projection } {
  const { ProjectionExpression: projection, ExpressionAttributeNames: names, Select: select, ...rest } = input
  if (projection === undefined) return { whole: input, project: projectionOf(undefined, undefined) }
  const project = projectionOf(String(projection), names as ExpressionNames)
  const kept = namesUsed(rest, names as ExpressionNames)
  return {
    whole: {
      ...rest,
      ...(Object.keys(kept).length === 0 ? {} : { ExpressionAttributeNames: kept }),
      ...(select === undefined || select === 'SPECIFIC_ATTRIBUTES' ? {} : { Select: select }),
    },
    project,
  }
}

function namesUsed(input: Input, names: ExpressionNames): Record<string, string> {
  const used = new Set<string>()
  for (const parameter of ['KeyConditionExpression', 'FilterExpression']) {
    const expression = input[parameter]
    if (typeof expression !== 'string') continue
    for (const { kind, text } of tokensOf(expression, parameter)) if (kind === 'placeholder') used.add(text)
  }
  return Object.fromEntries(Object.entries(names ?? {}).filter(([name]) => used.has(name)))
}
