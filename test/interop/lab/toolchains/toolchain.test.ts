import { describe, expect, it } from 'vitest'
import { firstMissing, run } from './toolchain.ts'

describe('a toolchain command', () => {
  it('answers what it printed', async () => {
    expect(await run(process.execPath, ['-e', 'process.stdout.write(process.env.LAB ?? "")'], { env: { LAB: 'here' } })).toBe('here')
  })

  it('tells what it printed when it fails', async () => {
    const failing = run(process.execPath, ['-e', 'console.log("out"); console.error("no such package"); process.exit(3)'])
    await expect(failing).rejects.toThrow(/: 3\nout\n\nno such package$/)
  })

  it('is missing when it cannot be started, or says no', async () => {
    const here = [process.execPath, '--version'] as const
    expect(await firstMissing([here, here])).toBe(undefined)
    expect(await firstMissing([here, ['strongroom-no-such-command', '-v']])).toMatch(/^strongroom-no-such-command -v: ENOENT/)
    expect(await firstMissing([[process.execPath, '-e', 'process.exit(1)']])).toContain(': 1')
  })
})
