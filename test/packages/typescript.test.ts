import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, inject, it } from 'vitest'
import { runProgram, runtimes } from './runtimes.ts'

const { app } = inject('installed')
const root = resolve(import.meta.dirname, '../..')

/** The one that builds the packages, and the last that is written in JavaScript, which the workspace of the API docs has. */
const seven = { version: 'TypeScript 7', tsc: join(root, 'node_modules/typescript/bin/tsc') }
const six = { version: 'TypeScript 6', tsc: join(root, 'docs/api/node_modules/typescript/bin/tsc') }

const compilations: readonly Compilation[] = [
  { ...seven, resolution: 'nodenext', module: 'nodenext', exact: true },
  { ...seven, resolution: 'nodenext', module: 'nodenext', exact: false },
  { ...seven, resolution: 'bundler', module: 'esnext', exact: false },
  { ...seven, resolution: 'bundler', module: 'preserve', exact: true },
  { ...six, resolution: 'nodenext', module: 'nodenext', exact: true },
  { ...six, resolution: 'bundler', module: 'preserve', exact: false },
]

interface Compilation {
  readonly version: string
  readonly tsc: string
  readonly module: string
  readonly resolution: string
  readonly exact: boolean
}

/** Compiles a program against the installed declarations, which are checked too, and answers what the compiler complains about. */
async function compile(program: string, { tsc, module, resolution, exact }: Compilation, outDir: string): Promise<string> {
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
    (error: { stdout: string; message: string }) => error.stdout || error.message,
  )
}

it.each(compilations)(
  'a program compiles with $version, moduleResolution $resolution, module $module, exactOptionalPropertyTypes $exact, and runs',
  async (compilation) => {
    const { version, module, exact } = compilation
    const outDir = `${version.at(-1)}-${module}-${exact}`
    expect(await compile('consumer.ts', compilation, outDir)).toBe('')
    for (const runtime of runtimes.filter(({ missing }) => missing === undefined)) {
      expect(await runProgram(runtime, join(app, outDir, 'consumer.js'))).toBe('typed: ok')
    }
  },
)

it('a mistake does not compile: the declarations are found, and are not any', async () => {
  const mistakes = [
    "import { createEncryptionClient } from '@strongroom/core'",
    "import { withEncryption } from '@strongroom/kinesis'",
    'createEncryptionClient({ keyring: 1 })',
    'withEncryption(1, {})',
  ]
  writeFileSync(join(app, 'mistake.ts'), mistakes.join('\n'))
  const complaints = await compile('mistake.ts', { ...seven, resolution: 'nodenext', module: 'nodenext', exact: true }, 'mistake')
  expect([...complaints.matchAll(/^mistake\.ts\((\d+),/gm)].map(([, line]) => line)).toEqual(['3', '4'])
})
