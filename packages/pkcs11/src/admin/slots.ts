import { isText, validateOptions } from '@strongroom/core/options'
import { ckrRow } from '../ckr.ts'
import { HsmError } from '../errors.ts'
import { forgetModule, moduleOf } from '../module/module-registry.ts'
import { CkrFailure } from '../native/hsm-thread.ts'
import type { SlotInfo } from '../token/slot-selector.ts'
import { type ModuleInfo, readModule } from '../token/token-facts.ts'

/** Options of {@link listHsmSlots}. */
export interface ListHsmSlotsOptions {
  /** Absolute path of the PKCS#11 library. */
  readonly library: string
  /** Parameters of C_Initialize, which NSS takes. */
  readonly libraryParameters?: string
}

/** What a library says of itself, and what it reaches. */
export interface HsmSlots {
  /** The library. */
  readonly module: ModuleInfo
  /** The slots that have a token, in the library's order: `index` counts them. */
  readonly slots: readonly SlotInfo[]
}

/**
 * What there is behind a PKCS#11 library: for who has to write `slot` and does not know its label yet. Nobody logs in. Of one token, `info()` of
 * `openHsmToken` tells more.
 *
 * @throws `OPTION_INVALID`; an `HsmError` with the reason `LIBRARY_MISSING`, `LIBRARY_UNUSABLE`, `BINDING_MISSING` or `UNREACHABLE`
 * @example
 * ```ts
 * const { slots } = await listHsmSlots({ library: '/opt/cloudhsm/lib/libcloudhsm_pkcs11.so' })
 * ```
 */
export async function listHsmSlots(options: ListHsmSlotsOptions): Promise<HsmSlots> {
  validateOptions('listHsmSlots', options, { library: isText, libraryParameters: isText }, ['library'])
  const module = moduleOf(options.library, options.libraryParameters)
  const user = { reset() {} }
  module.join(user)
  const thread = module.newThread()
  try {
    await module.initialise(thread)
    return await readModule(thread)
  } catch (error) {
    if (!(error instanceof CkrFailure)) throw error
    const { name: ckr, remedy } = ckrRow(error.code)
    const { library } = module
    const message = `The PKCS#11 library ${library} cannot tell what it reaches: ${error.method} answered ${ckr}${remedy === undefined ? '' : `, ${remedy}`}.`
    throw new HsmError('KEY_TRANSIENT', 'UNREACHABLE', message, { library, method: error.method, ckr, ckrCode: error.code })
  } finally {
    if (await module.leave(user, thread)) forgetModule(module)
    thread.terminate()
  }
}
