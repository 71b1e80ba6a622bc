import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cached, cacheFolder } from './build-cache.ts'

describe('the build cache', () => {
  let folder = ''
  let lock = ''
  let builds = 0
  const root = () => join(folder, 'cache')
  const build = async (work: string) => {
    builds += 1
    await writeFile(join(work, 'made'), `build ${builds}`)
  }
  const get = (more?: string) => cached(root(), { name: 'language', files: [lock], ...(more === undefined ? {} : { more }) }, build)

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'strongroom-lab-'))
    lock = join(folder, 'lock')
    builds = 0
    await writeFile(lock, 'one 1.0')
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('builds once', async () => {
    const made = await get()
    expect(await get()).toBe(made)
    expect(builds).toBe(1)
    expect(await readFile(join(made, 'made'), 'utf8')).toBe('build 1')
  })

  it('builds anew when a lock file or the compiler changes', async () => {
    const folders = [await get(), await get('compiler 2')]
    await writeFile(lock, 'one 1.1')
    folders.push(await get())
    expect(new Set(folders).size).toBe(3)
    expect(builds).toBe(3)
  })

  it('builds anew when a file is added to a folder', async () => {
    const key = { name: 'language', files: [folder] }
    const other = await mkdtemp(join(tmpdir(), 'strongroom-lab-'))
    const first = await cached(other, key, build)
    await writeFile(join(folder, 'source'), 'more')
    expect(await cached(other, key, build)).not.toBe(first)
    await rm(other, { recursive: true })
  })

  it('gives runs at the same time one whole folder', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => get()))
    expect(new Set(made).size).toBe(1)
    expect(await readdir(root())).toHaveLength(1)
    expect(await readdir(made[0] ?? '')).toEqual(['made'])
  })

  it('keeps nothing of a build that fails', async () => {
    const failing = cached(root(), { name: 'language', files: [lock] }, async (work) => {
      await build(work)
      throw new Error('no compiler')
    })
    await expect(failing).rejects.toThrow('no compiler')
    expect(await readdir(root())).toEqual([])
    await get()
    expect(builds).toBe(2)
  })

  it('lies where the environment says, else in the cache of the user', () => {
    expect(cacheFolder({ STRONGROOM_INTEROP_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a')
    expect(cacheFolder({ XDG_CACHE_HOME: '/b' })).toBe('/b/strongroom-interop')
    expect(cacheFolder({})).toMatch(/\.cache.strongroom-interop$/)
  })
})
