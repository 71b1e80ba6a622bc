// Builds the package in the working directory: declarations by tsc, one JavaScript file for each entry point (and shared chunks) by esbuild.
import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { build } from 'esbuild'

const tsc = resolve(import.meta.dirname, '../node_modules/.bin/tsc')
const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, { '@strongroom/source': string }> }

// npm takes the licence from the package's own folder, and every distribution has to carry it.
copyFileSync(resolve(import.meta.dirname, '../LICENSE'), 'LICENSE')
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
  // So annotated, what a user does not use falls away in a bundle: these are called at the top level of modules and change nothing.
  pure: ['Object.freeze', 'isOneOf', 'isInteger', 'hasMethods', 'Buffer.from', 'Buffer.of', 'Buffer.concat', 'pooledRandom'],
})
