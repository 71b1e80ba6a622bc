import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, inject, it } from 'vitest'

const { packages } = inject('installed')
const repository = resolve(import.meta.dirname, '../..')

interface Manifest {
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

it('packs the packages', () => {
  const folders = ['core', 'dynamodb', 'kinesis', 'kms', 'pkcs11', 's3', 'testing']
  expect(packages.map(({ name }) => name)).toEqual(folders.map((folder) => `@strongroom/${folder}`))
})

describe.each(packages)('the tarball of $name', ({ name, folder, files }) => {
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
  const manifest = JSON.parse(read('package.json')) as Manifest
  const code = files.filter((file) => /\.(js|d\.ts)$/.test(file))

  it('holds code, declarations, maps of the code and nothing else', () => {
    const expected = /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/[\w/-]+\.(js|js\.map|d\.ts))$/
    expect(files.filter((file) => !expected.test(file) || /\.test\./.test(file))).toEqual([])
    expect(files).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE']))
  })

  it('has what its exports name', () => {
    const named = Object.values(manifest.exports).flatMap(({ types, default: main }) => [types, main])
    expect(named.filter((file) => file === undefined || !files.includes(file.slice(2)))).toEqual([])
  })

  it('has maps that bring their sources along, and no mention of others', () => {
    const mentioned = code.flatMap((file) =>
      [...read(file).matchAll(/^\/\/# sourceMappingURL=(.*)$/gm)].map(([, map]) => join(dirname(file), map as string)),
    )
    expect(mentioned.toSorted()).toEqual(files.filter((file) => file.endsWith('.map')).toSorted())
    for (const map of mentioned) {
      const { sources, sourcesContent } = JSON.parse(read(map)) as { sources: string[]; sourcesContent?: (string | null)[] }
      expect(sources.filter((_, index) => !sourcesContent?.[index])).toEqual([])
    }
  })

  it('imports files that it has, itself, Node.js and what it declares', () => {
    const declared = [...Object.keys(manifest.dependencies ?? {}), ...Object.keys(manifest.peerDependencies ?? {})]
    const lost = code.flatMap((file) =>
      importsOf(read(file))
        .filter((specifier) => {
          if (specifier.startsWith('.')) return !files.includes(asPacked(file, specifier))
          if (specifier.startsWith('node:')) return !builtinModules.includes(specifier.slice(5)) && !builtinModules.includes(specifier)
          return !declared.some((dependency) => specifier === dependency || specifier.startsWith(`${dependency}/`))
        })
        .map((specifier) => `${file} imports ${specifier}`),
    )
    expect(lost).toEqual([])
  })

  it('tells nothing of the machine that built it', () => {
    const places = [repository, realpathSync(tmpdir()), process.env.HOME].filter((place) => place !== undefined && place !== '/')
    const telling = files.filter((file) => places.some((place) => read(file).includes(`${place}/`)))
    expect(telling).toEqual([])
  })

  it('is where the tests of this folder find it', () => {
    expect(existsSync(join(folder, 'package.json'))).toBe(true)
    expect(folder.startsWith(repository)).toBe(false)
    expect((JSON.parse(read('package.json')) as { name: string }).name).toBe(name)
  })
})

function importsOf(text: string): string[] {
  const statements = [
    /(?:^|\s)(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/g,
    /\bimport\s*\(\s*['"]([^'"]+)['"]\s*\)/g,
    /(?:^|\n)import\s*['"]([^'"]+)['"]/g,
  ]
  // Examples in comments are not imports.
  const bare = text.replaceAll(/\/\*[\s\S]*?\*\//g, '')
  return [...new Set(statements.flatMap((statement) => [...bare.matchAll(statement)].map(([, specifier]) => specifier as string)))]
}

/** Declarations name the file that they were made from, and TypeScript looks for the declaration. */
function asPacked(from: string, specifier: string): string {
  const path = join(dirname(from), specifier)
  return from.endsWith('.d.ts') ? path.replace(/\.(js|ts)$/, '.d.ts') : path
}
