import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const program = join(import.meta.dirname, 'handles-run.ts')

describe('a process whose stream ended early', () => {
  it.each(['abort', 'cancel', 'signal', 'forgotten'])('ends by itself: %s', async (how) => {
    // A handle left open would keep the process: it would be killed, and the run fail.
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@strongroom/source', program, how], { timeout: 25_000 })
    expect(stdout).toBe(`${how}: []\n`)
  })
})
