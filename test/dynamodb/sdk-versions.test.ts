import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { slow } from '../fuzz/slow.ts'

const run = promisify(execFile)
const root = new URL('../..', import.meta.url).pathname
const env = process.env
/** client-dynamodb from the oldest that the package says it takes, and the lib-dynamodb and util-dynamodb that go with it. */
const versions: readonly (readonly [client: string, lib: string, util: string])[] = [
  ['3.600.0', '3.600.0', '3.600.0'],
  ['3.699.0', '3.699.0', '3.699.0'],
  ['3.758.0', '3.758.0', '3.758.0'],
  ['3.812.0', '3.812.0', '3.812.0'],
  ['3.888.0', '3.888.0', '3.888.0'],
  ['3.958.0', '3.958.0', '^3.990.0'],
  ['3.1000.0', '3.1000.0', '^3.990.0'],
  ['3.1080.0', '3.1080.0', '^3.990.0'],
  ['3.1143.0', '3.1142.0', '^3.990.0'],
]

async function look(...folder: string[]): Promise<void> {
  const program = ['--conditions=@strongroom/source', 'test/dynamodb/sdk-version.ts', ...folder]
  const { stdout } = await run(process.execPath, program, { cwd: root, env, maxBuffer: 2 ** 26 })
  const seen = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { commands: number; requests: number; lines: number }
  expect(seen).toMatchObject({
    round: [true, true, true, true, true],
    leaking: [],
    logged: 0,
    control: { leaking: ['PutItem'], isLogged: true },
  })
  expect(seen.commands).toBeGreaterThan(60)
  expect(seen.requests).toBeGreaterThan(25)
  expect(seen.lines).toBeGreaterThan(30)
}

describe('no command of a client that encrypts sends or logs plaintext', () => {
  it('with the SDK that is installed', async () => {
    await look()
  }, 120_000)

  it.skipIf(!slow).each(versions)(
    'with the SDK %s (SLOW)',
    async (client, lib, util) => {
      const folder = await mkdtemp(join(tmpdir(), 'strongroom-sdk-'))
      try {
        const packages = [`@aws-sdk/client-dynamodb@${client}`, `@aws-sdk/lib-dynamodb@${lib}`, `@aws-sdk/util-dynamodb@${util}`]
        await run(
          'npm',
          ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund', ...packages],
          {
            cwd: folder,
            env,
          },
        )
        await look(folder)
      } finally {
        await rm(folder, { recursive: true })
      }
    },
    300_000,
  )
})
