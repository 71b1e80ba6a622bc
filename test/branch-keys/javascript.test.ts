import { createHash } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { type KeyringPair, keyCells } from '../interop/cells.ts'
import { DriverProcess, javascriptDriver, localeSortingJavascriptDriver, strongroomDriver } from '../interop/driver-process.ts'
import { runCells } from '../interop/matrix.ts'

const LIMIT = 120_000
const branchKeyId = 'tenant \u{1f511}'

function version(number: number) {
  return {
    branchKeyId,
    version: `0000000${number}-aaaa-4bbb-8ccc-dddddddddddd`,
    branchKey: createHash('sha256').update(`branch key ${number}`).digest('base64'),
  }
}

describe('the hierarchical keyring of the official JavaScript client', () => {
  const ours = new DriverProcess(strongroomDriver)
  const theirs = new DriverProcess(javascriptDriver)
  const sortedByLocale = new DriverProcess(localeSortingJavascriptDriver)
  afterAll(() => Promise.all([ours, theirs, sortedByLocale].map((driver) => driver.close())))

  const over = (...keys: readonly object[]) => ({ type: 'hierarchical', branchKeyId, keyStore: { static: keys } })
  const before = over({ ...version(1), active: true })
  const after = over({ ...version(2), active: true }, version(1))
  const pairs: readonly KeyringPair[] = [
    { name: 'one version', write: before, read: before },
    { name: 'rotated since', write: before, read: after },
    { name: 'written after the rotation', write: after, read: after },
  ]

  it(
    'reads what we write and writes what we read: every suite and context, before and after a rotation',
    async () => {
      const cells = keyCells(pairs)
      expect(cells).toHaveLength(11 * 3 * 4)
      expect((await Promise.all([runCells(ours, theirs, cells), runCells(theirs, ours, cells)])).flat()).toEqual([])
    },
    LIMIT,
  )

  it(
    'is read by us also where it sorted the context by locale, its default',
    async () => expect(await runCells(sortedByLocale, ours, keyCells(pairs))).toEqual([]),
    LIMIT,
  )

  it('reads nothing of ours where it lacks the version', async () => {
    const cells = keyCells([{ name: 'missing', write: after, read: before }])
    expect(await runCells(ours, theirs, cells)).toHaveLength(cells.length)
    expect(await runCells(theirs, ours, cells)).toHaveLength(cells.length)
  })
})
