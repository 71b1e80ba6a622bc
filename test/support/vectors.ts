import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll } from 'vitest'

// The official vectors lie beside the repository, never in it. This is the one place that knows where.
const bundles = resolve(import.meta.dirname, '../../../shared/vectors')

/** Whether the bundle of official test vectors is at hand. */
export function hasVectors(bundle: 'esdk'): boolean {
  return existsSync(join(bundles, `${bundle}.tar.gz`))
}

/** Unpacks a bundle for the current test file and answers a reader of its files; all is removed after the last test. */
export function unpackVectors(bundle: 'esdk'): { bytes(path: string): Buffer; json<T>(path: string): T; path(path: string): string } {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-vectors-'))
  execFileSync('tar', ['-xzf', join(bundles, `${bundle}.tar.gz`), '-C', folder])
  afterAll(() => rmSync(folder, { recursive: true }))
  const path = (name: string) => join(folder, bundle, name)
  return {
    path,
    bytes: (name) => readFileSync(path(name)),
    json: <T>(name: string) => JSON.parse(readFileSync(path(name), 'utf8')) as T,
  }
}
