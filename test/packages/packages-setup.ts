import type { TestProject } from 'vitest/node'
import { installPackages } from './install-packages.ts'

/** Global set-up of the package tests: builds, packs and unpacks the published packages once, in a temporary folder that the run takes away again. */
export async function setup(project: TestProject): Promise<() => void> {
  const { installed, remove } = await installPackages()
  project.provide('installed', installed)
  return remove
}

declare module 'vitest' {
  interface ProvidedContext {
    installed: Awaited<ReturnType<typeof installPackages>>['installed']
  }
}
