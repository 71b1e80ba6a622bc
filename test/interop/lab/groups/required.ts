import { contexts, type KeyringPair } from '../../cells.ts'
import { content } from '../../matrix.ts'
import { type Case, type Group, messageClients, writePolicy } from '../case.ts'
import { messages } from '../exchanges/messages.ts'
import { openRequest } from './plain-case.ts'

/** Context keys that are authenticated and not stored. */
export function requiredGroup(keyring: KeyringPair): Group {
  const required: readonly (readonly string[])[] = [['Purpose'], ['Zeta', 'alpha'], Object.keys(contexts.mixedCase)]
  return {
    name: 'required',
    title: 'Required encryption context',
    about:
      'One, two and all of six context keys authenticated and not stored, in suites 0178, 0378, 0478 and 0578. Opened with the whole context and with the required pairs alone; refused without them, and with another value.',
    participants: messageClients,
    cases: ['0178', '0378', '0478', '0578'].flatMap((suite) => required.map((keys) => requiredCase(keyring, suite, keys))),
  }
}

function requiredCase(keyring: KeyringPair, suite: string, requiredKeys: readonly string[]): Case {
  const context = contexts.mixedCase
  const only = Object.fromEntries(Object.entries(context).filter(([key]) => requiredKeys.includes(key)))
  const open = (given: Readonly<Record<string, string>>) => ({ ...openRequest(keyring, suite, given), requiredKeys })
  const [first = ''] = requiredKeys
  return {
    name: `suite ${suite}, required ${requiredKeys.join(', ')}`,
    exchange: messages,
    plaintext: content(200),
    context,
    write: { keyring: keyring.write, suite, commitmentPolicy: writePolicy(suite), frameLength: 128, requiredKeys },
    reads: [
      { name: 'with the whole context', request: open(context), outcome: 'opens' },
      { name: 'with the required pairs', request: open(only), outcome: 'opens' },
      { name: 'without context', request: { ...open({}), requiredKeys: [] }, outcome: 'refused' },
      { name: 'without context, required', request: open({}), outcome: 'refused' },
      { name: 'with another value', request: open({ ...context, [first]: 'another' }), outcome: 'refused' },
    ],
  }
}
