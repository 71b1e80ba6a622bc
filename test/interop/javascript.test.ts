import { afterAll, describe, expect, it } from 'vitest'
import { contexts, frameCells, type KeyringPair, keyCells, makeKeyrings, suiteIds } from './cells.ts'
import { answered, DriverProcess, javascriptDriver, localeSortingJavascriptDriver, strongroomDriver } from './driver-process.ts'
import { runCells } from './matrix.ts'

const LIMIT = 120_000

describe('the official JavaScript client', () => {
  const ours = new DriverProcess(strongroomDriver)
  const theirs = new DriverProcess(javascriptDriver)
  const sortedByLocale = new DriverProcess(localeSortingJavascriptDriver)
  afterAll(() => Promise.all([ours, theirs, sortedByLocale].map((driver) => driver.close())))

  const keyrings = makeKeyrings()
  const aes256 = keyrings.find(({ name }) => name === 'raw aes-256') as KeyringPair
  const multi = keyrings.find(({ name }) => name === 'multi') as KeyringPair

  it(
    'reads what we write and writes what we read: every suite, keyring and context',
    async () => {
      const cells = keyCells(keyrings)
      expect(cells).toHaveLength(11 * 11 * 4)
      const failures = await Promise.all([runCells(ours, theirs, cells), runCells(theirs, ours, cells)])
      expect(failures.flat()).toEqual([])
    },
    LIMIT,
  )

  it(
    'reads what we write and writes what we read: every suite and frame length, 0 bytes to 1 MiB around the edges of frames',
    async () => {
      const cells = frameCells(aes256)
      expect(cells.length).toBeGreaterThan(11 * 60)
      const failures = await Promise.all([runCells(ours, theirs, cells), runCells(theirs, ours, cells)])
      expect(failures.flat()).toEqual([])
    },
    LIMIT,
  )

  it('is read by us also where its raw AES keyring sorted the context by locale, its default', async () => {
    const cells = keyCells([aes256])
    expect(await runCells(sortedByLocale, ours, cells)).toEqual([])
  })

  it('does not read, with that default, what everybody else writes, where the two orders differ', async () => {
    const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
    const byLocale = new Intl.Collator('en-US').compare
    const signing = ['0214', '0346', '0378', '0578']
    const outcomes = { read: 0, refused: 0 }
    for (const cell of keyCells([aes256])) {
      const keys = [...Object.keys(cell.context), ...(signing.includes(cell.suite) ? ['aws-crypto-public-key'] : [])]
      const agree = keys.toSorted(byBytes).join() === keys.toSorted(byLocale).join()
      const failures = await runCells(ours, sortedByLocale, [cell])
      expect([cell.suite, Object.keys(cell.context), failures.length === 0]).toEqual([cell.suite, Object.keys(cell.context), agree])
      outcomes[agree ? 'read' : 'refused'] += 1
    }
    expect(outcomes).toEqual({ read: 22, refused: 22 })
  })

  it('writes for the same recipients in the same order as we do', async () => {
    const messages = []
    for (const writer of [ours, theirs]) {
      const written = await writer.ask({
        op: 'esdk.encrypt',
        keyring: multi.write,
        plaintext: Buffer.from('x'),
        suite: '0478',
        encryptionContext: contexts.mixedCase,
      })
      messages.push(answered(written, 'ciphertext'))
    }
    const [ourHeader, theirHeader] = await Promise.all(messages.map((ciphertext) => ours.ask({ op: 'esdk.inspect', ciphertext })))
    const recipients = (header: typeof ourHeader) => {
      const edks = header?.encryptedDataKeys as { providerId: string; providerInfo: string }[]
      // The IV at the end of a raw AES key's provider info is random.
      return edks.map(({ providerId, providerInfo }) => [providerId, Buffer.from(providerInfo, 'base64').toString('latin1').slice(0, 7)])
    }
    expect(recipients(ourHeader)).toHaveLength(3)
    expect(recipients(ourHeader)).toEqual(recipients(theirHeader))
    expect(Object.keys(ourHeader?.encryptionContext ?? {})).toEqual(Object.keys(theirHeader?.encryptionContext ?? {}))
  })

  it('reads pieces as it reads a whole', async () => {
    for (const suite of suiteIds.slice(-2)) {
      const written = await theirs.ask({
        op: 'esdk.encrypt',
        keyring: aes256.write,
        plaintext: Buffer.alloc(1000, 1),
        suite,
        frameLength: 64,
        stream: true,
        chunk: 17,
      })
      const read = await ours.ask({ op: 'esdk.decrypt', keyring: aes256.read, ciphertext: answered(written, 'ciphertext') })
      expect(answered(read, 'plaintext').equals(Buffer.alloc(1000, 1))).toBe(true)
    }
  })
})
