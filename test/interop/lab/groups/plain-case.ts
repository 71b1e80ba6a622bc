import type { KeyringPair } from '../../cells.ts'
import { content } from '../../matrix.ts'
import type { Fields } from '../../protocol.ts'
import { type Case, readPolicy, writePolicy } from '../case.ts'
import { messages } from '../exchanges/messages.ts'

/** What a case of the ordinary kind varies. */
export interface PlainCase {
  readonly keyring: KeyringPair
  readonly suite: string
  readonly size: number
  readonly context: Readonly<Record<string, string>>
  readonly frameLength?: number
}

/** A message that is written, and opened with the context given again. */
export function plainCase({ keyring, suite, size, context, frameLength }: PlainCase): Case {
  const name = `${keyring.name}, suite ${suite}, ${size} bytes, frame ${frameLength ?? 'default'}, context ${JSON.stringify(Object.keys(context))}`
  const write = {
    keyring: keyring.write,
    suite,
    commitmentPolicy: writePolicy(suite),
    ...(frameLength === undefined ? {} : { frameLength }),
  }
  const reads = [{ name: 'read', request: openRequest(keyring, suite, context), outcome: 'opens' as const }]
  return { name, exchange: messages, plaintext: content(size), context, write, reads }
}

/** A request to open a message of a suite. */
export function openRequest(keyring: KeyringPair, suite: string, context: Readonly<Record<string, string>>): Fields {
  return { keyring: keyring.read, commitmentPolicy: readPolicy(suite), encryptionContext: context }
}
