import { closeSync, openSync, readSync, realpathSync } from 'node:fs'
import { HsmError } from '../errors.ts'

/** Machine numbers of ELF files, by the names that Node.js gives them. */
const machines: ReadonlyMap<number, string> = new Map([
  [3, 'ia32'],
  [40, 'arm'],
  [62, 'x64'],
  [183, 'arm64'],
  [243, 'riscv64'],
])

/**
 * The library's real path, so that two names of it are one module.
 *
 * @throws `KEY_OPERATIONAL` (`LIBRARY_MISSING`)
 */
export function realLibrary(library: string): string {
  try {
    return realpathSync(library)
  } catch (cause) {
    const message = `There is no PKCS#11 library ${library}, or it may not be read. AWS CloudHSM installs /opt/cloudhsm/lib/libcloudhsm_pkcs11.so.`
    throw new HsmError('KEY_OPERATIONAL', 'LIBRARY_MISSING', message, { library, cause })
  }
}

/** The error of a library that does not load, with what its file tells about the reason. */
export function libraryUnusable(library: string, text: string): HsmError {
  const machine = machineOf(library)
  const why =
    machine === undefined
      ? 'it is not a shared library of this system'
      : machine === process.arch
        ? 'a library that it needs is missing, or it is no PKCS#11 module'
        : `it is built for ${machine}, and this process runs on ${process.arch}`
  return new HsmError('KEY_OPERATIONAL', 'LIBRARY_UNUSABLE', `The PKCS#11 library ${library} does not load: ${why}.`, {
    library,
    cause: new Error(text),
  })
}

/** What an ELF file is built for; undefined for other files. Other systems' formats are left to their loaders. */
function machineOf(library: string): string | undefined {
  if (process.platform !== 'linux') return process.arch
  const header = Buffer.alloc(20)
  try {
    const file = openSync(library, 'r')
    try {
      readSync(file, header, 0, header.length, 0)
    } finally {
      closeSync(file)
    }
  } catch {
    return undefined
  }
  if (header.readUInt32BE(0) !== 0x7f454c46) return undefined
  const number = header[5] === 2 ? header.readUInt16BE(18) : header.readUInt16LE(18)
  return machines.get(number) ?? `machine ${number}`
}
