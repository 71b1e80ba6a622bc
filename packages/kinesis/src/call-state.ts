import type { StreamEntry } from './stream-map.ts'

const STATE = Symbol('strongroom kinesis call')

/** What the encrypting middleware tells the guard about one call. */
export interface CallState {
  readonly stream: StreamEntry
  /** Base64 of the messages that were made for this call: text, since other middleware could change bytes in place. */
  readonly messages: ReadonlySet<string>
  /** The body that the guard let pass, so that the same body is not parsed again at the end and for every retry. */
  approved?: unknown
}

/** The arguments of a middleware with the state of the call. Not kept in the context, which calls share where the SDK caches handlers. */
export function withCallState<A extends object>(args: A, state: CallState): A {
  return { ...args, [STATE]: state }
}

/** The state of a call; undefined where the encrypting middleware did not see it, or another one dropped it. */
export function callState(args: object): CallState | undefined {
  return (args as { [STATE]?: CallState })[STATE]
}
