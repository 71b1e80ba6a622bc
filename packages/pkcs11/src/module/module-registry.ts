import { StrongroomError } from '@strongroom/core'
import { realLibrary } from '../native/library-file.ts'
import { HsmModule } from './hsm-module.ts'

/** Shared by all copies of this package in a thread; the number changes with what they would have to agree on. */
const REGISTRY = Symbol.for('@strongroom/pkcs11/modules/1')

/**
 * The module of a library, one for each real path.
 *
 * @throws `KEY_OPERATIONAL` (`LIBRARY_MISSING`), or `OPTION_INVALID` where it is in use with other parameters.
 */
export function moduleOf(library: string, libraryParameters: string | undefined): HsmModule {
  const holder = globalThis as { [REGISTRY]?: Map<string, HsmModule> }
  holder[REGISTRY] ??= new Map()
  const modules = holder[REGISTRY]
  const path = realLibrary(library)
  let module = modules.get(path)
  if (module === undefined) {
    module = new HsmModule(path, libraryParameters)
    modules.set(path, module)
  }
  if (module.libraryParameters !== libraryParameters) {
    throw new StrongroomError('OPTION_INVALID', `The PKCS#11 library ${path} is in use with other libraryParameters.`, {
      option: 'libraryParameters',
    })
  }
  return module
}

/** Forgets a module that nobody uses any more. */
export function forgetModule(module: HsmModule): void {
  const modules = (globalThis as { [REGISTRY]?: Map<string, HsmModule> })[REGISTRY]
  if (modules?.get(module.library) === module) modules.delete(module.library)
}
