import type { CallOptions, EncryptionContext } from '@strongroom/core'
import { abortable } from '@strongroom/core/keyring-tools'
import type { KmsClient } from './client-supplier.ts'
import { KmsKeyError } from './errors.ts'
import { failure, type KmsOperation } from './failure.ts'
import type { KeyArn } from './key-arn.ts'
import type { KmsConnection } from './kms-connection.ts'
import { type GuardableCommand, guard } from './request-guard.ts'

/** Bytes of an encryption context in JSON form that KMS takes. */
const MAX_CONTEXT_BYTES = 8192

/** What is sent, and to whom. */
export interface KmsRequest<C extends GuardableCommand> {
  readonly operation: KmsOperation
  readonly key: KeyArn
  readonly command: C
  /** The encryption contexts in it. */
  readonly contexts?: readonly EncryptionContext[]
}

/** Sends a command; one that the SDK may abort. */
export type Send<C, A> = (client: KmsClient, command: C, options: { abortSignal?: AbortSignal }) => Promise<A>

/** What is done with an answer. */
export interface Taking<A, R> {
  /** Takes what is wanted out of it. */
  readonly read: (answer: A) => R
  /** Wipes what was taken for a caller who has left. */
  readonly discard?: ((late: R) => void) | undefined
  /** Runs when the call has ended, which may be after its caller has left. */
  readonly ended?: (() => void) | undefined
}

/**
 * Makes one call of KMS that brings no plaintext.
 *
 * @throws `KEY_TRANSIENT`, `KEY_OPERATIONAL`, `MESSAGE_INVALID`, `ENDPOINT_INSECURE`, `CONTEXT_INVALID`, `OPTION_INVALID`
 */
export function callKms<C extends GuardableCommand, A>(
  connection: KmsConnection,
  request: KmsRequest<C>,
  send: Send<C, A>,
  options?: CallOptions,
): Promise<A> {
  return takeFromKms(connection, request, send, { read: (answer) => answer }, options)
}

/**
 * Makes one call of KMS, and takes from its answer.
 *
 * @throws what `callKms` does, and what `read` does
 */
export async function takeFromKms<C extends GuardableCommand, A, R>(
  { clients, allowInsecureEndpoint }: KmsConnection,
  { operation, key, command, contexts = [] }: KmsRequest<C>,
  send: Send<C, A>,
  { read, discard = () => {}, ended = () => {} }: Taking<A, R>,
  { signal }: CallOptions = {},
): Promise<R> {
  async function call(): Promise<R> {
    signal?.throwIfAborted()
    guard(command, key, key.region, allowInsecureEndpoint)
    const client = await clients.get(key)
    let answer: A
    try {
      answer = await send(client, command, signal === undefined ? {} : { abortSignal: signal })
    } catch (error) {
      const large = contexts.some((context) => Buffer.byteLength(JSON.stringify(context)) > MAX_CONTEXT_BYTES)
      throw error instanceof KmsKeyError ? error : failure(operation, key, key.region, error, large)
    }
    return read(answer)
  }
  return abortable(call().finally(ended), signal, discard)
}

/** The error of an answer that is not what was asked for. */
export function unusableAnswer(operation: KmsOperation, { arn, region }: KeyArn, what: string): KmsKeyError {
  return new KmsKeyError(
    'KEY_OPERATIONAL',
    `AWS KMS ${operation} with ${arn} in ${region} gave ${what}. Something else may be answering in its place.`,
    { keyId: arn, region },
  )
}
