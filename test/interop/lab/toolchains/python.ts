import { join } from 'node:path'
import { cached, cacheFolder } from '../build-cache.ts'
import { firstMissing, run, type Toolchain } from './toolchain.ts'

const sources = join(import.meta.dirname, '../../drivers/python')
const requirements = join(sources, 'requirements.txt')

/** Python, with the packages of requirements.txt and no others in a virtual environment. */
export const python: Toolchain = {
  remedy: 'apt-get install python3 python3-venv (3.11 or later)',
  missing: () => firstMissing([['python3', '-c', 'import sys, venv, ensurepip; assert sys.version_info >= (3, 11)']]),
  async build() {
    const version = await run('python3', ['--version'])
    const folder = await cached(cacheFolder(), { name: 'python', files: [requirements], more: version }, async (work) => {
      await run('python3', ['-m', 'venv', work])
      const pip = (...args: string[]) => run(join(work, 'bin/python'), ['-m', 'pip', ...args])
      await pip('install', '--quiet', '--no-deps', '--requirement', requirements)
      await pip('check')
    })
    return { name: 'python', command: join(folder, 'bin/python'), args: ['-B', join(sources, 'driver.py')] }
  },
}
