import { randomFillSync } from 'node:crypto'
import { StrongroomError } from './errors.ts'

/** Answers fresh, unpredictable bytes, in an array of the receiver's own. Given in by tests only. */
export type RandomSource = (length: number) => Uint8Array

const POOL_BYTES = 4096
const MAX_AGE_MS = 1000

/**
 * Makes a source that draws from a pool filled in one call to the CSPRNG, since a call costs as much for 32 bytes as for 4 KiB.
 *
 * Bytes are overwritten as they are handed out. A pool is thrown away after a second of wall-clock time, when the clock went backwards, and
 * in another process: a virtual machine or process restored from a snapshot must not hand out the bytes that its twin hands out.
 */
export function pooledRandom(
  fill: (pool: Uint8Array) => void = randomFillSync,
  now: () => number = Date.now,
  pid: () => number = () => process.pid,
): RandomSource {
  const pool = new Uint8Array(POOL_BYTES)
  let used = POOL_BYTES
  let filledAt = 0
  let filledBy = 0
  return (length) => {
    const bytes = new Uint8Array(length)
    if (length > POOL_BYTES) {
      fill(bytes)
      return bytes
    }
    const age = now() - filledAt
    if (used + length > POOL_BYTES || age < 0 || age > MAX_AGE_MS || pid() !== filledBy) {
      fill(pool)
      used = 0
      filledAt = now()
      filledBy = pid()
    }
    bytes.set(pool.subarray(used, used + length))
    pool.fill(0, used, used + length)
    used += length
    return bytes
  }
}

/** The source that everything draws from where no other is given. */
export const systemRandom: RandomSource = pooledRandom()

/**
 * Draws bytes from a source that may have been given in.
 *
 * @throws `OPTION_INVALID` where it answers another number: what stays unfilled would be a predictable salt, IV or message id.
 */
export function draw(random: RandomSource, length: number): Uint8Array {
  const bytes = random(length)
  if (bytes.length === length) return bytes
  throw new StrongroomError('OPTION_INVALID', `random answered ${bytes.length} bytes where ${length} were asked for.`, { option: 'random' })
}
