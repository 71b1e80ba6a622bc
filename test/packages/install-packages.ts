import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const root = resolve(import.meta.dirname, '../..')
const run = promisify(execFile)

/** The published packages as users have them, and where. */
export interface Installed {
  /** A folder with the programs, whose node_modules hold the packages, unpacked, and links to everything that this repository has installed. */
  readonly app: string
  /** The same, but the adapter has a copy of core of its own. */
  readonly twoCopies: string
  readonly packages: readonly PackedPackage[]
}

/** One package. */
export interface PackedPackage {
  readonly name: string
  /** Where it is unpacked in `app`. */
  readonly folder: string
  /** What the tarball holds: paths within the package. */
  readonly files: readonly string[]
}

/**
 * Builds every published package in a copy of the tree, so that neither the dist folders of this one nor anybody who writes them matter, packs
 * them by npm and unpacks the tarballs. Nothing is fetched.
 */
export async function installPackages(): Promise<{ installed: Installed; remove: () => void }> {
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'strongroom-packages-')))
  const remove = (): void => rmSync(temporary, { recursive: true, force: true })
  try {
    const folders = copyTree(join(temporary, 'tree'))
    for (const wave of inOrder(folders)) await Promise.all(wave.map(build))
    const tarballs = join(temporary, 'tarballs')
    mkdirSync(tarballs)
    const packed = await pack(folders, tarballs)
    const app = join(temporary, 'app')
    const twoCopies = join(temporary, 'two-copies')
    for (const place of [app, twoCopies]) {
      linkDependencies(join(place, 'node_modules'))
      writeFileSync(join(place, 'package.json'), '{ "private": true, "type": "module" }')
      cpSync(join(import.meta.dirname, 'programs'), place, { recursive: true })
      for (const { name, filename } of packed) await unpack(join(tarballs, filename), join(place, 'node_modules', name))
    }
    const core = packed.find(({ name }) => name === '@strongroom/core')
    if (core === undefined) throw new Error('npm packed no @strongroom/core')
    await unpack(join(tarballs, core.filename), join(twoCopies, 'node_modules/@strongroom/kinesis/node_modules/@strongroom/core'))
    const packages = packed.map(({ name, files }) => ({
      name,
      folder: join(app, 'node_modules', name),
      files: files.map(({ path }) => path),
    }))
    return { installed: { app, twoCopies, packages }, remove }
  } catch (error) {
    remove()
    throw error
  }
}

/** Answers the folders of the copied packages. */
function copyTree(tree: string): string[] {
  linkDependencies(join(tree, 'node_modules'))
  for (const file of ['tsconfig.json', 'tsconfig.build.json']) cpSync(join(root, file), join(tree, file))
  const folders: string[] = []
  for (const name of readdirSync(join(root, 'packages'))) {
    const from = join(root, 'packages', name)
    if (!existsSync(join(from, 'package.json')) || manifestOf(from).private === true) continue
    const to = join(tree, 'packages', name)
    cpSync(from, to, {
      recursive: true,
      filter: (path) => !['dist', 'temp', '.turbo', 'node_modules'].includes(path.slice(from.length + 1)),
    })
    if (existsSync(join(from, 'node_modules'))) symlinkSync(join(from, 'node_modules'), join(to, 'node_modules'))
    mkdirSync(join(tree, 'node_modules/@strongroom'), { recursive: true })
    symlinkSync(to, join(tree, 'node_modules', manifestOf(to).name))
    folders.push(to)
  }
  return folders
}

/** Links to everything that is installed here, but the packages of this repository. */
function linkDependencies(modules: string): void {
  mkdirSync(modules, { recursive: true })
  for (const entry of readdirSync(join(root, 'node_modules'))) {
    if (entry.startsWith('.') || entry.startsWith('@strongroom')) continue
    const target = join(root, 'node_modules', entry)
    if (!realpathSync(target).startsWith(join(root, 'node_modules'))) continue
    symlinkSync(target, join(modules, entry))
  }
}

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
}

/** Packages after those that they depend on, in waves that do not. */
function inOrder(folders: readonly string[]): string[][] {
  const waves: string[][] = []
  let left = [...folders]
  while (left.length > 0) {
    const names = new Set(left.map((folder) => manifestOf(folder).name))
    const wave = left.filter((folder) => Object.keys(manifestOf(folder).dependencies ?? {}).every((name) => !names.has(name)))
    if (wave.length === 0) throw new Error(`The packages depend on each other in a circle: ${[...names].join(', ')}`)
    waves.push(wave)
    left = left.filter((folder) => !wave.includes(folder))
  }
  return waves
}

async function build(folder: string): Promise<void> {
  await run(process.execPath, [join(root, 'scripts/build-package.ts')], { cwd: folder }).catch((error: Error & { stdout: string }) => {
    throw new Error(`${folder} does not build:\n${error.stdout}`, { cause: error })
  })
}

interface Packed {
  readonly name: string
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

async function pack(folders: readonly string[], destination: string): Promise<Packed[]> {
  const { stdout } = await run('npm', ['pack', '--json', '--offline', '--pack-destination', destination, ...folders], {
    env: { ...process.env, npm_config_update_notifier: 'false' },
  })
  const packed = JSON.parse(stdout) as Packed[]
  return packed.toSorted((one, other) => one.name.localeCompare(other.name))
}

async function unpack(tarball: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await run('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1'])
}
