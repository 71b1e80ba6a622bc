import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'

/** What a built folder is made from: it is built anew when one of these changes. */
export interface BuildKey {
  readonly name: string
  /** Files, or folders with all that is in them. */
  readonly files: readonly string[]
  /** What else the outcome depends on, a compiler's version. */
  readonly more?: string
}

/** Where builds are kept: `STRONGROOM_INTEROP_CACHE`, else a folder of the user's cache. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env['STRONGROOM_INTEROP_CACHE'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'strongroom-interop')
}

/**
 * Answers the folder that a build makes, from the cache if it was built before. Runs at the same time are safe: each builds in a folder of
 * its own, and the first to end gives it the name.
 */
export async function cached(root: string, key: BuildKey, build: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(root, `${key.name}-${await digest(key)}`)
  if (await exists(folder)) return folder
  await mkdir(root, { recursive: true })
  const work = await mkdtemp(`${folder}.`)
  try {
    await build(work)
    await rename(work, folder)
  } catch (error) {
    await rm(work, { recursive: true, force: true })
    if (!(await exists(folder))) throw error
  }
  return folder
}

async function digest({ files, more = '' }: BuildKey): Promise<string> {
  const hash = createHash('sha256').update(more)
  for (const file of files) {
    for (const [name, path] of await filesAt(file)) hash.update(`\0${name}\0`).update(await readFile(path))
  }
  return hash.digest('hex').slice(0, 16)
}

async function filesAt(path: string): Promise<readonly (readonly [name: string, path: string])[]> {
  if (!(await stat(path)).isDirectory()) return [[basename(path), path]]
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => [join(parentPath, name).slice(path.length), join(parentPath, name)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
