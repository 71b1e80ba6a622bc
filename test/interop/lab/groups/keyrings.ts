import { contexts, type KeyringPair, suiteIds } from '../../cells.ts'
import { cycle, type Group, messageClients } from '../case.ts'
import { plainCase } from './plain-case.ts'

/** Every keyring with three suites in turn. */
export function keyringsGroup(keyrings: readonly KeyringPair[]): Group {
  const [nextSuite, nextContext] = [cycle(suiteIds), cycle(Object.values(contexts))]
  const cases = keyrings.flatMap((keyring) =>
    Array.from({ length: 3 }, () => plainCase({ keyring, suite: nextSuite(), context: nextContext(), size: 200, frameLength: 128 })),
  )
  return {
    name: 'keyrings',
    title: 'Keyrings',
    about:
      'Raw AES in three sizes; raw RSA with PKCS #1 v1.5 and OAEP under SHA-1, 256, 384 and 512, writer and reader with half of the pair each; multi-keyrings, read by the whole and by single children. Each with three suites and contexts in turn.',
    participants: messageClients,
    cases,
  }
}
