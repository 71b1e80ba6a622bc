import { createRequire } from 'node:module'
import { join } from 'node:path'
import { HsmError } from '../errors.ts'

const REMEDY = 'npm install pkcs11js@2 builds it; that needs Python 3, make and a C++ compiler'

/**
 * Where the native binding is: found from this package, or from the program's folder where a bundler has moved this package elsewhere.
 *
 * @throws `KEY_OPERATIONAL` (`BINDING_MISSING`)
 */
export function bindingPath(): string {
  let cause: unknown
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      return createRequire(from).resolve('pkcs11js')
    } catch (error) {
      cause ??= error
    }
  }
  throw new HsmError('KEY_OPERATIONAL', 'BINDING_MISSING', `The package pkcs11js is not installed: ${REMEDY}.`, { cause })
}

/** The error of a binding that is there and does not load. */
export function bindingUnusable(text: string): HsmError {
  return new HsmError(
    'KEY_OPERATIONAL',
    'BINDING_MISSING',
    `The package pkcs11js does not load: it was not built, or for another platform. ${REMEDY}.`,
    {
      cause: new Error(text),
    },
  )
}
