import type { Keyring } from '@strongroom/core'
import { type HsmToken, hsmKeyring, openHsmToken } from '@strongroom/pkcs11'
import type { HsmRequest } from './hsm-requests.ts'

const tokens = new Map<string, HsmToken>()

/** Makes our keyring of an HSM. Its token stays open for the next request. */
export function hsmKeyringOf({ module: library, token: label, pin, label: name, namespace }: HsmRequest): Keyring {
  const key = JSON.stringify([library, label, pin])
  let token = tokens.get(key)
  if (token === undefined) {
    token = openHsmToken({ library, slot: { label }, pin })
    tokens.set(key, token)
  }
  const [, alias, version] = /^(.+)\/v(\d{4,6})$/su.exec(name) ?? []
  const versioned = alias === undefined ? { alias: name } : { alias, version: Number(version) }
  return hsmKeyring({ token, namespace, ...versioned })
}
