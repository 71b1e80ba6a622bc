import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { runProgram, runtimes } from './runtimes.ts'

const { app } = inject('installed')
// Outside of the folder of the packages: what is not in the bundle is not found.
const out = mkdtempSync(join(tmpdir(), 'strongroom-bundles-'))

afterAll(() => rmSync(out, { recursive: true, force: true }))

// A file of ESM lacks the require that CommonJS parts of the AWS SDK call, and this is how its users give it one. Ours needs none.
const forTheSdk = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

const bundles = [
  { program: 'bytes.mjs', format: 'esm', banner: '', says: 'bytes: ok' },
  { program: 'require.cjs', format: 'cjs', banner: '', says: 'require: ok' },
  { program: 'records.mjs', format: 'esm', banner: forTheSdk, says: 'records: ok' },
  { program: 'consumer.ts', format: 'esm', banner: forTheSdk, says: 'typed: ok' },
] as const

describe.each(bundles)('$program as one $format file by esbuild', ({ program, format, banner, says }) => {
  const outfile = join(out, `${program}.${format}.${format === 'esm' ? 'mjs' : 'cjs'}`)

  beforeAll(async () => {
    await build({
      entryPoints: [join(app, program)],
      absWorkingDir: app,
      outfile,
      format,
      banner: { js: banner },
      bundle: true,
      platform: 'node',
      target: 'node22.12',
      logLevel: 'silent',
    })
  })

  it.each(runtimes.filter(({ missing }) => missing === undefined))('runs on $name', async (runtime) => {
    expect(await runProgram(runtime, outfile)).toBe(says)
  })
})
