import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Observer } from '@strongroom/core'
import type { RejectedItem } from './rejected-item.ts'
import type { SentTransactions } from './sent-transactions.ts'
import type { TableMap } from './table-map.ts'

/** What to do with an item that will never decrypt. */
export type RejectedItemAction = 'throw' | 'skip'

/** A decision on each item that will never decrypt. */
export type RejectedItemHandler = (rejected: RejectedItem) => RejectedItemAction | Promise<RejectedItemAction>

/** A validated configuration of the plugin. */
export interface PluginConfig {
  readonly tables: TableMap
  readonly updates: 'refuse' | 'rewrite'
  readonly onRejected: RejectedItemHandler
  readonly observer: Observer | undefined
  /** The client that does not encrypt, to read what an update is about. */
  readonly plain: DynamoDBClient | undefined
  /** Transactions with a token, so that they can be sent again. */
  readonly transactions: SentTransactions
  /** How often an update that meets other writers is tried. */
  readonly maxAttempts: number
}
