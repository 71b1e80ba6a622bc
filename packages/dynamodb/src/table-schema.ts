import type { AttributeTypeName } from './attribute-types.ts'
import type { AttributeAction, TableConfig } from './table-config.ts'

/** What attributes of each DynamoDB type are in a document. */
export interface DocumentTypes {
  /** A text. */
  readonly S: string
  /** A number. Use {@link typed} where numbers are read as something else. */
  readonly N: number
  /** Bytes. */
  readonly B: Uint8Array
  /** true or false. */
  readonly BOOL: boolean
  /** null. */
  readonly NULL: null
  /** A set of texts. */
  readonly SS: Set<string>
  /** A set of numbers. */
  readonly NS: Set<number>
  /** A set of byte arrays. */
  readonly BS: Set<Uint8Array>
  /** A list; use {@link typed} to say of what. */
  readonly L: unknown[]
  /** A map; use {@link typed} to say of what. */
  readonly M: Record<string, unknown>
}

/** A DynamoDB type that stands for a type of yours in documents; made by {@link typed}. */
export interface TypedAttribute<V> {
  /** The DynamoDB type. */
  readonly type: AttributeTypeName
  /** Exists for the compiler alone. */
  readonly valueType?: V
}

/**
 * A DynamoDB type that stands for a type of yours in documents: the shape of a map or list, the literals of a text.
 *
 * @example
 * ```ts
 * const attributes = { status: { action: 'sign', type: typed<'open' | 'closed'>('S') } } as const
 * ```
 */
export function typed<V>(type: AttributeTypeName): TypedAttribute<V> {
  return { type }
}

/** An attribute in a schema. */
export interface AttributeSchema {
  /** What is done with it. Needed, but for keys. */
  readonly action?: AttributeAction
  /** Its DynamoDB type, checked on write. Without, it may have any. */
  readonly type?: AttributeTypeName | TypedAttribute<unknown>
  /** Whether an item may lack it. Default: it may not. For the compiler alone. */
  readonly optional?: boolean
}

/** The attributes of one kind of item, keys included. */
export type EntitySchema = Readonly<Record<string, AttributeSchema>>

/** What a table's configuration holds beside its attributes. */
/** What a table's schema has beside its attributes. */
export type TableSettings = Omit<TableConfig, 'actions' | 'types'>

/** A table of one kind of item. */
export interface SingleEntitySchema extends TableSettings {
  /** The attributes, keys included. */
  readonly attributes: EntitySchema
  /** Not together with `attributes`. */
  readonly entities?: never
}

/** A table of several kinds of items. */
export interface EntitiesSchema extends TableSettings {
  /**
   * The attributes of each kind of item, keys included. Kinds that share an attribute agree about its action, for the reader of an item does not know
   * its kind; one with the action `context` is in all of them.
   */
  readonly entities: Readonly<Record<string, EntitySchema>>
  /** Not together with `entities`. */
  readonly attributes?: never
}

/** A table, written once for its encryption and for the compiler. */
export type TableSchema = SingleEntitySchema | EntitiesSchema

/** A schema of an attribute, as far as its type goes. */
export interface WithType<T> {
  /** Name of the type, or a typed attribute. */
  readonly type: T
}

/** The value of an attribute. */
export type ValueOf<A> =
  A extends WithType<infer T>
    ? T extends keyof DocumentTypes
      ? DocumentTypes[T]
      : T extends TypedAttribute<infer V>
        ? V
        : unknown
    : unknown

/** A schema of an attribute that a document may lack. */
export interface IsOptional {
  /** Whether it may be lacking. */
  readonly optional: true
}

/** Names of the attributes that a document may lack. */
export type OptionalNames<E> = { [K in keyof E]: E[K] extends IsOptional ? K : never }[keyof E]

/** The document of one kind of item. */
export type DocumentOf<E> = { -readonly [K in Exclude<keyof E, OptionalNames<E>>]: ValueOf<E[K]> } & {
  -readonly [K in OptionalNames<E>]?: ValueOf<E[K]>
}

/** A schema of several kinds of items. */
export interface WithEntities<E> {
  /** The schema of each kind. */
  readonly entities: E
}

/** A schema of one kind of items. */
export interface WithAttributes<A> {
  /** The schema of each attribute. */
  readonly attributes: A
}

/** The documents of a table that has one kind. */
export interface OneDocument<D> {
  /** The one kind. */
  readonly item: D
}

/** The documents of a table, by the name of their kind; `item` where there is one kind. */
export type DocumentsOf<S> =
  S extends WithEntities<infer E>
    ? { readonly [K in keyof E]: DocumentOf<E[K]> }
    : S extends WithAttributes<infer A>
      ? OneDocument<DocumentOf<A>>
      : never
