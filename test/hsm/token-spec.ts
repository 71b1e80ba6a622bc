import { type HsmToken, hsmKeyring, openHsmToken } from '@strongroom/pkcs11'
import type { TestHsm } from '../support/hsm.ts'

/** What another process or thread needs to use the same token. */
export interface TokenSpec {
  readonly library: string
  readonly libraryParameters?: string
  readonly label: string
  readonly pin: string
}

export function specOf({ library, libraryParameters, token: { label, pin } }: TestHsm): TokenSpec {
  return { library, ...(libraryParameters === undefined ? {} : { libraryParameters }), label, pin }
}

export function openSpec({ label, ...spec }: TokenSpec, maxSessions: number = 4): HsmToken {
  return openHsmToken({ ...spec, slot: { label }, maxSessions })
}

export function keyringOf(token: HsmToken): ReturnType<typeof hsmKeyring> {
  return hsmKeyring({ token, namespace: 'test', alias: 'shared' })
}
