import { contexts, type KeyringPair, suiteIds } from '../../cells.ts'
import { cycle, type Group, messageClients } from '../case.ts'
import { plainCase } from './plain-case.ts'

/** Every suite with every kind of context. */
export function suitesGroup(aes: readonly KeyringPair[]): Group {
  const nextKeyring = cycle(aes)
  return {
    name: 'suites',
    title: 'Algorithm suites and encryption contexts',
    about:
      'All 11 suites, each with no context, ASCII keys, keys of mixed case, and keys beyond the basic plane; raw AES keyrings of 128, 192 and 256 bits in turn; 300 bytes in frames of 128.',
    participants: messageClients,
    cases: suiteIds.flatMap((suite) =>
      Object.values(contexts).map((context) => plainCase({ keyring: nextKeyring(), suite, context, size: 300, frameLength: 128 })),
    ),
  }
}
