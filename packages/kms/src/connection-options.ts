import { StrongroomError } from '@strongroom/core'
import { isBoolean, isFunction, type OptionCheck } from '@strongroom/core/options'
import { isClient } from './client-supplier.ts'
import type { ClientOptions } from './clients.ts'

/** How KMS is called. */
export interface ConnectionOptions extends ClientOptions {
  /** Tokens of grants that may not be in effect everywhere yet; sent with every call. At most 10. */
  readonly grantTokens?: readonly string[]
  /** Allow an endpoint that is reached without TLS over a network: plaintext data keys travel on it. Loopback needs no permission. Default false. */
  readonly allowInsecureEndpoint?: boolean
}

const isGrantTokens: OptionCheck = (value) =>
  Array.isArray(value) &&
  value.length <= 10 &&
  value.every((token) => typeof token === 'string' && token.length > 0 && token.length <= 8192)
    ? undefined
    : 'be an array of at most 10 grant tokens'

/** Checks of the options in {@link ConnectionOptions}. */
export const connectionChecks: { readonly [Name in keyof ConnectionOptions]-?: OptionCheck } = {
  client: isClient,
  clientFor: isFunction,
  grantTokens: isGrantTokens,
  allowInsecureEndpoint: isBoolean,
}

/**
 * Refuses two sources of clients, and one client for several Regions.
 *
 * @throws `OPTION_INVALID`
 */
export function checkClientSource(where: string, { client, clientFor }: ClientOptions, regions: ReadonlySet<string>): void {
  if (client === undefined) return
  if (clientFor !== undefined)
    throw new StrongroomError('OPTION_INVALID', `${where} takes client or clientFor, not both.`, { option: 'clientFor' })
  if (regions.size > 1) {
    throw new StrongroomError(
      'OPTION_INVALID',
      `${where}: the option client serves one Region, and the keys are in ${[...regions].join(', ')}. Give clientFor instead.`,
      {
        option: 'client',
      },
    )
  }
}
