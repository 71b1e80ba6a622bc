import { createHmac, randomBytes } from 'node:crypto'
import type { Input } from './call.ts'
import { canonicalJson } from './canonical-json.ts'

/** How long DynamoDB knows a transaction by its token. Source: Amazon DynamoDB API Reference, "TransactWriteItems". */
const KNOWN_MS = 600_000
const MOST_BYTES = 16 * 2 ** 20

interface Sent {
  readonly digest: string
  readonly items: readonly Input[]
  readonly bytes: number
  readonly at: number
}

/**
 * What was sent of transactions whose caller gave a token. A caller who sends one again means the same transaction; encrypted anew it would be
 * another one, which DynamoDB refuses. Holds ciphertext, and of what was given a keyed digest.
 */
export class SentTransactions {
  readonly #now: () => number
  readonly #key = randomBytes(32)
  readonly #sent = new Map<string, Sent>()
  #bytes = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** What was sent for the same input. */
  find(token: string, input: Input): readonly Input[] | undefined {
    const sent = this.#sent.get(token)
    return sent?.digest === this.#digest(input) && this.#isKnown(sent) ? sent.items : undefined
  }

  remember(token: string, input: Input, items: readonly Input[]): void {
    const digest = this.#digest(input)
    const before = this.#sent.get(token)
    // DynamoDB will refuse another transaction with that token, and the first one may still be asked for.
    if (before !== undefined && before.digest !== digest && this.#isKnown(before)) return
    this.forget(token)
    const sent = { digest, items, bytes: canonicalJson(items).length, at: this.#now() }
    this.#sent.set(token, sent)
    this.#bytes += sent.bytes
    for (const [each, other] of this.#sent) if (this.#bytes > MOST_BYTES || !this.#isKnown(other)) this.forget(each)
  }

  forget(token: string): void {
    this.#bytes -= this.#sent.get(token)?.bytes ?? 0
    this.#sent.delete(token)
  }

  /** A clock that went backwards cannot tell. */
  #isKnown({ at }: Sent): boolean {
    const age = this.#now() - at
    return age >= 0 && age < KNOWN_MS
  }

  #digest(input: Input): string {
    return createHmac('sha256', this.#key).update(canonicalJson(input)).digest('base64')
  }
}
