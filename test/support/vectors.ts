import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { bundlePath, hasVectors, type VectorBundle } from './vector-bundles.ts'

/** Reads the files of an unpacked bundle. */
export interface Vectors {
  bytes(path: string): Buffer
  json<T>(path: string): T
  path(path: string): string
}

/** Unpacks a bundle for the current test file and answers a reader of its files; all is removed after the last test. */
function unpackVectors(bundle: VectorBundle): Vectors {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-vectors-'))
  execFileSync('tar', ['-xzf', bundlePath(bundle), '-C', folder])
  afterAll(() => rmSync(folder, { recursive: true }))
  const path = (name: string) => join(folder, bundle, name)
  return {
    path,
    bytes: (name) => readFileSync(path(name)),
    json: <T>(name: string) => JSON.parse(readFileSync(path(name), 'utf8')) as T,
  }
}

/** A group of tests that read official vectors: skipped by name where the bundle is absent. The tests may depend on what is in it. */
export function describeVectors(bundle: VectorBundle, name: string, tests: (vectors: Vectors) => void): void {
  if (hasVectors(bundle)) describe(name, () => tests(unpackVectors(bundle)))
  else describe.skip(name, () => it('needs the official vectors', () => {}))
}
