import { StrongroomError } from '@strongroom/core'
import { isBoolean, isInteger, isOneOf, isText, type OptionCheck } from '@strongroom/core/options'
import type { VerifyAfterWrap } from '../keys/hsm-aead-key.ts'
import { isAlias, isVersion } from '../keys/key-name.ts'
import type { HsmToken } from '../token/hsm-token.ts'
import { coreOf, isHsmToken } from '../token/hsm-token.ts'
import type { TokenCore } from '../token/token-core.ts'

/** Options of all keyrings over keys in an HSM. */
export interface HsmKeyOptions {
  /** Where the keys are. */
  readonly token: HsmToken
  /** Provider id of the encrypted data keys; every party that shares the key uses the same. Must not start with `aws-kms`. */
  readonly namespace: string
  /** What the labels of all versions of the key have in common: they are `alias/v0001`, `alias/v0002`, and are the key's names in messages. */
  readonly alias: string
  /** The version that is written with. Default: the highest there is. All versions are read with. */
  readonly version?: number
  /** CKA_ID of that version, as bytes or in hexadecimal, where its label alone is not enough. */
  readonly id?: Uint8Array | string
  /** Milliseconds after which a higher version is looked for. Default 60,000. */
  readonly refreshMs?: number
  /**
   * When a data key that was wrapped is unwrapped again before it is handed out: the first of each key and session (default), `always`, or `never`.
   * A wrong IV would lose data for good.
   */
  readonly verifyAfterWrap?: VerifyAfterWrap
  /** Also use keys that could leave the token. Default false. */
  readonly allowExtractable?: boolean
}

const isId: OptionCheck = (value) =>
  (value instanceof Uint8Array && value.length > 0) || (typeof value === 'string' && /^(?:[0-9a-fA-F]{2}){1,255}$/.test(value))
    ? undefined
    : 'be bytes, or hexadecimal text'

/** Namespaces are checked by the keyrings of the core. */
export const keyChecks: { readonly [K in keyof Required<HsmKeyOptions>]: OptionCheck } = {
  token: isHsmToken,
  namespace: isText,
  alias: isAlias,
  version: isVersion,
  id: isId,
  refreshMs: isInteger(0, 2 ** 31 - 1),
  verifyAfterWrap: isOneOf(['first', 'always', 'never']),
  allowExtractable: isBoolean,
}

/** The options with their defaults. */
export function settle(
  where: string,
  options: HsmKeyOptions,
): {
  readonly core: TokenCore
  readonly alias: string
  readonly version: number | undefined
  readonly id: Uint8Array | undefined
  readonly refreshMs: number
  readonly verify: VerifyAfterWrap
  readonly allowExtractable: boolean
} {
  const { token, alias, version, id, refreshMs = 60_000, verifyAfterWrap = 'first', allowExtractable = false } = options
  const core = coreOf(token)
  if (core === undefined) throw new StrongroomError('OPTION_INVALID', `${where} needs a token of openHsmToken.`, { option: 'token' })
  if (id !== undefined && version === undefined) {
    throw new StrongroomError('OPTION_INVALID', `${where}: the option id goes with version; each version has an id of its own.`, {
      option: 'id',
    })
  }
  const bytes = typeof id === 'string' ? Uint8Array.from(Buffer.from(id, 'hex')) : id === undefined ? undefined : Uint8Array.from(id)
  return { core, alias, version, id: bytes, refreshMs, verify: verifyAfterWrap, allowExtractable }
}
