import { type CallOptions, StrongroomError } from '@strongroom/core'
import type { OptionCheck } from '@strongroom/core/options'

import { coreOf, type HsmToken } from '../token/hsm-token.ts'
import type { TokenCore } from '../token/token-core.ts'

/** What every administration function takes. */
export type AdminCallOptions = Pick<CallOptions, 'signal'>

/** The signal of a call. */
export const signalCheck: { readonly signal: OptionCheck } = {
  signal: (value) => (value instanceof AbortSignal ? undefined : 'be an AbortSignal'),
}

/** Three bytes in hex. */
export const isCheckValue: OptionCheck = (value) =>
  typeof value === 'string' && /^[0-9a-f]{6,}$/.test(value) ? undefined : 'be a check value in lower-case hex'

/** What is behind a token. */
export function adminCore(token: HsmToken): TokenCore {
  const core = coreOf(token)
  if (core === undefined) {
    throw new StrongroomError('INPUT_INVALID', 'Functions that administer an HSM take a token of openHsmToken of this copy of the package.')
  }
  return core
}
