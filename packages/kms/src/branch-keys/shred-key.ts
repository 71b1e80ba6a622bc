import type { TransactWriteItem } from '@aws-sdk/client-dynamodb'
import { type CallOptions, StrongroomError } from '@strongroom/core'
import { isSignal } from '@strongroom/core/keyring-tools'
import { isAnything, isBoolean, isInteger, isText, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { parseKeyArn } from '../key-arn.ts'
import { announceShredded } from '../shredded-keys.ts'
import { backupFacts } from './backup-facts.ts'
import { BranchKeyError } from './errors.ts'
import { ACTIVE_TYPE, BEACON_TYPE, CREATE_TIME, ENC, ID, type Item, KMS_ARN, TYPE, VERSION_PREFIX, versionOf } from './key-item.ts'
import { keyOf } from './key-table.ts'
import { canBeId, notFound, type StoreParts, unusable } from './read-keys.ts'
import { type Destroyed, type HoldingTimes, readReceipt, type ShredReceipt } from './shred-receipt.ts'
import { STATE, type TombstoneState, tombstone, tombstoneReceipt, tombstoneState } from './tombstone.ts'

/** Says who calls, for receipts: the ARN that STS's GetCallerIdentity answers, say. */
export type CallerIdentity = string | (() => string | Promise<string>)

/** Options of `shredKey`. */
export interface ShredKeyOptions {
  /** Only say what would be destroyed. Default false. */
  readonly dryRun?: boolean
  /** Who shreds, for the receipt; default the key store's. A function that fails keeps the key from being shredded. */
  readonly identity?: CallerIdentity
  /** How long processes may hold what they have read: give the longest that any of them is configured with. Each defaults to 24 hours. */
  readonly heldFor?: Partial<HoldingTimes>
  /** Aborts the call; what is half done is carried through by the next one. */
  readonly signal?: AbortSignal
}

const isName: OptionCheck = (value) =>
  isText(value) === undefined && (value as string).length <= 2048 ? undefined : 'be a text of at most 2,048 characters that says who calls'

/** The check of an identity. */
export const isIdentity: OptionCheck = (value) =>
  typeof value === 'function' || isName(value) === undefined ? undefined : `${isName(value)}, or a function that answers one`

const isTime = isInteger(0, 100 * 365 * 86_400_000)
const timeChecks: { readonly [K in keyof HoldingTimes]: OptionCheck } = { ttlMs: isTime, graceMs: isTime, cacheMaxAgeMs: isTime }
const checks: { readonly [K in keyof Required<ShredKeyOptions>]: OptionCheck } = {
  dryRun: isBoolean,
  identity: isIdentity,
  heldFor: isAnything,
  signal: isSignal,
}

/** Pessimistic: a moment that is too early would promise what is not so. */
const DAY_MS = 86_400_000
/** Races with rotations, each of which the next look at the key sees. */
const MOST_LOOKS = 20
/** Actions of a transaction beside the check of the tombstone. */
const MOST_DELETIONS = 99
/** Of the items in a transaction: DynamoDB takes 4 MB. */
const MOST_BYTES = 3 * 2 ** 20
const MOST_VERSIONS = 1000
const MOMENT = /^[0-9TZ:.-]{1,32}$/

/**
 * Destroys a branch key: the tombstone goes first, in the place of the active version and only if that is the one that was read; then everything
 * else, while the tombstone stands; then the tombstone says so. Whoever finds a tombstone that does not, goes on from there.
 */
export async function shredKey(
  parts: StoreParts,
  branchKeyId: string,
  options: ShredKeyOptions,
  defaultIdentity: CallerIdentity | undefined,
): Promise<ShredReceipt> {
  validateOptions('shredKey', options, checks)
  validateOptions('shredKey', options.heldFor ?? {}, timeChecks, [], 'heldFor.')
  if (!canBeId(branchKeyId)) throw notFound(parts, branchKeyId)
  const { dryRun = false, signal } = options
  const call: CallOptions = { signal }
  const heldFor = { ttlMs: DAY_MS, graceMs: DAY_MS, cacheMaxAgeMs: DAY_MS, ...given(options.heldFor) }
  const identity = await identityOf(parts, options.identity ?? defaultIdentity)
  const begun = await begin(parts, branchKeyId, identity, heldFor, dryRun, call)
  if (begun.state === 'intact') return begun
  announceShredded(branchKeyId)
  if (begun.state === 'shredded' || dryRun) return begun
  await deleteItems(parts, branchKeyId, call)
  const receipt = await complete(parts, begun, identity, heldFor, call)
  // A version that was still there may have been read since.
  announceShredded(branchKeyId)
  return receipt
}

/** The receipt that a tombstone has, or the one that it got from this call. */
async function begin(
  parts: StoreParts,
  branchKeyId: string,
  identity: string,
  heldFor: HoldingTimes,
  dryRun: boolean,
  call: CallOptions,
): Promise<ShredReceipt> {
  const { table, logicalName, now } = parts
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const active = await table.get(branchKeyId, ACTIVE_TYPE, call)
    if (active !== undefined && tombstoneState(active) !== undefined) return receiptOf(parts, branchKeyId, active)
    const items = await table.queryAll(branchKeyId, call)
    if (items.length === 0) throw notFound(parts, branchKeyId)
    const kmsKeyArn = parseKeyArn(active?.[KMS_ARN]?.S ?? '')?.arn
    const plan: ShredReceipt = {
      branchKeyId,
      state: 'intact',
      tableName: table.name,
      logicalName,
      ...(kmsKeyArn === undefined ? {} : { kmsKeyArn }),
      destroyed: destroyed(active, items),
      identity,
      startedAt: new Date(now()).toISOString(),
      heldFor,
      backups: await backupFacts(table, call),
    }
    if (dryRun) return plan
    const receipt: ShredReceipt = { ...plan, state: 'shredding' }
    const item = tombstone(branchKeyId, 'started', receipt)
    if (await table.write([{ Put: { TableName: table.name, Item: item, ...unchanged(active) } }], call)) return receipt
  }
  const message = `The branch key ${JSON.stringify(branchKeyId)} in the table ${table.name} was rotated each time it was to be shredded. Stop what rotates it.`
  throw new BranchKeyError('BRANCH_KEY_CONFLICT', message, { branchKeyId })
}

/** The condition that the active item is the one that was read. A rotation since then would have added a version that the receipt lacks. */
function unchanged(active: Item | undefined): Omit<NonNullable<TransactWriteItem['Put']>, 'TableName' | 'Item'> {
  const enc = active?.[ENC]
  if (active === undefined) return { ConditionExpression: 'attribute_not_exists(#id)', ExpressionAttributeNames: { '#id': ID } }
  if (enc !== undefined)
    return {
      ConditionExpression: '#enc = :old',
      ExpressionAttributeNames: { '#enc': ENC },
      ExpressionAttributeValues: { ':old': enc },
    }
  return {
    ConditionExpression: 'attribute_exists(#id) AND attribute_not_exists(#enc) AND attribute_not_exists(#state)',
    ExpressionAttributeNames: { '#id': ID, '#enc': ENC, '#state': STATE },
  }
}

async function deleteItems({ table }: StoreParts, branchKeyId: string, call: CallOptions): Promise<void> {
  const { name: TableName } = table
  for (;;) {
    const others = (await table.queryAll(branchKeyId, call)).filter((item) => item[TYPE]?.S !== ACTIVE_TYPE)
    if (others.length === 0) return
    for (const batch of batches(others)) {
      const deletions = batch.map((item) => ({ Delete: { TableName, Key: keyOf(branchKeyId, item[TYPE]?.S ?? '') } }))
      const check = { ConditionCheck: { TableName, Key: keyOf(branchKeyId, ACTIVE_TYPE), ...isTombstone() } }
      if (!(await table.write([check, ...deletions], call))) throw undone(branchKeyId, TableName)
    }
  }
}

/** As many items as a transaction takes, by number and by size. Those of branch keys are small; somebody else's need not be. */
function* batches(items: readonly Item[]): Iterable<readonly Item[]> {
  let batch: Item[] = []
  let bytes = 0
  for (const item of items) {
    // In JSON an item is larger than DynamoDB counts it.
    const size = Buffer.byteLength(JSON.stringify(item))
    if (batch.length === MOST_DELETIONS || (batch.length > 0 && bytes + size > MOST_BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(item)
    bytes += size
  }
  yield batch
}

async function complete(
  { table, now }: StoreParts,
  begun: ShredReceipt,
  completedBy: string,
  heldFor: HoldingTimes,
  call: CallOptions,
): Promise<ShredReceipt> {
  const { branchKeyId } = begun
  const longest: HoldingTimes = {
    ttlMs: Math.max(begun.heldFor.ttlMs, heldFor.ttlMs),
    graceMs: Math.max(begun.heldFor.graceMs, heldFor.graceMs),
    cacheMaxAgeMs: Math.max(begun.heldFor.cacheMaxAgeMs, heldFor.cacheMaxAgeMs),
  }
  const completedAt = now()
  const receipt: ShredReceipt = {
    ...begun,
    state: 'shredded',
    completedBy,
    completedAt: new Date(completedAt).toISOString(),
    othersMayDecryptUntil: new Date(completedAt + longest.ttlMs + longest.graceMs + longest.cacheMaxAgeMs).toISOString(),
    heldFor: longest,
  }
  const put = { TableName: table.name, Item: tombstone(branchKeyId, 'done', receipt), ...isTombstone('started') }
  if (await table.write([{ Put: put }], call)) return receipt
  const found = await table.get(branchKeyId, ACTIVE_TYPE, call)
  // Another caller came first: there is one receipt.
  if (found !== undefined && tombstoneState(found) === 'done') return receiptOf({ table }, branchKeyId, found)
  throw undone(branchKeyId, table.name)
}

function isTombstone(state?: TombstoneState): {
  ConditionExpression: string
  ExpressionAttributeNames: Record<string, string>
  ExpressionAttributeValues?: Item
} {
  const names = { '#state': STATE, '#enc': ENC }
  return state === undefined
    ? { ConditionExpression: 'attribute_exists(#state) AND attribute_not_exists(#enc)', ExpressionAttributeNames: names }
    : {
        ConditionExpression: '#state = :state AND attribute_not_exists(#enc)',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: { ':state': { S: state } },
      }
}

function destroyed(active: Item | undefined, items: readonly Item[]): Destroyed {
  const activeVersion = versionOf(active?.version?.S ?? '')
  const versions = items.filter((item) => item[TYPE]?.S?.startsWith(VERSION_PREFIX))
  return {
    items: items.length,
    ...(activeVersion === undefined ? {} : { activeVersion }),
    versionCount: versions.length,
    // What is no version or no moment is not copied: a tombstone has to fit into an item, whatever somebody put there.
    versions: versions.slice(0, MOST_VERSIONS).map((item) => ({
      version: versionOf(item[TYPE]?.S ?? '') ?? 'unknown',
      createdAt: MOMENT.exec(item[CREATE_TIME]?.S ?? '')?.[0] ?? 'unknown',
    })),
    beaconKey: items.some((item) => item[TYPE]?.S === BEACON_TYPE),
  }
}

function receiptOf({ table }: Pick<StoreParts, 'table'>, branchKeyId: string, item: Item): ShredReceipt {
  const receipt = readReceipt(tombstoneReceipt(item), branchKeyId)
  if (receipt !== undefined) return receipt
  throw unusable(table, branchKeyId, ACTIVE_TYPE, 'is a tombstone whose receipt cannot be read')
}

async function identityOf({ table }: StoreParts, identity: CallerIdentity | undefined): Promise<string> {
  if (typeof identity === 'string') return identity
  if (identity === undefined) {
    const accessKeyId = await table.accessKeyId()
    return accessKeyId === undefined ? 'unknown' : `access key ${accessKeyId}`
  }
  const answered: unknown = await identity()
  const wrong = isName(answered)
  if (wrong === undefined) return answered as string
  throw new StrongroomError('OPTION_INVALID', `What the function identity answers must ${wrong}.`, { option: 'identity' })
}

function given(times: Partial<HoldingTimes> = {}): Partial<HoldingTimes> {
  return Object.fromEntries(Object.entries(times).filter(([, value]) => value !== undefined))
}

function undone(branchKeyId: string, tableName: string): BranchKeyError {
  const message = `The tombstone of the branch key ${JSON.stringify(branchKeyId)} in the table ${tableName} was taken away while its items were being deleted. Find out by whom, and call shredKey again.`
  return new BranchKeyError('BRANCH_KEY_CONFLICT', message, { branchKeyId })
}
