import { batchGetItem, batchWriteItem } from './batch.ts'
import type { Handler } from './call.ts'
import { executeStatements } from './partiql.ts'
import { getItem, queryOrScan } from './read-items.ts'
import { refuseConfigured } from './refuse-configured.ts'
import { transactGetItems, transactWriteItems } from './transact.ts'
import { updateItem } from './update-item.ts'
import { deleteItem, putItem } from './write-item.ts'

const handlers: ReadonlyMap<string, Handler> = new Map([
  ['BatchExecuteStatement', executeStatements],
  ['BatchGetItem', batchGetItem],
  ['BatchWriteItem', batchWriteItem],
  ['DeleteItem', deleteItem],
  ['ExecuteStatement', executeStatements],
  ['ExecuteTransaction', executeStatements],
  ['GetItem', getItem],
  ['PutItem', putItem],
  ['Query', queryOrScan],
  ['Scan', queryOrScan],
  ['SearchVectors', refuseConfigured],
  ['TransactGetItems', transactGetItems],
  ['TransactWriteItems', transactWriteItems],
  ['UpdateItem', updateItem],
])

/** What answers an operation that carries items or statements. */
export function handlerOf(operation: string): Handler | undefined {
  return handlers.get(operation)
}
