import { DynamoDBEncryptionError } from '../errors.ts'
import type { Call } from './call.ts'
import type { Output } from './call-state.ts'
import { tablesOfStatement } from './statements.ts'

/** ExecuteStatement, BatchExecuteStatement and ExecuteTransaction: statements about encrypted tables are refused. */
export async function executeStatements(call: Call): Promise<Output> {
  const { Statement: one, Statements: several, TransactStatements: transaction } = call.input
  const many = (several ?? transaction) as readonly { readonly Statement?: unknown }[] | undefined
  const statements = many === undefined ? [one] : many.map(({ Statement }) => Statement)
  for (const statement of statements) {
    for (const tableName of tablesOfStatement(statement)) {
      const entry = call.config.tables.resolve(tableName, call.operation)
      if (entry === undefined) continue
      throw new DynamoDBEncryptionError(
        'OPERATION_UNSUPPORTED',
        `${call.operation} is not supported on the encrypted table ${entry.name}: PartiQL would read ciphertext and write plaintext. Use the operations for items.`,
        { table: entry.name },
      )
    }
  }
  return call.send(call.input)
}
