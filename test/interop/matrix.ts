import { type Cell, describeCell } from './cells.ts'
import { answered, type DriverProcess } from './driver-process.ts'

/** How many cells are under way at once; the drivers work on them one by one. */
const IN_FLIGHT = 16

/**
 * Has one implementation write the message of every cell and another read it.
 *
 * @returns a line for every cell that did not come back as it went in.
 */
export async function runCells(writer: DriverProcess, reader: DriverProcess, cells: readonly Cell[]): Promise<readonly string[]> {
  const failures: string[] = []
  const left = [...cells].reverse()
  const work = async () => {
    for (let cell = left.pop(); cell !== undefined; cell = left.pop()) {
      const problem = await runCell(writer, reader, cell).catch((error: Error) => error.message)
      if (problem !== undefined) failures.push(`${writer.name} -> ${reader.name}: ${describeCell(cell)}: ${problem}`)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, work))
  return failures
}

async function runCell(writer: DriverProcess, reader: DriverProcess, cell: Cell): Promise<string | undefined> {
  const { keyring, suite, size, context, frameLength } = cell
  const commits = suite === '0478' || suite === '0578'
  const plaintext = content(size)
  const written = await writer.ask({
    op: 'esdk.encrypt',
    keyring: keyring.write,
    plaintext,
    suite,
    commitmentPolicy: commits ? 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT' : 'FORBID_ENCRYPT_ALLOW_DECRYPT',
    encryptionContext: context,
    ...(frameLength === undefined ? {} : { frameLength }),
  })
  const ciphertext = answered(written, 'ciphertext')
  const read = await reader.ask({
    op: 'esdk.decrypt',
    keyring: keyring.read,
    ciphertext,
    commitmentPolicy: commits ? 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT' : 'REQUIRE_ENCRYPT_ALLOW_DECRYPT',
    encryptionContext: context,
  })
  if (!answered(read, 'plaintext').equals(plaintext)) return 'another plaintext'
  if (written.suite !== suite || read.suite !== suite) return `suite ${String(written.suite)} written, ${String(read.suite)} read`
  const { 'aws-crypto-public-key': _, ...stored } = read.encryptionContext as Record<string, string>
  const same =
    Object.keys(stored).length === Object.keys(context).length && Object.entries(context).every(([key, value]) => stored[key] === value)
  return same ? undefined : `another context: ${JSON.stringify(stored)}`
}

/** Bytes that differ from place to place, so that a frame out of place shows. */
export function content(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let index = 0; index < size; index += 1) bytes[index] = (index * 7 + (index >>> 8) * 13 + (index >>> 16)) & 0xff
  return bytes
}
