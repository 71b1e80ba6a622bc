import { randomUUID } from 'node:crypto'
import type { EmbeddedKms } from '@strongroom/testing'
import { contexts, suiteIds } from '../../cells.ts'
import { tableKeyStoreOf } from '../../kms-keyrings.ts'
import { content } from '../../matrix.ts'
import { type Case, cycle, type Group, messageClients, writePolicy } from '../case.ts'
import { branchKeyMessages } from '../exchanges/branch-key-messages.ts'
import { openRequest } from './plain-case.ts'

const TABLE = 'branch-keys'

/** Branch keys in one table, with DynamoDB and KMS at one address. */
export async function branchKeysGroup(kms: EmbeddedKms, endpoint: string): Promise<Group> {
  const keyStore = { table: TABLE, logicalName: 'the tenants', kmsKeyArn: kms.createKey(), endpoint }
  await (await tableKeyStoreOf(keyStore)).createTable()
  const [nextSuite, nextContext] = [cycle(suiteIds), cycle(Object.values(contexts))]
  const cases = [false, true].flatMap((rotate) =>
    Array.from({ length: 4 }, (): Case => {
      const [suite, context] = [nextSuite(), nextContext()]
      const keyring = { type: 'hierarchical', ttlMs: 60_000, keyStore }
      const reading = (other: object) => openRequest({ name: TABLE, write: keyring, read: { ...keyring, ...other } }, suite, context)
      return {
        name: `a branch key${rotate ? ', rotated since' : ''}, suite ${suite}, context ${JSON.stringify(Object.keys(context))}`,
        exchange: branchKeyMessages,
        plaintext: content(200),
        context,
        write: { keyring, suite, commitmentPolicy: writePolicy(suite), frameLength: 128, ...(rotate ? { rotate } : {}) },
        reads: [
          { name: 'read', request: reading({}), outcome: 'opens' },
          { name: 'under a branch key that is not there', request: reading({ branchKeyId: randomUUID() }), outcome: 'refused' },
          {
            name: 'in a table of another logical name',
            request: reading({ keyStore: { ...keyStore, logicalName: 'others' } }),
            outcome: 'refused',
          },
        ],
      }
    }),
  )
  return {
    name: 'branch-keys',
    title: 'Branch keys in DynamoDB',
    about:
      'On one table of an embedded DynamoDB endpoint, which Strongroom made and every client that makes tables accepts, under one key of an embedded KMS endpoint: the writer makes a branch key for each message, and in half of the cases rotates it before anybody reads. Refused under a branch key that is not there, and where the table is given another logical name. Suites and contexts in turn.',
    participants: messageClients,
    cases,
  }
}
