import { afterAll, describe, it } from 'vitest'
import { type HsmModule, missingFor } from './hsm/modules.ts'
import { setUpHsm, type TestHsm, type TestHsmOptions } from './hsm/test-hsm.ts'

export type { HsmModule } from './hsm/modules.ts'
export { missingFor } from './hsm/modules.ts'
export { setUpHsm, type TestHsm, type TestHsmOptions } from './hsm/test-hsm.ts'

/** The modules that a suite for any HSM runs on. */
export const everyModule: readonly HsmModule[] = ['softhsm2', 'nss', 'cloudhsm']

/** Those that faults can be injected into. */
export const faultyModules: readonly HsmModule[] = ['softhsm2-faulty', 'cloudhsm']

/**
 * A group of tests for each module, with a set-up of its own that is removed at the end of the file. Skipped by name where a module is not
 * installed or pkcs11js is not built; with CI=true that is a failure.
 *
 * A module's state belongs to the process: a test file runs in one of its own.
 */
export function describeOnHsm(
  modules: readonly HsmModule[],
  name: string,
  tests: (hsm: TestHsm) => void,
  options: TestHsmOptions = {},
): void {
  for (const module of modules) {
    const missing = missingFor(module)
    if (missing === undefined) {
      const hsm = setUpHsm(module, options)
      // Of the file, not of the group: a group of which no test is chosen ends without.
      afterAll(() => hsm[Symbol.dispose]())
      describe(`${name}, on ${module}`, () => tests(hsm))
    } else if (process.env.CI === 'true') {
      describe(`${name}, on ${module}`, () => {
        it('has its module', () => {
          throw new Error(`Needed with CI=true: ${missing}. Debian: apt-get install softhsm2 libnss3 libnss3-tools gcc`)
        })
      })
    } else describe.skip(`${name}, on ${module} (skipped: ${missing})`, () => it('needs its module', () => {}))
  }
}
