import { execFile } from 'node:child_process'
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { LIMIT, slow } from '../fuzz/slow.ts'

const MEBIBYTE = 2 ** 20
const size = (slow ? 1024 : 128) * MEBIBYTE
const program = join(import.meta.dirname, 'memory-run.ts')

async function run(way: 'encrypt' | 'decrypt', suite: string, from: string, to: string): Promise<{ overIdleMiB: number }> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@strongroom/source', program, way, suite, from, to])
  return JSON.parse(stdout)
}

/** Megabytes that are unlike each other. */
function* plaintext(): Generator<Uint8Array> {
  for (let index = 0; index < size / MEBIBYTE; index += 1) yield new Uint8Array(MEBIBYTE).fill(index + 1)
}

describe(`a file of ${size / MEBIBYTE} MiB`, () => {
  it.each(['0478', '0578'])(
    'goes up and comes down again in suite %s with no more than 64 MiB of memory over idle',
    async (suite) => {
      const folder = mkdtempSync(join(tmpdir(), 'strongroom-memory-'))
      try {
        const [original, encrypted, decrypted] = ['original', 'encrypted', 'decrypted'].map((name) => join(folder, name)) as [
          string,
          string,
          string,
        ]
        await pipeline(Readable.from(plaintext()), createWriteStream(original))
        const up = await run('encrypt', suite, original, encrypted)
        const down = await run('decrypt', suite, encrypted, decrypted)
        let at = 0
        for await (const chunk of createReadStream(decrypted, { highWaterMark: MEBIBYTE }) as AsyncIterable<Buffer>) {
          expect(chunk.equals(Buffer.alloc(chunk.length, Math.floor(at / MEBIBYTE) + 1))).toBe(true)
          at += chunk.length
        }
        expect(at).toBe(size)
        expect(up.overIdleMiB).toBeLessThanOrEqual(64)
        expect(down.overIdleMiB).toBeLessThanOrEqual(64)
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
    LIMIT,
  )
})
