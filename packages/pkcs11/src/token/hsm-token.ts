import type { CallOptions, RandomSource } from '@strongroom/core'
import { systemRandom } from '@strongroom/core/keyring-tools'
import { isAnything, isFunction, isInteger, isText, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { moduleOf } from '../module/module-registry.ts'
import { type QuirksOption, validateQuirks } from '../quirks.ts'
import type { CircuitLimits } from './circuit-breaker.ts'
import { type PinSource, pinReader } from './pin.ts'
import { type SlotSelector, validateSelector } from './slot-selector.ts'
import { TokenCore } from './token-core.ts'
import type { TokenFacts } from './token-facts.ts'

/** Options of {@link openHsmToken}. */
export interface HsmTokenOptions {
  /** Absolute path of the PKCS#11 library. AWS CloudHSM: `/opt/cloudhsm/lib/libcloudhsm_pkcs11.so`. */
  readonly library: string
  /** Parameters of C_Initialize, which NSS takes. */
  readonly libraryParameters?: string
  /** Which token. */
  readonly slot: SlotSelector
  /** PIN of the token's user; for AWS CloudHSM `user:password` of a crypto user. */
  readonly pin: PinSource
  /** What is known better of the module than it tells itself. Default: found out by its description and mechanisms. */
  readonly quirks?: QuirksOption
  /** Most sessions, each with a thread of about 10 MB; opened when they are needed. 1 to 256, default 4. */
  readonly maxSessions?: number
  /** Milliseconds that a call waits for a session. Default 5,000. */
  readonly acquireTimeoutMs?: number
  /** Milliseconds that a call may take, retries included. Default 10,000. */
  readonly deadlineMs?: number
  /** Milliseconds after which a session that is not used is closed, but for the last one. Default 60,000. */
  readonly idleTimeoutMs?: number
  /** Milliseconds before the first retry of a busy or lost HSM; doubled each time, and varied. Default 20. */
  readonly backoffMs?: number
  /** When the token is left alone, and for how long. Default: after 5 failed calls in a row, 1,000 ms, doubled with each failed trial. */
  readonly circuit?: CircuitLimits
  /** Source of IVs and of the variation of retries, for tests. */
  readonly random?: RandomSource
  /** A monotonic clock in milliseconds, for tests. */
  readonly now?: () => number
}

/** A token of an HSM, with its sessions, threads and login. */
export interface HsmToken extends AsyncDisposable {
  /** Path of the library, with links resolved. */
  readonly library: string
  /** The token's label; before it was found, what it is looked for by. */
  readonly label: string
  /**
   * Looks the token up, and logs in.
   *
   * @throws `KEY_TRANSIENT`, `KEY_OPERATIONAL`
   */
  info(options?: CallOptions): Promise<TokenFacts>
  /** A PIN that the token refused is not given again by this process; this allows it once somebody has mended the cause. */
  retryPin(): void
  /** Waits for what is under way, closes the sessions, and finalises the library where nobody else uses it. Calls fail from now on. */
  close(): Promise<void>
}

const cores = new WeakMap<HsmToken, TokenCore>()

/** What is behind a token. */
export function coreOf(token: HsmToken): TokenCore | undefined {
  return cores.get(token)
}

/** A token of {@link openHsmToken}. */
export const isHsmToken: OptionCheck = (value) =>
  typeof value === 'object' && value !== null && cores.has(value as HsmToken) ? undefined : 'be a token of openHsmToken'

const isPath: OptionCheck = (value) =>
  isText(value) === undefined && /^(?:\/|[A-Za-z]:[\\/])/.test(value as string) && !(value as string).includes('\0')
    ? undefined
    : 'be an absolute path: what a relative one loads depends on who starts the program, and where'

const isMs = isInteger(1, 2 ** 31 - 1)

/**
 * A token of an HSM behind a PKCS#11 library, for the keyrings of this package.
 *
 * Nothing is loaded before it is first used, and then by threads of its own: no call of the library is made on the caller's, so none can hold up the
 * event loop, and none takes a place in the pool that files and DNS share. The library is initialised once for the process.
 *
 * A call that fails is tried again as its return value asks for: the user is logged in anew, sessions and handles are replaced, a busy HSM is waited
 * for, a token that went away is looked for again and the library is initialised anew, all within `deadlineMs`. A PIN that was refused is never tried
 * again. The PIN is overwritten after each login, but for one text that the native binding needs and nothing can wipe.
 *
 * @throws `OPTION_INVALID`; `KEY_OPERATIONAL` (`LIBRARY_MISSING`)
 * @example
 * ```ts
 * const token = openHsmToken({
 *   library: '/opt/cloudhsm/lib/libcloudhsm_pkcs11.so',
 *   slot: { label: 'hsm1' },
 *   pin: { file: '/run/secrets/hsm-pin' },
 * })
 * const keyring = hsmKeyring({ token, namespace: 'example', alias: 'orders' })
 * ```
 */
export function openHsmToken(options: HsmTokenOptions): HsmToken {
  validateOptions(
    'openHsmToken',
    options,
    {
      library: isPath,
      libraryParameters: isText,
      slot: isAnything,
      pin: isAnything,
      quirks: isAnything,
      maxSessions: isInteger(1, 256),
      acquireTimeoutMs: isMs,
      deadlineMs: isMs,
      idleTimeoutMs: isMs,
      backoffMs: isMs,
      circuit: isAnything,
      random: isFunction,
      now: isFunction,
    },
    ['library', 'slot', 'pin'],
  )
  const { circuit = { failures: 5, coolDownMs: 1_000 }, quirks } = options
  validateSelector('openHsmToken', options.slot)
  validateOptions('openHsmToken', circuit, { failures: isInteger(1, 1_000_000), coolDownMs: isMs }, ['failures', 'coolDownMs'], 'circuit.')
  if (quirks !== undefined) validateQuirks('openHsmToken', quirks)
  const pin = pinReader('openHsmToken', options.pin)
  const module = moduleOf(options.library, options.libraryParameters)
  const core = new TokenCore(
    { module, selector: { ...options.slot }, pin, quirks },
    {
      maxSessions: options.maxSessions ?? 4,
      acquireTimeoutMs: options.acquireTimeoutMs ?? 5_000,
      deadlineMs: options.deadlineMs ?? 10_000,
      idleTimeoutMs: options.idleTimeoutMs ?? 60_000,
      backoffMs: options.backoffMs ?? 20,
      circuit: { ...circuit },
      random: options.random ?? systemRandom,
      now: options.now ?? (() => performance.now()),
    },
  )
  const token: HsmToken = {
    library: module.library,
    get label() {
      return core.label
    },
    info: (call = {}) => core.info(call),
    retryPin: () => core.retryPin(),
    close: () => core.close(),
    [Symbol.asyncDispose]: () => core.close(),
  }
  cores.set(token, core)
  return token
}
