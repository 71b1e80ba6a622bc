import type { Output } from './call-state.ts'
import type { PluginConfig } from './plugin-config.ts'

/** The input of an operation, as DynamoDB takes it. */
export type Input = Readonly<Record<string, unknown>>

/** Decrypts what DynamoDB answered. */
export type Decrypt = (output: Output) => Promise<Output>

/** One call on its way down the stack. */
export interface Call {
  readonly config: PluginConfig
  /** The operation, as the wire calls it. */
  readonly operation: string
  /** A copy of what the caller gave, as DynamoDB takes it. */
  readonly input: Input
  readonly signal: AbortSignal | undefined
  /** Sends an input; answers the output that `decrypt` made, in the form that the caller's command has: plain values for one of lib-dynamodb. */
  send(input: Input, decrypt?: Decrypt): Promise<Output>
}

/** Answers a call with the items in it encrypted on their way out and decrypted on their way in. */
export type Handler = (call: Call) => Promise<Output>
