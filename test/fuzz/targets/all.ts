import type { Target } from '../engine/target.ts'

// Each is loaded where it runs: some make keys when they are.
const loaders: Readonly<Record<string, () => Promise<object>>> = {
  header: async () => (await import('./header.ts')).headerTarget,
  message: async () => (await import('./message.ts')).messageTarget,
  sealed: async () => (await import('./sealed.ts')).sealedTarget,
  'data keys': async () => (await import('./data-keys.ts')).dataKeysTarget,
  'key files': async () => (await import('./key-files.ts')).keyFilesTarget,
  uris: async () => (await import('./uris.ts')).urisTarget,
  kms: async () => (await import('./kms.ts')).kmsTarget,
  objects: async () => (await import('./objects.ts')).objectsTarget,
}

/** Names of all targets. */
export const targetNames: readonly string[] = Object.keys(loaders)

/** A target by its name. Its inputs are of a shape that it alone knows. */
export async function targetNamed(name: string): Promise<Target> {
  const load = loaders[name]
  if (load === undefined) throw new Error(`no target ${name}`)
  return (await load()) as Target
}
