// Builds the package in the working directory: declarations by tsc, one JavaScript file for each entry point (and shared chunks) by esbuild.
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { build } from 'esbuild'

const tsc = resolve(import.meta.dirname, '../node_modules/.bin/tsc')
const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, { '@strongroom/source': string }> }

rmSync('dist', { recursive: true, force: true })
execFileSync(tsc, ['-p', 'tsconfig.build.json'], { stdio: 'inherit' })
await build({
  entryPoints: Object.values(exports).map((entry) => entry['@strongroom/source']),
  outdir: 'dist',
  outbase: 'src',
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  target: 'node22.12',
  format: 'esm',
  sourcemap: true,
})
