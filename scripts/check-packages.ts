// What a user would install: every published package through publint and are-the-types-wrong.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const bin = (name: string): string => join(root, 'node_modules/.bin', name)

for (const folder of readdirSync(join(root, 'packages'))) {
  const directory = join(root, 'packages', folder)
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { private?: boolean }
  if (manifest.private === true) continue
  execFileSync(bin('publint'), ['run', directory, '--strict'], { stdio: 'inherit' })
  execFileSync(bin('attw'), ['--pack', directory, '--profile', 'esm-only', '--quiet'], { stdio: 'inherit' })
}
