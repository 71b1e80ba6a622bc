import { startEmbeddedKms } from '@strongroom/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { type KeyringPair, keyCells } from './cells.ts'
import { DriverProcess, javascriptDriver, strongroomDriver } from './driver-process.ts'
import { runCells } from './matrix.ts'

const LIMIT = 120_000

describe('the official JavaScript client under AWS KMS', async () => {
  const kms = await startEmbeddedKms()
  const ours = new DriverProcess(strongroomDriver)
  const theirs = new DriverProcess(javascriptDriver)
  afterAll(async () => {
    await Promise.all([ours.close(), theirs.close()])
    await kms.close()
  })

  const [one, other] = [kms.createKey(), kms.createKey()].map((keyId) => ({
    type: 'kms',
    keyId,
    endpoint: kms.endpoint,
    region: kms.region,
  }))
  const strict: KeyringPair = { name: 'KMS', write: { ...one }, read: { ...one } }
  const both = { type: 'multi', generator: one, children: [other] }
  const pairs: readonly KeyringPair[] = [
    strict,
    { name: 'two KMS keys', write: both, read: both },
    { name: 'two KMS keys, read by the second', write: both, read: { ...other } },
  ]

  it(
    'reads what we write and writes what we read, in every suite and context',
    async () => {
      const cells = keyCells(pairs)
      expect(cells).toHaveLength(11 * 3 * 4)
      const failures = await Promise.all([runCells(ours, theirs, cells), runCells(theirs, ours, cells)])
      expect(failures.flat()).toEqual([])
    },
    LIMIT,
  )

  it('asks KMS for a data key once a message and key, with the whole context, as we do', async () => {
    const written = []
    for (const writer of [ours, theirs]) {
      kms.calls.reset()
      await runCells(
        writer,
        writer,
        keyCells([pairs[1] as KeyringPair]).filter(({ suite }) => suite === '0578'),
      )
      written.push(
        kms.calls.all
          .filter(({ operation }) => operation !== 'Decrypt')
          .map((call) => [call.operation, call.keyArn, Object.keys(call.encryptionContext ?? {}).sort()].join(' ')),
      )
    }
    const [byUs, byThem] = written
    expect(byUs).toHaveLength(8)
    expect(byUs?.toSorted()).toEqual(byThem?.toSorted())
  })
})
