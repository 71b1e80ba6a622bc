import { type ItemSuiteId, StrongroomError } from '@strongroom/core'
import { isOneOf, isText, validateOptions } from '@strongroom/core/options'
import { type AttributeTypeName, typeIds } from './attribute-types.ts'
import { canonicalPath } from './canonical-path.ts'
import { shown } from './errors.ts'
import { isReserved, RESERVED_PREFIX } from './item-attributes.ts'
import { type AttributeAction, attributeActions, type PlaintextOverride, type TableConfig } from './table-config.ts'

/** A table's configuration, validated. */
export interface Table {
  /** Name of the table in errors: the physical one where it is known. */
  readonly name: string
  /** Name of the table that items are bound to. */
  readonly logicalTableName: string
  /** Name of the partition key. */
  readonly partitionKey: string
  /** Name of the sort key, where the table has one. */
  readonly sortKey: string | undefined
  /** Suite of new items. */
  readonly suite: ItemSuiteId
  /** Header version of new items: 2 where an attribute has the action `context`. */
  readonly version: 1 | 2
  /** The action of every configured attribute, keys included. */
  readonly actions: ReadonlyMap<string, AttributeAction>
  /** The action of an attribute in a written item; undefined where such an item must not have it. */
  actionOf(attribute: string): AttributeAction | undefined
  /** Whether an attribute of an item that is read has to be signed: all are, but those that the configuration lets be unsigned. */
  isSigned(attribute: string): boolean
  /** Whether items are written without encrypting them, at this moment. */
  writesPlaintext(): boolean
  /** Whether items that are not encrypted may be read, at this moment. */
  readsPlaintext(): boolean
}

/** What the item format needs beside. */
export interface ResolvedTable extends Table {
  /** The declared types of attributes; one without is of any type. */
  readonly types: ReadonlyMap<string, readonly AttributeTypeName[]>
  /** The canonical path of an attribute. */
  pathOf(attribute: string): Uint8Array
}

const overrides: readonly PlaintextOverride[] = [
  'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
  'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
  'FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ',
]

/**
 * Validates the configuration of a table.
 *
 * @param where - what the configuration belongs to, for the message.
 * @param path - where it stands within options, for the error's `option`.
 * @throws `OPTION_INVALID`
 */
export function resolveTable(
  config: TableConfig,
  options: { readonly name?: string; readonly now?: () => number; readonly where?: string; readonly path?: string } = {},
): ResolvedTable {
  const { where = 'a table', path = '', now = Date.now } = options
  validateOptions<TableConfig>(
    where,
    config,
    {
      logicalTableName: isText,
      partitionKey: isText,
      sortKey: isText,
      actions: isRecord,
      types: isRecord,
      allowedUnsigned: isNames,
      allowedUnsignedPrefix: isText,
      suite: isOneOf(['6700', '6701']),
      plaintextOverride: isOneOf(overrides),
      plaintextUntil: (value) => (value instanceof Date && Number.isFinite(value.getTime()) ? undefined : 'be a valid Date'),
    },
    ['logicalTableName', 'partitionKey', 'actions'],
    path,
  )
  const { logicalTableName, partitionKey, sortKey, allowedUnsignedPrefix: prefix, suite = '6701' } = config
  const wrong = (option: string, message: string): StrongroomError =>
    new StrongroomError('OPTION_INVALID', `${where}: ${message}`, { option: path + option })

  const actions = readActions(config, wrong)
  const version = [...actions.values()].includes('context') ? 2 : 1
  completeKeys(actions, version, config, wrong)
  const unsigned = new Set(config.allowedUnsigned ?? [])
  for (const name of unsigned) if (isReserved(name)) throw wrong('allowedUnsigned', reserved(name))
  for (const [name, action] of actions) {
    if (action === 'ignore') unsigned.add(name)
    else if (unsigned.has(name)) throw wrong('allowedUnsigned', contradiction(name, action, 'allowedUnsigned names it'))
    else if (prefix !== undefined && name.startsWith(prefix))
      throw wrong('allowedUnsignedPrefix', contradiction(name, action, 'its name begins with allowedUnsignedPrefix'))
  }
  const { override, until } = plaintext(config, wrong)
  const overrideIsOn = (): boolean => until === undefined || now() < until
  const paths = new Map<string, Uint8Array>([...actions.keys()].map((name) => [name, canonicalPath(logicalTableName, name)]))
  const isUnsigned = (attribute: string): boolean => unsigned.has(attribute) || (prefix !== undefined && attribute.startsWith(prefix))

  return {
    name: options.name ?? logicalTableName,
    logicalTableName,
    partitionKey,
    sortKey,
    suite,
    version,
    actions,
    types: readTypes(config, actions, wrong),
    actionOf(attribute) {
      const action = actions.get(attribute)
      if (action !== undefined) return action
      return !isReserved(attribute) && isUnsigned(attribute) ? 'ignore' : undefined
    },
    isSigned: (attribute) => !isReserved(attribute) && !isUnsigned(attribute),
    writesPlaintext: () => override === 'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ' && overrideIsOn(),
    readsPlaintext: () => override !== 'FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ' && overrideIsOn(),
    pathOf: (attribute) => paths.get(attribute) ?? canonicalPath(logicalTableName, attribute),
  }
}

type Wrong = (option: string, message: string) => StrongroomError

function readActions({ actions: given }: TableConfig, wrong: Wrong): Map<string, AttributeAction> {
  const actions = new Map<string, AttributeAction>()
  for (const [name, action] of Object.entries(given)) {
    const option = `actions.${name}`
    if (isReserved(name)) throw wrong(option, reserved(name))
    if (isText(name) !== undefined) throw wrong(option, `the attribute ${shown(name)} has no usable name.`)
    if (!attributeActions.includes(action))
      throw wrong(option, `the action of ${shown(name)} must be one of ${attributeActions.join(', ')}.`)
    actions.set(name, action)
  }
  return actions
}

/** Keys are signed, and part of the context as soon as anything is: the official clients demand it. */
function completeKeys(actions: Map<string, AttributeAction>, version: 1 | 2, config: TableConfig, wrong: Wrong): void {
  const { partitionKey, sortKey } = config
  if (partitionKey === sortKey) throw wrong('sortKey', 'partitionKey and sortKey are the same attribute.')
  const expected: AttributeAction = version === 2 ? 'context' : 'sign'
  for (const [option, key] of [
    ['partitionKey', partitionKey],
    ['sortKey', sortKey],
  ] as const) {
    if (key === undefined) continue
    if (isReserved(key)) throw wrong(option, reserved(key))
    const action = actions.get(key)
    if (action !== undefined && action !== expected) {
      const why =
        version === 2
          ? 'since another attribute has the action context, keys have it too'
          : 'DynamoDB has to find the item by it, so it is not encrypted'
      throw wrong(`actions.${key}`, `the key ${shown(key)} must have the action ${expected} or none: ${why}.`)
    }
    actions.set(key, expected)
  }
}

function readTypes(config: TableConfig, actions: ReadonlyMap<string, AttributeAction>, wrong: Wrong): ResolvedTable['types'] {
  const types = new Map<string, readonly AttributeTypeName[]>()
  for (const [name, names] of Object.entries(config.types ?? {})) {
    const option = `types.${name}`
    if (!actions.has(name)) throw wrong(option, `types names the attribute ${shown(name)}, which has no action.`)
    if (!Array.isArray(names) || names.length === 0 || !names.every((type) => Object.hasOwn(typeIds, type)))
      throw wrong(option, `the types of ${shown(name)} must be an array of ${Object.keys(typeIds).join(', ')}.`)
    types.set(name, [...names])
  }
  return types
}

function plaintext(config: TableConfig, wrong: Wrong): { readonly override: PlaintextOverride; readonly until: number | undefined } {
  const { plaintextOverride: override = 'FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ', plaintextUntil } = config
  if (plaintextUntil !== undefined && override === 'FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ')
    throw wrong('plaintextUntil', 'plaintextUntil ends a plaintextOverride, and there is none that lets plaintext pass.')
  return { override, until: plaintextUntil?.getTime() }
}

function reserved(name: string): string {
  return `the attribute ${shown(name)} cannot be configured: names that begin with ${RESERVED_PREFIX} belong to the item format.`
}

function contradiction(name: string, action: AttributeAction, why: string): string {
  return `the attribute ${shown(name)} has the action ${action}, yet ${why}. An attribute is signed or it is not.`
}

function isRecord(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'be an object with an entry for each attribute'
}

function isNames(value: unknown): string | undefined {
  return Array.isArray(value) && value.every((name) => isText(name) === undefined) ? undefined : 'be an array of attribute names'
}
