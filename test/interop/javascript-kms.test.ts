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

  const multiRegion = kms.createKey(undefined, { multiRegion: true })
  const replica = kms.replicateKey(multiRegion, 'eu-west-1')
  const elsewhere = kms.createKey(undefined, { region: 'ap-southeast-2' })
  const inRegion = (type: string, keyId: string) => ({ type, keyId, endpoint: kms.endpoint, region: keyId.split(':')[3] })
  const discovery = (...accounts: string[]) => ({ type: 'kms-discovery', endpoint: kms.endpoint, accounts })
  const fewSuites = (...pairs: readonly KeyringPair[]) => keyCells(pairs).filter(({ suite }) => ['0178', '0478', '0578'].includes(suite))

  it(
    'reads and writes with related multi-Region keys, and by discovery in any Region, as we do',
    async () => {
      const cells = fewSuites(
        { name: 'MRK, read by its replica', write: inRegion('kms-mrk', multiRegion), read: inRegion('kms-mrk', replica) },
        { name: 'KMS replica, read by its primary', write: inRegion('kms', replica), read: inRegion('kms-mrk', multiRegion) },
        { name: 'KMS, read by discovery', write: { ...one }, read: discovery('444455556666', kms.accountId) },
        { name: 'KMS elsewhere, read by any discovery', write: inRegion('kms', elsewhere), read: { ...discovery(), accounts: 'any' } },
      )
      expect(cells).toHaveLength(3 * 4 * 4)
      const failures = await Promise.all([runCells(ours, theirs, cells), runCells(theirs, ours, cells)])
      expect(failures.flat()).toEqual([])
    },
    LIMIT,
  )

  it.each([
    ['discovery in another account', { ...one }, discovery('444455556666')],
    ['discovery in another partition', { ...one }, { ...discovery(kms.accountId), partition: 'aws-cn' }],
    ['discovery in another Region', inRegion('kms', elsewhere), { ...discovery(kms.accountId), region: 'us-east-1' }],
    ['another multi-Region key', { ...one }, inRegion('kms-mrk', replica)],
    ['a strict replica', inRegion('kms', multiRegion), inRegion('kms', replica)],
  ])('opens as little as we do: %s', async (_what, write, read) => {
    for (const [writer, reader] of [
      [ours, theirs],
      [theirs, ours],
    ] as const) {
      kms.calls.reset()
      const [cell] = fewSuites({ name: 'refused', write, read })
      expect(await runCells(writer, reader, cell === undefined ? [] : [cell])).toHaveLength(1)
      expect(kms.calls.byOperation()).toEqual({ GenerateDataKey: 1 })
    }
  })

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
