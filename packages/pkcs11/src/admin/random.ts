import { SecretBytes } from '@strongroom/core'
import { isInteger, validateOptions } from '@strongroom/core/options'
import type { HsmToken } from '../token/hsm-token.ts'
import { type AdminCallOptions, adminCore, signalCheck } from './admin-options.ts'

// Less than any module refuses.
const AT_ONCE = 1024

/** Options of {@link hsmRandom}. */
export interface HsmRandomOptions extends AdminCallOptions {
  /** How many bytes, 1 to 65,536. */
  readonly length: number
}

/**
 * Random bytes of the HSM, the caller's to dispose.
 *
 * @throws `OPTION_INVALID`, or an `HsmError`.
 */
export async function hsmRandom(token: HsmToken, options: HsmRandomOptions): Promise<SecretBytes> {
  validateOptions('hsmRandom', options, { length: isInteger(1, 65_536), ...signalCheck }, ['length'])
  const { length } = options
  const core = adminCore(token)
  const whole = new Uint8Array(length)
  try {
    for (let start = 0; start < length; start += AT_ONCE) {
      const wanted = Math.min(AT_ONCE, length - start)
      const [bytes] = await core.call(
        'C_GenerateRandom',
        (session) => [{ method: 'C_GenerateRandom', args: [session, new Uint8Array(wanted)] }],
        options,
      )
      const part = bytes as Uint8Array
      whole.set(part, start)
      part.fill(0)
    }
    return SecretBytes.copyOf(whole)
  } finally {
    whole.fill(0)
  }
}
