import { StrongroomError } from '@strongroom/core'
import { isAnything, isBoolean, isOneOf, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { type AttributeTypeName, typeIds } from './attribute-types.ts'
import { shown } from './errors.ts'
import { resolveTable } from './table.ts'
import { type AttributeAction, attributeActions, type TableConfig, type TypedTable } from './table-config.ts'
import type { AttributeSchema, DocumentsOf, EntitySchema, TableSchema } from './table-schema.ts'

/** A table that was defined: its configuration, which knows its documents. */
export interface DefinedTable<S extends TableSchema = TableSchema> extends TypedTable<DocumentsOf<S>[keyof DocumentsOf<S>]> {
  /** Exists for the compiler alone. */
  readonly schemaType?: S
}

/** What a defined table knows of its schema. */
export interface WithSchema<S> {
  /** Exists for the compiler alone. */
  readonly schemaType?: S
}

/**
 * The type of a defined table's documents: of all kinds, or of the named one.
 *
 * @example
 * ```ts
 * type Customer = ItemOf<typeof shop, 'customer'>
 * ```
 */
export type ItemOf<T, Kind extends string = string> =
  T extends WithSchema<infer S>
    ? string extends Kind
      ? DocumentsOf<S>[keyof DocumentsOf<S>]
      : Kind extends keyof DocumentsOf<S>
        ? DocumentsOf<S>[Kind]
        : never
    : never

const settings = {
  logicalTableName: isAnything,
  partitionKey: isAnything,
  sortKey: isAnything,
  allowedUnsigned: isAnything,
  allowedUnsignedPrefix: isAnything,
  suite: isAnything,
  plaintextOverride: isAnything,
  plaintextUntil: isAnything,
}

const attributeChecks: { readonly [K in keyof Required<AttributeSchema>]: OptionCheck } = {
  action: isOneOf(attributeActions),
  type: (value) =>
    Object.hasOwn(typeIds, String((value as { readonly type?: unknown }).type ?? value))
      ? undefined
      : `be one of ${Object.keys(typeIds).join(', ')}, or come from typed`,
  optional: isBoolean,
}

/**
 * Defines a table once, for its encryption and for the compiler: the configuration that `createItemEncryptor` and `withEncryption` take, with the
 * actions of all kinds of items, from which {@link ItemOf} infers the type of documents. Whatever cannot work is told here.
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * const shop = defineTable({
 *   logicalTableName: 'shop',
 *   partitionKey: 'pk',
 *   sortKey: 'sk',
 *   entities: {
 *     customer: { pk: { type: 'S' }, sk: { type: 'S' }, email: { type: 'S', action: 'encrypt' } },
 *     order: { pk: { type: 'S' }, sk: { type: 'S' }, total: { type: 'N', action: 'encrypt' }, status: { type: 'S', action: 'sign' } },
 *   },
 * })
 * type Order = ItemOf<typeof shop, 'order'>
 * ```
 */
export function defineTable<const S extends TableSchema>(schema: S): DefinedTable<S> {
  validateOptions<TableSchema>('defineTable', schema, { ...settings, attributes: isSchemas, entities: isSchemas } as never, [
    'logicalTableName',
    'partitionKey',
  ])
  const { attributes, entities, ...rest } = schema as TableSchema
  if ((attributes === undefined) === (entities === undefined))
    throw invalid('attributes', 'it needs exactly one of attributes and entities.')
  const kinds = Object.entries(entities ?? { item: attributes as EntitySchema })
  if (kinds.length === 0) throw invalid('entities', 'it needs at least one kind of item.')
  const merged = new Map<string, Merged>()
  for (const [kind, entity] of kinds) {
    const path = entities === undefined ? 'attributes' : `entities.${kind}`
    merge(merged, kind, entity, path)
    for (const key of [rest.partitionKey, rest.sortKey])
      if (key !== undefined && !Object.hasOwn(entity, key)) throw invalid(path, `the key ${shown(key)} is missing in ${path}.`)
  }
  const keys: readonly (string | undefined)[] = [rest.partitionKey, rest.sortKey]
  for (const [name, { action, kinds: holders, optional }] of merged) {
    if (action === undefined && !keys.includes(name)) throw invalid(name, `the attribute ${shown(name)} needs an action.`)
    if (action === 'context' && (optional || holders.length < kinds.length))
      throw invalid(name, `the attribute ${shown(name)} has the action context, so that no kind of item may lack it.`)
  }
  const config: TableConfig = {
    ...rest,
    actions: Object.fromEntries([...merged].flatMap(([name, { action }]) => (action === undefined ? [] : [[name, action] as const]))),
    types: Object.fromEntries([...merged].flatMap(([name, { types }]) => (types === undefined ? [] : [[name, [...types]] as const]))),
  }
  resolveTable(config, { where: 'defineTable' })
  return deepFreeze(config) as DefinedTable<S>
}

/** An attribute over all kinds of items. */
interface Merged {
  readonly action: AttributeAction | undefined
  /** Undefined where one kind allows any. */
  readonly types: ReadonlySet<AttributeTypeName> | undefined
  readonly optional: boolean
  readonly kinds: readonly string[]
}

function merge(merged: Map<string, Merged>, kind: string, entity: EntitySchema, path: string): void {
  if (typeof entity !== 'object' || entity === null) throw invalid(path, `${path} must be an object of attributes.`)
  for (const [name, attribute] of Object.entries(entity)) {
    validateOptions<AttributeSchema>(`defineTable: ${path}.${name}`, attribute, attributeChecks, [], `${path}.${name}.`)
    const { action, type, optional = false } = attribute
    const own = type === undefined ? undefined : typeof type === 'string' ? type : type.type
    const known = merged.get(name)
    if (known !== undefined && known.action !== action) {
      throw invalid(
        `${path}.${name}.action`,
        `${known.kinds.join(' and ')} and ${kind} do not agree about the attribute ${shown(name)}: ${known.action ?? 'no action'} and ${action ?? 'no action'}. Who reads an item does not know its kind.`,
      )
    }
    const before = known === undefined ? new Set<AttributeTypeName>() : known.types
    merged.set(name, {
      action,
      types: own === undefined || before === undefined ? undefined : new Set([...before, own]),
      optional: optional || known?.optional === true,
      kinds: [...(known?.kinds ?? []), kind],
    })
  }
}

function isSchemas(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'be an object'
}

function invalid(option: string, message: string): StrongroomError {
  return new StrongroomError('OPTION_INVALID', `defineTable: ${message}`, { option })
}

/** A configuration is shared by whoever reads and writes the table. */
function deepFreeze(config: TableConfig): TableConfig {
  Object.freeze(config.actions)
  Object.freeze(config.types)
  return Object.freeze(config)
}
