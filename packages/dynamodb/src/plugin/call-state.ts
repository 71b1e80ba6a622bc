const STATE = Symbol('strongroom dynamodb call')

/** An output of the client. */
export type Output = Readonly<Record<string, unknown>>

/** What the encrypting middleware tells those further down the stack about one request. */
export interface CallState {
  /** The operation, as the wire calls it. */
  readonly operation: string
  /** The canonical JSON of the input as it may be sent. */
  readonly body: string
  /** Decrypts the output, which is still what DynamoDB answered; undefined where there is nothing to decrypt. */
  readonly decrypt: ((output: Output) => Promise<Output>) | undefined
  /** What decrypting threw. Kept, since an error at that place would have the SDK send the request again. */
  failure?: unknown
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
