/**
 * Encrypts and decrypts files of any size, with progress, in a few megabytes of memory.
 *
 *     head -c 32 /dev/urandom > kek.bin
 *     node main.ts encrypt --keyring 'raw-aes://files/kek-2026?file=kek.bin' --context purpose=backup orders.csv orders.csv.enc
 *     node main.ts decrypt --keyring 'raw-aes://files/kek-2026?file=kek.bin' --context purpose=backup orders.csv.enc orders.csv
 *
 * The target appears when it is complete, or not at all. Exits with 1 on failure, with 130 after an interruption.
 */
import { stat } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { createEncryptionClient, isStrongroomError, keyringFromUri } from '@strongroom/core'
import { Progress } from './progress.ts'
import { transferFile } from './transfer-file.ts'

const USAGE = 'usage: main.ts encrypt|decrypt --keyring URI [--context KEY=VALUE]... FROM TO'

const interruption = new AbortController()
process.once('SIGINT', () => interruption.abort(new Error('interrupted')))
process.once('SIGTERM', () => interruption.abort(new Error('interrupted')))

try {
  await run()
} catch (error) {
  console.error(describe(error))
  process.exitCode = interruption.signal.aborted ? 130 : 1
}

async function run(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { keyring: { type: 'string' }, context: { type: 'string', multiple: true, default: [] } },
    allowPositionals: true,
  })
  const [way, from, to, ...more] = positionals
  if (
    (way !== 'encrypt' && way !== 'decrypt') ||
    from === undefined ||
    to === undefined ||
    more.length > 0 ||
    values.keyring === undefined
  ) {
    throw new Error(USAGE)
  }
  const encryptionContext = Object.fromEntries(values.context.map(pairOf))
  // Without a signature: whoever can decrypt these files may also write them, and a signature would cost most of the speed.
  const client = createEncryptionClient({ keyring: await keyringFromUri(values.keyring), suite: '0478' })
  const { signal } = interruption
  const { size } = await stat(from)
  const stream =
    way === 'encrypt'
      ? client.encryptStream({ encryptionContext, plaintextLength: size, signal })
      : client.decryptStream({ encryptionContext, signal })
  const progress = new Progress(`${way}ing ${from}`, size)
  const written = await transferFile(from, to, stream, (bytes) => progress.add(bytes), signal)
  progress.end(`${to}: ${written} bytes`)
}

function pairOf(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new Error(`--context takes KEY=VALUE. ${USAGE}`)
  return [text.slice(0, at), text.slice(at + 1)]
}

function describe(error: unknown): string {
  if (isStrongroomError(error)) return `${error.code}: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
