import { StrongroomError } from '@strongroom/core'
import { DynamoDBEncryptionError } from '../errors.ts'
import type { ItemEncryptor } from '../item-encryptor.ts'
import { tableNameOf } from './table-arn.ts'

/** A configured table. */
export interface TableEntry {
  /** The key in `tables`. */
  readonly name: string
  readonly encryptor: ItemEncryptor
}

/** Finds the configured table behind what a request calls TableName. */
export class TableMap {
  readonly #byName = new Map<string, TableEntry>()
  readonly #otherTables: 'refuse' | 'pass'

  /** @throws `OPTION_INVALID`: two entries are one table, or share a logical name */
  constructor(entries: readonly TableEntry[], otherTables: 'refuse' | 'pass') {
    this.#otherTables = otherTables
    const logical = new Map<string, string>()
    for (const entry of entries) {
      const name = tableNameOf(entry.name)
      if (this.#byName.has(name)) throw invalid(`tables has two entries for the table ${name}. Keep one.`)
      this.#byName.set(name, entry)
      const { logicalTableName } = entry.encryptor.table
      const other = logical.get(logicalTableName)
      if (other !== undefined) {
        throw invalid(
          `The tables ${other} and ${entry.name} have one logicalTableName, so that items of one would pass for items of the other. Give each its own.`,
        )
      }
      logical.set(logicalTableName, entry.name)
    }
  }

  /** All configured tables. */
  get entries(): readonly TableEntry[] {
    return [...this.#byName.values()]
  }

  /** The entry of a table, whether or not other tables may be used. */
  find(tableName: unknown): TableEntry | undefined {
    return typeof tableName === 'string' ? this.#byName.get(tableNameOf(tableName)) : undefined
  }

  /**
   * The entry of a table; undefined for another table that passes.
   *
   * @throws `TABLE_NOT_CONFIGURED`
   */
  resolve(tableName: unknown, operation: string): TableEntry | undefined {
    if (typeof tableName !== 'string' || tableName === '')
      throw new DynamoDBEncryptionError('TABLE_NOT_CONFIGURED', `${operation} names no table. Give TableName.`)
    const entry = this.find(tableName)
    if (entry !== undefined || this.#otherTables === 'pass') return entry
    throw new DynamoDBEncryptionError(
      'TABLE_NOT_CONFIGURED',
      `${operation}: the table ${tableName} is not in tables. Add it, set otherTables: 'pass' to use other tables unencrypted, or use a client without encryption for it.`,
      { table: tableName },
    )
  }
}

function invalid(message: string): StrongroomError {
  return new StrongroomError('OPTION_INVALID', message, { option: 'tables' })
}
