import type { ItemSuiteId } from '@strongroom/core'
import type { AttributeTypeName } from './attribute-types.ts'

/**
 * What is done with an attribute.
 *
 * - `encrypt`: encrypted and signed.
 * - `sign`: stored in the clear, signed. What keys, indexes and conditions use.
 * - `context`: signed, and part of the encryption context: key services and their logs see it, and it can choose a branch key.
 * - `ignore`: neither; whoever can write to the table can change it.
 */
export type AttributeAction = 'encrypt' | 'sign' | 'context' | 'ignore'

/** All of them. */
export const attributeActions: readonly AttributeAction[] = ['encrypt', 'sign', 'context', 'ignore']

/**
 * Whether items that are not encrypted may be written and read, for the time of a migration.
 *
 * - `FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ`: writes without encrypting, reads both. First step, until every reader has it.
 * - `FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ`: encrypts, reads both. Second step, while old items are rewritten. Whoever can write to the
 *   table can strip an item of its encryption and change it unnoticed.
 * - `FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ`: encrypts, reads encrypted items alone.
 */
export type PlaintextOverride =
  | 'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ'
  | 'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ'
  | 'FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ'

/** How the items of a table are encrypted. `defineTable` makes one out of a schema. */
export interface TableConfig {
  /**
   * Name of the table for the encryption, bound to every item: one that was written under another name does not open. It stays the same where the
   * table is renamed, restored or copied, and no two tables share one.
   */
  readonly logicalTableName: string
  /** Name of the partition key. */
  readonly partitionKey: string
  /** Name of the sort key, where the table has one. */
  readonly sortKey?: string
  /**
   * The action of each attribute; a written item has no other attributes, but for those that `allowedUnsigned` and `allowedUnsignedPrefix` let
   * pass. Keys may be left out: they are signed, and part of the encryption context as soon as another attribute is.
   *
   * On reading, only whether an attribute is signed matters: what is encrypted stands in the item. So `encrypt`, `sign` and `context` may be
   * exchanged over time, and a signed attribute can never become an ignored one, nor the other way round.
   */
  readonly actions: Readonly<Record<string, AttributeAction>>
  /** DynamoDB types that a written attribute may have; one that is not named may be of any. */
  readonly types?: Readonly<Record<string, readonly AttributeTypeName[]>>
  /**
   * Further names of attributes that are not signed, for attributes that have no action any more or never had one. Those with the action `ignore`
   * are such in any case. It may only grow as long as there are items.
   */
  readonly allowedUnsigned?: readonly string[]
  /** Attributes whose names begin with this are not signed, `:` for example. It may never change. */
  readonly allowedUnsignedPrefix?: string
  /** Suite of new items; items of both are read. `6701` signs with a key pair of each item and costs most of a millisecond, `6700` does not. Default `6701`. */
  readonly suite?: ItemSuiteId
  /** Whether plaintext items may be written and read. Default `FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ`. */
  readonly plaintextOverride?: PlaintextOverride
  /** From this moment on, by the clock of this process, `plaintextOverride` is over and the default holds. */
  readonly plaintextUntil?: Date
}

/** A configuration that knows the type of the table's documents; made by `defineTable`. */
export interface TypedTable<T> extends TableConfig {
  /** Exists for the compiler alone. */
  readonly documentType?: T
}
