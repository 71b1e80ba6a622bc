import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cached, cacheFolder } from '../build-cache.ts'
import { firstMissing, run, type Toolchain } from './toolchain.ts'

const drivers = join(import.meta.dirname, '../../drivers')
const common = join(drivers, 'java/src/main/java')

/** A driver in Java: where its jars come from, and what is compiled against them. */
interface JavaDriver {
  readonly name: string
  readonly main: string
  readonly pom: string
  /** Pins the jars that the pom comes to. */
  readonly lock: string
  /** Properties of the pom that are given from outside. */
  readonly properties?: Readonly<Record<string, string>>
  /** Folders with sources, and single files. */
  readonly sources: readonly string[]
}

const protocol = ['Fields', 'Operation', 'Protocol', 'RequestError'].map((name) => join(common, `strongroom/interop/${name}.java`))

/** The clients for messages and for items. */
export const java: Toolchain = toolchain({
  name: 'java',
  main: 'strongroom.interop.Driver',
  pom: join(drivers, 'java/pom.xml'),
  lock: join(drivers, 'java/jars.sha256'),
  sources: [common],
})

/** The client for objects, in its current major version. */
export const javaS3: Toolchain = s3('4', '4.0.1')

/** The same in the major version before, which is all that many programs have. */
export const javaS3Before: Toolchain = s3('3', '3.5.0')

function s3(major: string, version: string): Toolchain {
  const project = join(drivers, 'java-s3')
  return toolchain({
    name: `java-s3-${major}`,
    main: 'strongroom.interop.S3Driver',
    pom: join(project, 'pom.xml'),
    lock: join(project, `jars-${major}.sha256`),
    properties: { 's3ec.version': version },
    sources: [...protocol, join(project, 'src/main/java'), join(project, `src/s3ec${major}/java`)],
  })
}

function toolchain({ name, main, pom, lock, properties = {}, sources }: JavaDriver): Toolchain {
  const given = Object.entries(properties).map(([property, value]) => `-D${property}=${value}`)
  return {
    remedy: 'apt-get install openjdk-17-jdk-headless maven',
    missing: () =>
      firstMissing([
        ['javac', '-version'],
        ['mvn', '--version'],
      ]),
    async build() {
      const root = cacheFolder()
      const jars = await cached(root, { name: `${name}-jars`, files: [pom, lock], more: given.join(' ') }, async (work) => {
        const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${work}`]
        await run('mvn', ['-q', '-B', '-f', pom, ...given, ...copy])
        const found = await checksums(work)
        if (found !== (await readFile(lock, 'utf8')))
          throw new Error(`The jars that the pom of ${name} comes to are not those of its lock file, but:\n${found}`)
      })
      const classpath = join(jars, '*')
      const more = await run('javac', ['-version'])
      const classes = await cached(root, { name: `${name}-classes`, files: [pom, lock, ...sources], more }, async (work) => {
        const files = (await Promise.all(sources.map(javaFiles))).flat()
        await mkdir(work, { recursive: true })
        const warnings = '-Xlint:all,-classfile,-processing,-serial,-try'
        await run('javac', ['--release', '17', '-encoding', 'UTF-8', warnings, '-Werror', '-cp', classpath, '-d', work, ...files])
      })
      return { name, command: 'java', args: ['-cp', `${classes}:${classpath}`, main] }
    },
  }
}

async function javaFiles(source: string): Promise<readonly string[]> {
  if (source.endsWith('.java')) return [source]
  const names = await readdir(source, { recursive: true })
  return names.filter((name) => name.endsWith('.java')).map((name) => join(source, name))
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
