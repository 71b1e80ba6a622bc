// Writes the API docs of every published package into docs/api/out: `api-docs.ts [--check]`, which looks and writes nothing. Fails where a public
// member has no documentation, a link leads nowhere, or a type is used that is not exported.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const workspace = join(root, 'docs/api')
const typedoc = join(workspace, 'node_modules/typedoc/bin/typedoc')
if (!existsSync(typedoc)) throw new Error('typedoc is not installed. Run npm ci in the root, which installs the workspace docs/api too.')

interface Manifest {
  readonly private?: boolean
  readonly exports: Readonly<Record<string, { readonly '@strongroom/source': string }>>
}

const entryPoints = readdirSync(join(root, 'packages')).flatMap((folder) => {
  const directory = join(root, 'packages', folder)
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest
  if (manifest.private === true) return []
  return Object.values(manifest.exports).map((entry) => join(directory, entry['@strongroom/source']))
})
const emit = process.argv.includes('--check') ? ['--emit', 'none'] : []
// Its compiler needs no packages that are built: the workspace's tsconfig.json reads sources.
const { status } = spawnSync(process.execPath, [typedoc, ...emit, ...entryPoints], { cwd: workspace, stdio: 'inherit' })
process.exitCode = status ?? 1
