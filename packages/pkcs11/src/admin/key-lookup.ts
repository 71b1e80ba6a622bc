import type { CallOptions } from '@strongroom/core'
import { HsmError, type HsmReason } from '../errors.ts'
import type { TokenCore } from '../token/token-core.ts'
import { findObjects, type KeyRecord, readKey } from './objects.ts'
import { stable } from './stable.ts'

/** An administration error: somebody has to do something else. */
export function adminError(reason: HsmReason, keyName: string, message: string): HsmError {
  return new HsmError('KEY_OPERATIONAL', reason, message, { keyName })
}

/** The one key of a label. */
export async function theOne(core: TokenCore, classes: readonly number[], label: string, options: CallOptions): Promise<KeyRecord> {
  return stable(core, options, async () => {
    const [handle, ...more] = await findObjects(core, classes, { label }, options)
    if (handle === undefined) {
      throw adminError('KEY_NOT_FOUND', label, `The token has no key ${label} that this user sees. listHsmKeys shows those that it has.`)
    }
    if (more.length > 0) throw ambiguous(label)
    return readKey(core, handle, options)
  })
}

/** Several keys of one name. */
function ambiguous(label: string): HsmError {
  return adminError(
    'KEY_AMBIGUOUS',
    label,
    `The token has several keys ${label}. Which of them wrapped what cannot be told by name: find the right one by its check value (listHsmKeys), and destroy the others with the vendor's tool.`,
  )
}

/** A name that is not free. */
export function taken(label: string): HsmError {
  return adminError('KEY_EXISTS', label, `The token has ${label} already. Give another alias or version.`)
}
