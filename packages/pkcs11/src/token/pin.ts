import { open } from 'node:fs/promises'
import { StrongroomError } from '@strongroom/core'
import { HsmError } from '../errors.ts'

/**
 * Where the PIN comes from: text or bytes (kept for the next login, in memory that does not print), a file, an environment variable, or a function
 * that is asked at every login. A line feed at the end of a file is no part of it. For AWS CloudHSM it is `user:password`.
 */
export type PinSource =
  | string
  | Uint8Array
  | {
      /** Absolute path of a file with the PIN and nothing else. */
      readonly file: string
    }
  | {
      /** Name of an environment variable. */
      readonly env: string
    }
  | (() => string | Uint8Array | Promise<string | Uint8Array>)

const MOST_BYTES = 1024
const LINE_FEED = 10
const CARRIAGE_RETURN = 13

/** Asks for the PIN. The answer is the caller's to overwrite. */
export type PinReader = () => Promise<Uint8Array>

/** Checks a PIN source, and makes it ready. Nothing that it holds is shown. */
export function pinReader(where: string, source: PinSource): PinReader {
  if (typeof source === 'function') return async () => bytesOf(await asked(source))
  if (typeof source === 'string' || source instanceof Uint8Array) {
    const kept = bytesOf(source)
    return async () => Uint8Array.from(kept)
  }
  const { file, env, ...more } = (source ?? {}) as { file?: unknown; env?: unknown }
  if (Object.keys(more).length === 0 && typeof file === 'string' && env === undefined && /^(?:\/|[A-Za-z]:[\\/])/.test(file)) {
    return () => fromFile(file)
  }
  if (Object.keys(more).length === 0 && typeof env === 'string' && file === undefined && env !== '') return async () => fromEnvironment(env)
  throw new StrongroomError(
    'OPTION_INVALID',
    `${where}: the option pin must be text, bytes, { file } with an absolute path, { env }, or a function.`,
    { option: 'pin' },
  )
}

async function asked(source: () => string | Uint8Array | Promise<string | Uint8Array>): Promise<string | Uint8Array> {
  try {
    return await source()
  } catch {
    // What it threw may hold what it was about to answer.
    throw new HsmError('KEY_TRANSIENT', 'PIN_MISSING', 'The function that answers the PIN of the token failed.')
  }
}

async function fromFile(file: string): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(MOST_BYTES + 2)
  try {
    const handle = await open(file, 'r')
    try {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0)
      return bytesOf(withoutLineEnd(buffer.subarray(0, bytesRead)))
    } finally {
      await handle.close()
    }
  } catch (cause) {
    if (cause instanceof HsmError) throw cause
    throw new HsmError('KEY_OPERATIONAL', 'PIN_MISSING', `The file ${file} with the PIN of the token cannot be read.`, { cause })
  } finally {
    buffer.fill(0)
  }
}

function fromEnvironment(name: string): Uint8Array {
  const value = process.env[name]
  if (value !== undefined) return bytesOf(value)
  throw new HsmError('KEY_OPERATIONAL', 'PIN_MISSING', `The environment variable ${name} with the PIN of the token is not set.`)
}

function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  let end = bytes.length
  if (bytes[end - 1] === LINE_FEED) end -= 1
  if (bytes[end - 1] === CARRIAGE_RETURN) end -= 1
  return bytes.subarray(0, end)
}

/** A copy, in memory of its own, of what the binding can take: text in UTF-8 without a zero byte. */
function bytesOf(pin: unknown): Uint8Array {
  const bytes =
    typeof pin === 'string' ? new TextEncoder().encode(pin) : pin instanceof Uint8Array ? Uint8Array.from(pin) : new Uint8Array(0)
  if (bytes.length > 0 && bytes.length <= MOST_BYTES && !bytes.includes(0)) return bytes
  bytes.fill(0)
  throw new HsmError(
    'KEY_OPERATIONAL',
    'PIN_MISSING',
    `The PIN of the token is empty, longer than ${MOST_BYTES} bytes, or has a zero byte.`,
  )
}
