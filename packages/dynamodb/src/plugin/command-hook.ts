import type { MiddlewareStack } from '@smithy/types'

// biome-ignore lint/suspicious/noExplicitAny: stacks of clients and of their document clients have no common type of inputs and outputs
export type AnyStack = MiddlewareStack<any, any>

/** Where a command's stack of its own has its middleware. */
export interface CommandShape {
  /** Whether the command takes and answers plain JavaScript values, which lib-dynamodb marshalls. */
  readonly isDocument: boolean
}

/**
 * Has `add` put middleware on every stack that a command is sent with: the client's, followed by the command's own. No place on the client's stack
 * serves commands of the client and of lib-dynamodb alike, since those bring their marshalling along, and it comes after all that the client has.
 */
export function hookCommands(stack: AnyStack, add: (combined: AnyStack, shape: CommandShape) => void): void {
  const concat = stack.concat.bind(stack)
  stack.concat = ((from: AnyStack) => {
    const combined = concat(from) as AnyStack
    add(combined, { isDocument: marshalls(from) })
    return combined
  }) as typeof stack.concat
}

/**
 * Whether a command's stack marshalls. It is played into a recorder, since `identify` leaves out what is placed beside middleware that is not there
 * yet, in some versions of the SDK.
 */
function marshalls(stack: AnyStack): boolean {
  let found = false
  const record = (_middleware: unknown, options?: { readonly name?: string }): void => {
    if (options?.name === 'DocumentMarshall') found = true
  }
  const nothing = (): undefined => undefined
  const recorder = { add: record, addRelativeTo: record, use: nothing, remove: nothing, identifyOnResolve: nothing, identify: () => [] }
  stack.applyToStack(recorder as unknown as AnyStack)
  return found
}
