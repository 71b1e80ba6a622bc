import type { Fields } from '../protocol.ts'
import type { Exchange } from './exchanges/exchange.ts'
import type { ImplementationName } from './implementations.ts'

/** One message, item or object, and what every implementation is asked to do with it. */
export interface Case {
  readonly name: string
  /** How it travels. */
  readonly exchange: Exchange
  readonly plaintext: Buffer
  /** The whole encryption context, with what is required and not stored. */
  readonly context: Readonly<Record<string, string>>
  /** The request to the writer, but plaintext and context. */
  readonly write: Fields & { readonly suite: string }
  readonly reads: readonly Read[]
}

/** One thing to do with a message. */
export interface Read {
  readonly name: string
  /** The request to the reader, but what is to be read. */
  readonly request: Fields
  /** Changes the message before it is read. */
  readonly tamper?: (message: Buffer) => Buffer
  /** Whether the plaintext comes back, or every implementation must refuse. */
  readonly outcome: 'opens' | 'refused'
}

/** Cases about one thing: one table of the report. */
export interface Group {
  readonly name: string
  readonly title: string
  /** What is varied, in a sentence or two. */
  readonly about: string
  /** Who takes part. */
  readonly participants: readonly ImplementationName[]
  readonly cases: readonly Case[]
}

/** Who has clients for messages. */
export const messageClients: readonly ImplementationName[] = ['strongroom', 'javascript', 'java', 'python', 'go']

const committing = ['0478', '0578']

/** The strictest policy under which a suite can be written. */
export function writePolicy(suite: string): string {
  return committing.includes(suite) ? 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT' : 'FORBID_ENCRYPT_ALLOW_DECRYPT'
}

/** The strictest policy under which a suite can be read. */
export function readPolicy(suite: string): string {
  return committing.includes(suite) ? 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT' : 'REQUIRE_ENCRYPT_ALLOW_DECRYPT'
}

/** Cycles through values. */
export function cycle<T>(values: readonly T[]): () => T {
  let next = 0
  return () => values[next++ % values.length] as T
}
