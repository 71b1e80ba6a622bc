import { contexts, type KeyringPair } from '../../cells.ts'
import { cycle, type Group, messageClients } from '../case.ts'
import type { SharedHsmKey } from '../hsm.ts'
import { plainCase } from './plain-case.ts'

/** A key that one side has in an HSM, and the other in memory. */
export function hsmGroup({ inHsm, inMemory }: SharedHsmKey): Group {
  const nextSuite = cycle(['0578', '0478', '0178', '0378'])
  const pairs: readonly KeyringPair[] = [
    { name: 'AES in an HSM, read with the same key in memory', write: inHsm, read: inMemory },
    { name: 'AES in memory, read with the same key in an HSM', write: inMemory, read: inHsm },
  ]
  return {
    name: 'hsm',
    title: 'HSM',
    about:
      'An AES key in SoftHSM2, by PKCS#11: written with it and read by the raw AES keyring of the same key, and the other way round. Suites in turn, every kind of context.',
    participants: messageClients,
    cases: pairs.flatMap((keyring) =>
      Object.values(contexts).map((context) => plainCase({ keyring, suite: nextSuite(), context, size: 200, frameLength: 128 })),
    ),
  }
}
