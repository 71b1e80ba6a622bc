import { DynamoDBEncryptionError } from '../errors.ts'
import type { Call } from './call.ts'
import type { Output } from './call-state.ts'

/** Operations that make no sense of encrypted items: they pass for other tables. */
export async function refuseConfigured(call: Call): Promise<Output> {
  const entry = call.config.tables.resolve(call.input['TableName'], call.operation)
  if (entry === undefined) return call.send(call.input)
  throw new DynamoDBEncryptionError(
    'OPERATION_UNSUPPORTED',
    `${call.operation} is not supported on the encrypted table ${entry.name}: its index would hold what is not verified. Use a client without encryption on a table of its own.`,
    { table: entry.name },
  )
}
