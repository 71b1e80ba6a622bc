import { execFile } from 'node:child_process'
import { cpSync, existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, inject, it } from 'vitest'
import { runProgram, runtimes } from './runtimes.ts'

const { app } = inject('installed')
const root = resolve(import.meta.dirname, '../..')
cpSync(join(import.meta.dirname, 'programs'), app, { recursive: true })

/** The one that builds the packages, and the last that is written in JavaScript, which the workspace of the API docs has. */
const compilers = [
  { version: 'TypeScript 7', tsc: join(root, 'node_modules/typescript/bin/tsc') },
  { version: 'TypeScript 6', tsc: join(root, 'docs/api/node_modules/typescript/bin/tsc') },
]

const settings = [
  { resolution: 'nodenext', module: 'nodenext', exact: true },
  { resolution: 'nodenext', module: 'nodenext', exact: false },
  { resolution: 'bundler', module: 'esnext', exact: false },
  { resolution: 'bundler', module: 'preserve', exact: true },
]

interface Compilation {
  readonly module: string
  readonly resolution: string
  readonly exact: boolean
}

/** Compiles a program against the installed declarations, which are checked too, and answers what the compiler complains about. */
async function compile(tsc: string, program: string, { module, resolution, exact }: Compilation, outDir: string): Promise<string> {
  const config = join(app, `tsconfig.${outDir}.json`)
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2022'],
    types: ['node'],
    module,
    moduleResolution: resolution,
    strict: true,
    exactOptionalPropertyTypes: exact,
    skipLibCheck: false,
    outDir,
    rootDir: '.',
  }
  writeFileSync(config, JSON.stringify({ compilerOptions, files: [program] }))
  return promisify(execFile)(process.execPath, [tsc, '-p', config], { cwd: app }).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  )
}

describe.each(compilers)('with $version', ({ version, tsc }) => {
  it('there is a compiler', () => expect(existsSync(tsc)).toBe(true))

  it.each(settings)(
    'a program compiles with moduleResolution $resolution, module $module, exactOptionalPropertyTypes $exact, and runs',
    { timeout: 120_000 },
    async (setting) => {
      const outDir = `${version.at(-1)}-${setting.module}-${setting.resolution}-${setting.exact}`
      expect(await compile(tsc, 'consumer.ts', setting, outDir)).toBe('')
      const output = join(app, outDir, 'consumer.js')
      for (const runtime of runtimes.filter(({ missing }) => missing === undefined)) {
        expect(await runProgram(runtime, output)).toBe('typed: ok')
      }
    },
  )

  it('a mistake is a mistake: the declarations are there and are not any', async () => {
    writeFileSync(
      join(app, 'mistake.ts'),
      "import { createEncryptionClient } from '@strongroom/core'\nimport { withEncryption } from '@strongroom/kinesis'\ncreateEncryptionClient({ keyring: 1 })\nwithEncryption(1, {})\n",
    )
    const complaints = await compile(
      tsc,
      'mistake.ts',
      { module: 'nodenext', resolution: 'nodenext', exact: true },
      `${version.at(-1)}-mistake`,
    )
    expect(complaints).toMatch(/mistake\.ts\(3,\d+\)/)
    expect(complaints).toMatch(/mistake\.ts\(4,\d+\)/)
  })
})
