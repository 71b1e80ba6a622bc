// What a user would install: every published package through publint and are-the-types-wrong.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

const root = resolve(import.meta.dirname, '..')

for (const folder of readdirSync(join(root, 'packages'))) {
  const directory = join(root, 'packages', folder)
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { private?: boolean }
  if (manifest.private === true) continue
  const { messages } = await publint({ pkgDir: directory, strict: true })
  for (const message of messages) {
    console.error(`${folder}: ${message.type}: ${formatMessage(message, manifest)}`)
    if (message.type !== 'suggestion') process.exitCode = 1
  }
  execFileSync(join(root, 'node_modules/.bin/attw'), ['--pack', directory, '--profile', 'esm-only', '--quiet'], { stdio: 'inherit' })
}
