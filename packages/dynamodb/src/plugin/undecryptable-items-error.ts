import { isStrongroomError } from '@strongroom/core'
import { DynamoDBEncryptionError } from '../errors.ts'
import { mayPass, type RejectedItem } from './rejected-item.ts'

/**
 * An operation that answers many items met some that cannot be decrypted. `output` is what it would have answered without them: the good items,
 * decrypted, and where to go on.
 */
export class UndecryptableItemsError extends DynamoDBEncryptionError<'ITEMS_UNDECRYPTABLE'> {
  /** Every item that was rejected, in the order of the answer. */
  readonly failures: readonly RejectedItem[]
  /** Whether a failure may pass (`transient`, `operational`): the same call may then succeed later. */
  readonly blocked: boolean
  // Private, so that neither util.inspect nor JSON.stringify nor a logger prints plaintext.
  readonly #output: Readonly<Record<string, unknown>>

  /** Made by the adapter. */
  constructor(operation: string, output: Readonly<Record<string, unknown>>, failures: readonly RejectedItem[]) {
    const first = failures.slice(0, 3).map((failure) => `${failure.table}: ${failure.class}, ${failure.cause.message}`)
    const more = failures.length > first.length ? ` and ${failures.length - first.length} more` : ''
    super(
      'ITEMS_UNDECRYPTABLE',
      `${operation}: ${failures.length} of the items cannot be decrypted (${first.join('; ')}${more}). The good ones are in this error's output; set onRejected to choose what happens to the others.`,
      { table: failures[0]?.table, cause: failures[0]?.cause },
    )
    this.failures = Object.freeze([...failures])
    this.blocked = failures.some(mayPass)
    this.#output = output
  }

  /** What the operation would have answered without the rejected items, in the form of the command: plain values for one of lib-dynamodb. */
  get output(): Readonly<Record<string, unknown>> {
    return this.#output
  }

  /** Always `UndecryptableItemsError`. */
  override get name(): string {
    return 'UndecryptableItemsError'
  }
}

/** Tells whether a value is an {@link UndecryptableItemsError}, of any installed copy. */
export function isUndecryptableItemsError(value: unknown): value is UndecryptableItemsError {
  return isStrongroomError(value, 'ITEMS_UNDECRYPTABLE')
}
