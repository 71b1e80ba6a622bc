import { DynamoDBEncryptionError } from '../errors.ts'
import type { UpdateAction } from '../expressions/update-expression.ts'
import type { Item } from '../item-encryptor.ts'
import type { Call, Input } from './call.ts'
import { callOptions } from './call-options.ts'
import type { Output } from './call-state.ts'
import { given as membersGiven } from './copy-input.ts'
import { decryptReasons } from './error-items.ts'
import { itemSize, MAX_TRANSACTION_BYTES } from './item-size.ts'
import { openItems, type ReceivedItem, settle, wholeItems } from './read-items.ts'
import { refuseActions, refuseEncrypted } from './refusals.ts'
import type { RejectedItem } from './rejected-item.ts'
import { isSame, rewriteParameters, type Snapshot, snapshotOf } from './rewrite.ts'
import { sealItem } from './table-items.ts'
import type { TableEntry } from './table-map.ts'
import { actionsOf, conflict, forbidden, onlyExisting, onlyPlaintext, touchesSigned } from './update-item.ts'

const kinds = ['Put', 'Update', 'Delete', 'ConditionCheck'] as const
type Kind = (typeof kinds)[number]

/** One entry of a transaction, and what is done with it. */
interface Step {
  readonly kind: Kind
  readonly given: Input
  readonly entry: TableEntry | undefined
  readonly actions: readonly UpdateAction[]
  /** Whether the update is made out of the item as it is. */
  rewrites: boolean
}

/** A step as it is sent. */
interface Prepared {
  readonly sent: Input
  readonly bytes: number
  readonly added: number
  readonly snapshot?: Snapshot
}

export async function transactWriteItems(call: Call): Promise<Output> {
  const steps = stepsOf(call)
  const options = callOptions(call)
  const { transactions } = call.config
  const { ClientRequestToken: given } = call.input
  const token = typeof given === 'string' && steps.some(({ entry }) => entry !== undefined) ? given : undefined
  const sent = token === undefined ? undefined : transactions.find(token, call.input)
  if (sent !== undefined) {
    try {
      return await call.send({ ...call.input, TransactItems: sent })
    } catch (error) {
      // It had not been carried out, and cannot be any more as it was made then.
      if (!isCancelled(error)) throw error
    }
  }
  // Encrypted once, whatever the number of attempts: what a retry repeats is the same.
  const fixed = new Map<Step, Prepared>()
  for (let attempt = 1; ; attempt += 1) {
    const prepared = await Promise.all(
      steps.map(async (step) => {
        const known = fixed.get(step)
        if (known !== undefined) return known
        const made = await prepare(call, step)
        if (!step.rewrites) fixed.set(step, made)
        return made
      }),
    )
    checkSize(call, prepared)
    const TransactItems = prepared.map(({ sent }, index) => ({ [(steps[index] as Step).kind]: sent }))
    if (token !== undefined) transactions.remember(token, call.input, TransactItems)
    try {
      return await call.send({ ...call.input, TransactItems })
    } catch (error) {
      if (token !== undefined && isCancelled(error)) transactions.forget(token)
      const changed = await changedSince(call, steps, prepared, error, (step) => fixed.delete(step))
      if (changed === undefined) {
        await decryptReasons(
          error,
          steps.map(({ entry }) => entry),
          options,
        )
        throw error
      }
      if (attempt >= call.config.maxAttempts) throw conflict(changed, attempt, error)
    }
  }
}

function stepsOf(call: Call): readonly Step[] {
  const { operation, config, input } = call
  return listOf(input['TransactItems'], operation).map((item, index): Step => {
    const present = kinds.filter((kind) => item[kind] !== undefined)
    const [kind] = present
    if (kind === undefined || present.length > 1 || Object.keys(item).some((name) => item[name] !== undefined && name !== kind)) {
      throw new DynamoDBEncryptionError(
        'OPERATION_UNSUPPORTED',
        `${operation}: TransactItems[${index}] must have exactly one of ${kinds.join(', ')}.`,
      )
    }
    const given = membersGiven(item[kind] as Input)
    const entry = config.tables.resolve(given['TableName'], operation)
    if (entry === undefined) return { kind, given, entry, actions: [], rewrites: false }
    refuseEncrypted(given, ['ConditionExpression'], operation, entry)
    const actions = kind === 'Update' ? actionsOf(given) : []
    refuseActions(actions, operation, entry)
    const touches = touchesSigned(entry, actions)
    const rewrites = touches && config.updates === 'rewrite'
    const plain = entry.encryptor.table.writesPlaintext()
    if (touches && !rewrites && !plain) throw forbidden(entry, actions, operation)
    return { kind, given: touches && !rewrites ? onlyPlaintext(given) : given, entry, actions, rewrites }
  })
}

async function prepare(call: Call, { kind, given, entry, actions, rewrites }: Step): Promise<Prepared> {
  const options = callOptions(call)
  const sizeOf = (name: string): number => itemSize((given[name] ?? {}) as Item)
  const plainSize = kind === 'Put' ? 0 : sizeOf('Key')
  if (entry === undefined) return { sent: given, bytes: kind === 'Put' ? sizeOf('Item') : plainSize, added: 0 }
  if (kind === 'Put') {
    const { item, bytes, added } = await sealItem(entry, given['Item'], call.operation, options)
    return { sent: { ...given, Item: item }, bytes, added }
  }
  if (!rewrites) {
    const makes = kind === 'Update' && !entry.encryptor.table.writesPlaintext()
    return { sent: makes ? onlyExisting(entry, given) : given, bytes: plainSize, added: 0 }
  }
  const snapshot = await snapshotOf(call.config, entry, given, options)
  const { parameters } = await rewriteParameters(entry, given, snapshot, actions, options)
  const values = (parameters['ExpressionAttributeValues'] ?? {}) as Item
  return { sent: { ...given, ...parameters }, bytes: plainSize + itemSize(values), added: 0, snapshot }
}

/** The table of a rewritten item that others changed while the transaction was made; undefined where it failed for another reason. */
async function changedSince(
  call: Call,
  steps: readonly Step[],
  prepared: readonly Prepared[],
  error: unknown,
  forget: (step: Step) => void,
): Promise<TableEntry | undefined> {
  if (!isCancelled(error)) return undefined
  const { CancellationReasons: reasons = [] } = error as { readonly CancellationReasons?: readonly { readonly Code?: string }[] }
  let changed: TableEntry | undefined
  for (const [index, { snapshot }] of prepared.entries()) {
    const step = steps[index] as Step
    const { entry, given, kind, actions } = step
    if (entry === undefined || reasons[index]?.Code !== 'ConditionalCheckFailed') continue
    const { updates, plain } = call.config
    if (snapshot === undefined && (kind !== 'Update' || updates !== 'rewrite' || plain === undefined)) continue
    const now = await snapshotOf(call.config, entry, given, callOptions(call))
    if (snapshot !== undefined && isSame(entry, actions, snapshot, now)) continue
    if (snapshot === undefined && now.stored !== undefined) continue
    // There is no item yet, and it has to be encrypted as well.
    if (snapshot === undefined) step.rewrites = true
    forget(step)
    changed = entry
  }
  return changed
}

function isCancelled(error: unknown): error is Error {
  return error instanceof Error && error.name === 'TransactionCanceledException'
}

function checkSize({ operation }: Call, prepared: readonly Prepared[]): void {
  const bytes = prepared.reduce((sum, part) => sum + part.bytes, 0)
  if (bytes <= MAX_TRANSACTION_BYTES) return
  const added = prepared.reduce((sum, part) => sum + part.added, 0)
  throw new DynamoDBEncryptionError(
    'REQUEST_TOO_LARGE',
    `${operation} has ${bytes} bytes of items, of which encryption added ${added}; DynamoDB takes ${MAX_TRANSACTION_BYTES}. Split the transaction.`,
  )
}

export async function transactGetItems(call: Call): Promise<Output> {
  const gets = listOf(call.input['TransactItems'], call.operation).map((item) => {
    const given = membersGiven((item['Get'] as Input | undefined) ?? {})
    const entry = call.config.tables.resolve(given['TableName'], call.operation)
    return entry === undefined ? { entry, whole: given, project: undefined } : { entry, ...wholeItems(given) }
  })
  const rejected: RejectedItem[] = []
  const answer = await call.send({ ...call.input, TransactItems: gets.map(({ whole }) => ({ Get: whole })) }, async (output) => {
    const responses = (output['Responses'] ?? []) as readonly { readonly Item?: Item }[]
    const places = responses.flatMap(({ Item: item }, index) => {
      const { entry, project } = gets[index] ?? {}
      return item === undefined || entry === undefined || project === undefined
        ? []
        : [{ index, received: { entry, item, project } as ReceivedItem }]
    })
    const opened = await openItems(
      call,
      places.map(({ received }) => received),
      rejected,
    )
    const byIndex = new Map(places.map(({ index }, at) => [index, opened[at]]))
    const Responses = responses.map((response, index) => {
      if (!byIndex.has(index)) return response
      const item = byIndex.get(index)
      return item === undefined ? {} : { ...response, Item: item }
    })
    return { ...output, Responses }
  })
  return settle(call, answer, rejected)
}

function listOf(given: unknown, operation: string): readonly Input[] {
  if (Array.isArray(given)) return given as readonly Input[]
  throw new DynamoDBEncryptionError('TABLE_NOT_CONFIGURED', `${operation} names no table. Give TransactItems.`)
}
