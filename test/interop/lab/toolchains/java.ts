import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cached, cacheFolder } from '../build-cache.ts'
import { firstMissing, run, type Toolchain } from './toolchain.ts'

const project = join(import.meta.dirname, '../../drivers/java')
const [pom, lock, sources] = [join(project, 'pom.xml'), join(project, 'jars.sha256'), join(project, 'src/main/java')]

/** Java, with the jars that pom.xml comes to; jars.sha256 pins them. */
export const java: Toolchain = {
  remedy: 'apt-get install openjdk-17-jdk-headless maven',
  missing: () =>
    firstMissing([
      ['javac', '-version'],
      ['mvn', '--version'],
    ]),
  async build() {
    const root = cacheFolder()
    const jars = await cached(root, { name: 'java-jars', files: [pom, lock] }, async (work) => {
      await run('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${work}`])
      const found = await checksums(work)
      if (found !== (await readFile(lock, 'utf8')))
        throw new Error(`The jars that pom.xml comes to are not those of jars.sha256, but:\n${found}`)
    })
    const classpath = join(jars, '*')
    const more = await run('javac', ['-version'])
    const classes = await cached(root, { name: 'java-classes', files: [pom, lock, sources], more }, async (work) => {
      const files = (await readdir(sources, { recursive: true }))
        .filter((name) => name.endsWith('.java'))
        .map((name) => join(sources, name))
      await mkdir(work, { recursive: true })
      const warnings = '-Xlint:all,-classfile,-processing,-serial'
      await run('javac', ['--release', '17', '-encoding', 'UTF-8', warnings, '-Werror', '-cp', classpath, '-d', work, ...files])
    })
    return { name: 'java', command: 'java', args: ['-cp', `${classes}:${classpath}`, 'strongroom.interop.Driver'] }
  },
}

/** As sha256sum prints it. */
async function checksums(folder: string): Promise<string> {
  const names = (await readdir(folder)).sort()
  const lines = names.map(
    async (name) =>
      `${createHash('sha256')
        .update(await readFile(join(folder, name)))
        .digest('hex')}  ${name}\n`,
  )
  return (await Promise.all(lines)).join('')
}
