import { randomBytes, randomUUID } from 'node:crypto'
import { contexts, suiteIds } from '../../cells.ts'
import { type Case, cycle, type Group, messageClients } from '../case.ts'
import { openRequest, plainCase } from './plain-case.ts'

/** Branch keys that are given to both ends. */
export function hierarchicalGroup(): Group {
  const nextSuite = cycle(suiteIds)
  const [first, second, strange] = [version('tenant \u{1f511}'), version('tenant \u{1f511}'), version('another')]
  const keyring = (...keys: readonly Version[]) => ({
    type: 'hierarchical',
    branchKeyId: keys[0]?.branchKeyId,
    ttlMs: 60_000,
    keyStore: { static: keys.map((key, index) => ({ ...key, active: index === 0 })) },
  })
  const shapes = [
    { name: 'one version', read: keyring(first) },
    { name: 'rotated since', read: keyring(second, first) },
  ]
  const cases = shapes.flatMap(({ name, read }) =>
    Object.values(contexts).flatMap((context) =>
      [nextSuite(), nextSuite()].map((suite): Case => {
        const plain = plainCase({ keyring: { name, write: keyring(first), read }, suite, context, size: 200, frameLength: 128 })
        const refused = (under: string, other: typeof read) => ({
          name: `under ${under}`,
          request: openRequest({ name, write: other, read: other }, suite, context),
          outcome: 'refused' as const,
        })
        return {
          ...plain,
          reads: [...plain.reads, refused('another version alone', keyring(second)), refused('another branch key', keyring(strange))],
        }
      }),
    ),
  )
  return {
    name: 'hierarchical',
    title: 'Hierarchical keyring',
    about:
      'Branch keys given to both ends, so that neither needs a key store in DynamoDB: one version, and a version that was rotated since; refused where that version is missing, and under another branch key. Suites in turn, all contexts.',
    participants: messageClients,
    cases,
  }
}

interface Version {
  readonly branchKeyId: string
  readonly version: string
  readonly branchKey: Buffer
}

function version(branchKeyId: string): Version {
  return { branchKeyId, version: randomUUID(), branchKey: randomBytes(32) }
}
