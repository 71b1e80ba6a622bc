import { join } from 'node:path'
import { cached, cacheFolder } from '../build-cache.ts'
import { firstMissing, run, type Toolchain } from './toolchain.ts'

const sources = join(import.meta.dirname, '../../drivers/go')

/** Go, with the modules of go.sum. */
export const go: Toolchain = {
  remedy: 'a Go toolchain of 1.24 or later (go.dev/dl)',
  missing: () => firstMissing([['go', 'version']]),
  async build() {
    const folder = await cached(cacheFolder(), { name: 'go', files: [sources], more: await run('go', ['version']) }, async (work) => {
      await run('go', ['build', '-mod=readonly', '-o', join(work, 'driver'), '.'], { cwd: sources, env: { GOTOOLCHAIN: 'local' } })
    })
    return { name: 'go', command: join(folder, 'driver'), args: [] }
  },
}
