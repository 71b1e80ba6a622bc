import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)
const root = new URL('../..', import.meta.url).pathname
const program = new URL('sdk-version.ts', import.meta.url).pathname
const env = { PATH: process.env.PATH, HOME: process.env.HOME }
/** From the oldest that the package says it takes. */
const versions = ['3.700.0', '3.729.0', '3.758.0', '3.812.0', '3.864.0', '3.911.0', '3.1000.0', '3.1080.0', '3.1143.0']

interface Seen {
  readonly commands: number
  readonly requests: number
  readonly lines: number
}

async function look(...folder: string[]): Promise<Seen> {
  const { stdout } = await run(process.execPath, ['--conditions=@strongroom/source', program, ...folder], { cwd: root, env })
  const seen = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Seen
  expect(seen).toMatchObject({ round: true, upload: true, leaking: [], logged: 0, control: { leaking: ['PutObject'], isLogged: true } })
  expect(seen.commands).toBeGreaterThan(90)
  expect(seen.requests).toBeGreaterThan(30)
  expect(seen.lines).toBeGreaterThan(10)
  return seen
}

describe('no command of a client that encrypts sends or logs plaintext', () => {
  it('with the SDK that is installed', async () => {
    await look()
  }, 120_000)

  it.skipIf(process.env.SLOW === undefined).each(versions)(
    'with the SDK %s (SLOW)',
    async (version) => {
      const folder = await mkdtemp(join(tmpdir(), 'strongroom-sdk-'))
      try {
        const install = [
          'install',
          '--prefix',
          folder,
          '--no-save',
          '--ignore-scripts',
          '--no-audit',
          '--no-fund',
          `@aws-sdk/client-s3@${version}`,
        ]
        // With the environment of the run: it may say where packages come from.
        await run('npm', install, { cwd: folder })
        await look(folder)
      } finally {
        await rm(folder, { recursive: true })
      }
    },
    300_000,
  )
})
