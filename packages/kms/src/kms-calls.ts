import { type CallOptions, type EncryptionContext, SecretBytes } from '@strongroom/core'
import type { KmsOperation } from './failure.ts'
import type { KeyArn } from './key-arn.ts'
import { type Send, type Taking, takeFromKms, unusableAnswer } from './kms-call.ts'
import type { KmsConnection } from './kms-connection.ts'
import type { GuardableCommand } from './request-guard.ts'

/** What the answers of all operations with a key have in common. */
export interface KmsAnswer {
  readonly KeyId?: string | undefined
}

/** One call with the key. */
export interface KeyedCall<C extends GuardableCommand, A extends KmsAnswer, R> extends Taking<A, R> {
  readonly operation: KmsOperation
  readonly command: C
  /** Sends the command, by a client that knows its type. */
  readonly send: Send<C, A>
  /** The encryption context in it. */
  readonly context?: EncryptionContext
}

/** The calls of one key. */
export interface KmsCalls {
  /** The grant tokens as a member of an input. */
  readonly tokens: { readonly GrantTokens?: string[] }
  /** Makes a call, and takes from its answer once it is known to be this key's. */
  make<C extends GuardableCommand, A extends KmsAnswer, R>(call: KeyedCall<C, A, R>, options?: CallOptions): Promise<R>
  /** A secret member of an answer, moved out of it, of the length asked for where one was. */
  secretOf(operation: KmsOperation, member: string, bytes: Uint8Array | undefined, length?: number): SecretBytes
}

/** The calls of a key over a connection. Errors are those of `takeFromKms`. */
export function callsOf(key: KeyArn, connection: KmsConnection): KmsCalls {
  const { grantTokens } = connection
  return {
    tokens: grantTokens.length === 0 ? {} : { GrantTokens: [...grantTokens] },

    make({ operation, command, send, context, read, discard, ended }, options) {
      const contexts = context === undefined ? [] : [context]
      const taking = { read: (answer: Parameters<typeof read>[0]) => read(ofKey(operation, key, answer)), discard, ended }
      return takeFromKms(connection, { operation, key, command, contexts }, send, taking, options)
    },

    secretOf(operation, member, bytes, length) {
      if (bytes === undefined || bytes.length === 0) throw unusableAnswer(operation, key, `no ${member}`)
      const secret = SecretBytes.take(bytes)
      if (length === undefined || secret.length === length) return secret
      secret.dispose()
      throw unusableAnswer(operation, key, `${secret.length} bytes where ${length} were asked for`)
    },
  }
}

/** The answer, if it is the key's; else nobody may have what it brought. */
function ofKey<A extends KmsAnswer>(operation: KmsOperation, key: KeyArn, answer: A): A {
  if (answer.KeyId === key.arn) return answer
  for (const member of Object.values(answer)) if (member instanceof Uint8Array) member.fill(0)
  throw unusableAnswer(operation, key, 'the answer of another key')
}
