import { type CallOptions, type EncryptionContext, StrongroomError } from '@strongroom/core'
import { isSignal } from '@strongroom/core/keyring-tools'
import { isInteger, isText, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { ACTIVE_TYPE, ID, type Item, ownContextOf, readKeyItem, TYPE, VERSION_PREFIX, versionOf } from './key-item.ts'
import { activeItem, canBeId, notFound, type StoreParts, shredded, unusable } from './read-keys.ts'
import { tombstoneState } from './tombstone.ts'

/** A branch key in use, as its item says: KMS was not asked. */
export interface UsableBranchKey {
  /** What the others are not. */
  readonly state: 'active'
  /** Its id. */
  readonly branchKeyId: string
  /** The active version, a UUID. */
  readonly version: string
  /** When the active version was made, as the item has it: ISO 8601, to the microsecond. */
  readonly createdAt: string
  /** The KMS key, as it was named when the branch key was made. */
  readonly kmsKeyArn: string
  /** The branch key's own encryption context. */
  readonly encryptionContext: EncryptionContext
}

/** A branch key that was shredded, or is being. */
export interface ShreddedBranchKey {
  /** `shredding` until `shredKey` was carried through: call it again where its caller was killed. */
  readonly state: 'shredding' | 'shredded'
  /** Its id. */
  readonly branchKeyId: string
}

/** An active item that is none of a branch key. */
export interface InvalidBranchKey {
  /** What the others are not. */
  readonly state: 'invalid'
  /** Its id. */
  readonly branchKeyId: string
  /** What is wrong, as the end of a sentence on the item. */
  readonly problem: string
}

/** What an item in the place of an active version says. */
export type BranchKeyFacts = UsableBranchKey | ShreddedBranchKey | InvalidBranchKey

/** A version of a branch key, as its item says: KMS was not asked. */
export interface BranchKeyVersionFacts {
  /** Id of the branch key. */
  readonly branchKeyId: string
  /** The version, a UUID. */
  readonly version: string
  /** When it was made, as the item has it: ISO 8601, to the microsecond. */
  readonly createdAt: string
  /** Whether it was the version to write with when listing began. */
  readonly active: boolean
}

/** A part of a list. */
export interface Page<T> {
  /** What it holds; may be nothing while `next` is there. */
  readonly items: readonly T[]
  /** Where the next page starts; absent on the last one. */
  readonly next?: string
}

/** Options of a listing. */
export interface ListOptions {
  /** Items that DynamoDB reads for a page, at most 1,000; with `listKeys` those of other types count. Default what fits into 1 MB. */
  readonly pageSize?: number
  /** Aborts the call. */
  readonly signal?: AbortSignal
}

/** Options of one page of a listing. */
export interface ListPageOptions extends ListOptions {
  /** `next` of the page before. */
  readonly after?: string
}

/** Options of a listing of branch keys. */
export interface ListKeysOptions extends ListOptions {
  /** Only branch keys in use whose active version was made before this moment: those that are due for rotation. */
  readonly createdBefore?: Date
}

/** Options of one page of a listing of branch keys. */
export interface ListKeysPageOptions extends ListKeysOptions, ListPageOptions {}

const listChecks: { readonly [K in keyof Required<ListPageOptions>]: OptionCheck } = {
  pageSize: isInteger(1, 1000),
  after: isText,
  signal: isSignal,
}
const listKeysChecks: { readonly [K in keyof Required<ListKeysPageOptions>]: OptionCheck } = {
  ...listChecks,
  createdBefore: (value) => (value instanceof Date && Number.isFinite(value.getTime()) ? undefined : 'be a valid Date'),
}

/** Where a listing goes on. */
interface Cursor {
  /** The listing it belongs to. */
  readonly of: string
  readonly id: string
  readonly type: string
  /** The active version, where versions are listed. */
  readonly active?: string
}

/** A page of branch keys. */
export async function listKeysPage(parts: StoreParts, options: ListKeysPageOptions): Promise<Page<BranchKeyFacts>> {
  validateOptions('listKeysPage', options, listKeysChecks)
  const { pageSize, after, createdBefore, signal } = options
  const cursor = after === undefined ? undefined : readCursor(after, 'keys')
  const { items, next } = await parts.table.scan(ACTIVE_TYPE, pageSize, startOf(cursor), { signal })
  const limit = createdBefore?.getTime()
  const facts = items.map((item) => factsOf(parts, item))
  return {
    items: limit === undefined ? facts : facts.filter((each) => each.state === 'active' && Date.parse(each.createdAt) < limit),
    ...nextOf(next, { of: 'keys' }),
  }
}

/** What the active item of one branch key says. */
export async function describeKey(parts: StoreParts, branchKeyId: string, options: CallOptions): Promise<BranchKeyFacts> {
  const found = canBeId(branchKeyId) ? await parts.table.get(branchKeyId, ACTIVE_TYPE, options) : undefined
  if (found === undefined) throw notFound(parts, branchKeyId)
  return factsOf(parts, found)
}

/** A page of the versions of one branch key. */
export async function listVersionsPage(
  parts: StoreParts,
  branchKeyId: string,
  options: ListPageOptions,
): Promise<Page<BranchKeyVersionFacts>> {
  validateOptions('listVersionsPage', options, listChecks)
  const { pageSize, after, signal } = options
  const cursor = after === undefined ? undefined : readCursor(after, `versions of ${branchKeyId}`)
  const active = cursor?.active ?? (await activeVersion(parts, branchKeyId, { signal }))
  const { items, next } = await parts.table.query(branchKeyId, VERSION_PREFIX, pageSize, startOf(cursor), { signal })
  return {
    items: items.map((item) => versionFacts(parts, branchKeyId, item, active)),
    ...nextOf(next, { of: `versions of ${branchKeyId}`, active }),
  }
}

/** Everything that pages hold, each fetched when it is needed. */
export async function* everyItem<T>(page: (after: string | undefined) => Promise<Page<T>>): AsyncGenerator<T, void, undefined> {
  let after: string | undefined
  do {
    const { items, next } = await page(after)
    yield* items
    after = next
  } while (after !== undefined)
}

async function activeVersion(parts: StoreParts, branchKeyId: string, options: CallOptions): Promise<string> {
  const found = await activeItem(parts, branchKeyId, options)
  if (found === undefined) throw notFound(parts, branchKeyId)
  return versionOf(found.version?.S ?? '') ?? ''
}

function versionFacts(parts: StoreParts, branchKeyId: string, item: Item, active: string): BranchKeyVersionFacts {
  const type = item[TYPE]?.S ?? ''
  const version = versionOf(type)
  const read = version === undefined ? 'names no version' : readKeyItem(item, branchKeyId, type, parts.logicalName)
  if (version === undefined || typeof read === 'string') throw unusable(parts.table, branchKeyId, type, read as string)
  return { branchKeyId, version, createdAt: read.createTime, active: version === active }
}

function factsOf(parts: StoreParts, item: Item): BranchKeyFacts {
  const branchKeyId = item[ID]?.S ?? ''
  const tombstone = tombstoneState(item)
  if (tombstone !== undefined) {
    shredded(parts, branchKeyId)
    return { state: tombstone === 'done' ? 'shredded' : 'shredding', branchKeyId }
  }
  const read = readKeyItem(item, branchKeyId, ACTIVE_TYPE, parts.logicalName)
  if (typeof read === 'string') return { state: 'invalid', branchKeyId, problem: read }
  const { version, createTime: createdAt, kmsArn: kmsKeyArn, context } = read
  if (Number.isNaN(Date.parse(createdAt))) return { state: 'invalid', branchKeyId, problem: 'has no moment as its create-time' }
  return { state: 'active', branchKeyId, version: version as string, createdAt, kmsKeyArn, encryptionContext: ownContextOf(context) }
}

function startOf(cursor: Cursor | undefined): Item | undefined {
  return cursor && { [ID]: { S: cursor.id }, [TYPE]: { S: cursor.type } }
}

function nextOf(next: Item | undefined, { of, active }: { of: string; active?: string }): { next?: string } {
  if (next === undefined) return {}
  const cursor: Cursor = { of, id: next[ID]?.S ?? '', type: next[TYPE]?.S ?? '', ...(active === undefined ? {} : { active }) }
  return { next: Buffer.from(JSON.stringify(cursor)).toString('base64url') }
}

function readCursor(after: string, of: string): Cursor {
  try {
    const cursor = JSON.parse(Buffer.from(after, 'base64url').toString()) as Cursor
    const texts = [cursor.id, cursor.type, cursor.active ?? '']
    if (cursor.of === of && texts.every((text) => typeof text === 'string')) return cursor
  } catch {
    // Refused below.
  }
  throw new StrongroomError('OPTION_INVALID', 'The option after has to be the `next` of a page of the same listing.', { option: 'after' })
}
