import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

// The official vectors lie beside the repository, never in it. This is the one place that knows where.
const bundles = resolve(import.meta.dirname, '../../../shared/vectors')

/** The bundles of official test vectors. */
export const vectorBundles = ['esdk', 's3ec', 'dbesdk'] as const

/** A bundle of official test vectors. */
export type VectorBundle = (typeof vectorBundles)[number]

/** Where the bundle is, or would be. */
export function bundlePath(bundle: VectorBundle): string {
  return join(bundles, `${bundle}.tar.gz`)
}

/** Whether the bundle of official test vectors is at hand. */
export function hasVectors(bundle: VectorBundle): boolean {
  return existsSync(bundlePath(bundle))
}
