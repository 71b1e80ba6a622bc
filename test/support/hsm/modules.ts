import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'

/**
 * `softhsm2` and `nss` as they are; `cloudhsm`: SoftHSM2 with the manners of AWS CloudHSM, and `softhsm2-faulty`: SoftHSM2 as it is, both with
 * faults to inject.
 */
export type HsmModule = 'softhsm2' | 'nss' | 'cloudhsm' | 'softhsm2-faulty'

const SHIM = join(import.meta.dirname, 'shim')
const SOFTHSM = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib64/softhsm/libsofthsm.so', '/usr/local/lib/softhsm/libsofthsm2.so']
const SOFTOKN = [
  ...['/usr/lib/x86_64-linux-gnu/libsoftokn3.so', '/usr/lib/x86_64-linux-gnu/nss/libsoftokn3.so', '/usr/lib64/libsoftokn3.so'],
  ...['/usr/lib/aarch64-linux-gnu/libsoftokn3.so', '/usr/lib/aarch64-linux-gnu/nss/libsoftokn3.so'],
]

/** SoftHSM2's library. */
export function softhsmLibrary(): string | undefined {
  return SOFTHSM.find((path) => existsSync(path))
}

/** NSS's library. */
export function softoknLibrary(): string | undefined {
  return SOFTOKN.find((path) => existsSync(path))
}

/** Why tests on a module cannot run here; undefined where they can. */
export function missingFor(module: HsmModule): string | undefined {
  if (!pkcs11jsWorks()) return 'pkcs11js is not built'
  if (module === 'nss')
    return softoknLibrary() === undefined || !runs('certutil', '-H') ? 'libnss3 and libnss3-tools are not installed' : undefined
  if (softhsmLibrary() === undefined || !runs('softhsm2-util', '--version')) return 'softhsm2 is not installed'
  return module !== 'softhsm2' && !runs('gcc', '--version') ? 'gcc is not installed' : undefined
}

function pkcs11jsWorks(): boolean {
  try {
    createRequire(import.meta.url)('pkcs11js')
    return true
  } catch {
    return false
  }
}

const found = new Map<string, boolean>()

function runs(command: string, argument: string): boolean {
  let answer = found.get(command)
  if (answer === undefined) {
    answer = spawnSync(command, [argument], { stdio: 'ignore' }).error === undefined
    found.set(command, answer)
  }
  return answer
}

/** Builds the module that faults can be injected into, once for each state of its source; several processes may. Answers its path. */
export function buildShim(): string {
  const sources = readdirSync(SHIM).toSorted()
  const hash = createHash('sha256')
  for (const name of sources) hash.update(name).update(readFileSync(join(SHIM, name)))
  const folder = join(tmpdir(), `strongroom-hsm-${userInfo().uid}`)
  const built = join(folder, `shim-${hash.digest('hex').slice(0, 16)}.so`)
  if (existsSync(built)) return built
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const own = mkdtempSync(join(folder, 'build-'))
  const headers = join(dirname(createRequire(import.meta.url).resolve('pkcs11js/package.json')), 'includes')
  const files = sources.filter((name) => name.endsWith('.c')).map((name) => join(SHIM, name))
  execFileSync('gcc', ['-std=gnu11', '-O1', '-shared', '-fPIC', '-I', headers, '-o', join(own, 'shim.so'), ...files, '-ldl', '-lpthread'])
  // Whoever comes first: what the others built is the same.
  renameSync(join(own, 'shim.so'), built)
  rmSync(own, { recursive: true })
  return built
}
