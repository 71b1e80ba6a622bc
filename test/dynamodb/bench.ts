import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { type DynamoDBEncryptionSettings, withEncryption } from '@strongroom/dynamodb'
import { type Dialect, dialects, type ItemOperation, type Plain } from './dialects.ts'
import { configOf, keyring, type Tables } from './tables.ts'

/** What a scenario works with: one dialect, over tables that may hold items of other scenarios. */
export interface Bench {
  readonly dialect: Dialect
  readonly tables: Tables
  /** A client without encryption. */
  readonly plain: DynamoDBClient
  /** An id that no other scenario has. */
  id(name: string): string
  /** A client that encrypts `orders` and `events`, and lets `other` pass. */
  encrypted(settings?: Partial<DynamoDBEncryptionSettings>, plain?: DynamoDBClient): DynamoDBClient
  /** Sends over an encrypting client in the dialect. */
  send(operation: ItemOperation, input: Plain, settings?: Partial<DynamoDBEncryptionSettings>): Promise<Plain>
  /** Sends over the client without encryption. */
  raw(operation: ItemOperation, input: Plain): Promise<Plain>
  /** What sending throws; kept in `errors`. */
  fails(operation: ItemOperation, input: Plain, settings?: Partial<DynamoDBEncryptionSettings>): Promise<Plain & Error>
  /** Every error so far, to be searched for plaintext. */
  readonly errors: readonly unknown[]
}

export function benchOf(plain: DynamoDBClient, tables: Tables, dialect: Dialect): Bench {
  const errors: unknown[] = []
  const encrypted: Bench['encrypted'] = (settings = {}, base = plain) =>
    withEncryption(base, { keyring, tables: configOf(tables), otherTables: 'pass', ...settings })
  const standard = encrypted()
  const clientFor = (settings?: Partial<DynamoDBEncryptionSettings>): DynamoDBClient =>
    settings === undefined ? standard : encrypted(settings)
  const [base] = dialects
  return {
    dialect,
    tables,
    plain,
    errors,
    id: (name) => `${dialects.indexOf(dialect)}-${name}`,
    encrypted,
    send: (operation, input, settings) => dialect.send(clientFor(settings), operation, input),
    raw: (operation, input) => (base as Dialect).send(plain, operation, input),
    async fails(operation, input, settings) {
      const error = await rejection(dialect.send(clientFor(settings), operation, input))
      errors.push(error)
      return error as Plain & Error
    },
  }
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`Resolved with ${JSON.stringify(value)}.`)
    },
    (error: unknown) => error,
  )
}
