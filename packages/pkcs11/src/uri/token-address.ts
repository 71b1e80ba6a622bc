import { StrongroomError } from '@strongroom/core'
import type { PinSource } from '../token/pin.ts'
import type { SlotSelector } from '../token/slot-selector.ts'
import type { Pkcs11Uri } from './pkcs11-uri.ts'

/** What a URI says of the token: options of `openHsmToken`. */
export interface TokenAddress {
  /** Path of the library, where the URI names one. */
  readonly library?: string
  /** Which slot. */
  readonly slot: SlotSelector
  /** Where the PIN comes from, where the URI says so. */
  readonly pin?: PinSource
}

// What would have to be compared with the library or the slot is refused, not ignored: the URI would reach a token that it does not describe.
const REFUSED = [
  ['libraryManufacturer', 'library-manufacturer'],
  ['libraryDescription', 'library-description'],
  ['libraryVersion', 'library-version'],
  ['slotManufacturer', 'slot-manufacturer'],
  ['slotDescription', 'slot-description'],
] as const satisfies readonly (readonly [keyof Pkcs11Uri, string])[]

/**
 * What a URI says of the token.
 *
 * @throws `OPTION_INVALID`
 */
export function tokenAddress(uri: Pkcs11Uri): TokenAddress {
  for (const [part, name] of REFUSED) {
    if (uri[part] !== undefined)
      throw unusable(`${name} is not compared here; name the token (token, serial, manufacturer, model or slot-id)`)
  }
  if (uri.moduleName !== undefined) {
    throw unusable('module-name would search for a library, and who controls where is in the process; give module-path, an absolute path')
  }
  const { token, serial, manufacturer, model, slotId, modulePath } = uri
  const slot: SlotSelector = {
    ...(token === undefined ? {} : { label: token }),
    ...(serial === undefined ? {} : { serial }),
    ...(manufacturer === undefined ? {} : { manufacturer }),
    ...(model === undefined ? {} : { model }),
    ...(slotId === undefined ? {} : { id: slotId }),
  }
  if (Object.keys(slot).length === 0) throw unusable('it names no token: token, serial or slot-id is missing')
  const pin = pinOf(uri)
  return { slot, ...(modulePath === undefined ? {} : { library: modulePath }), ...(pin === undefined ? {} : { pin }) }
}

function pinOf({ pinSource, pinValue }: Pkcs11Uri): PinSource | undefined {
  if (pinSource !== undefined && pinValue !== undefined) throw unusable('it has both pin-source and pin-value')
  if (pinSource !== undefined) return { file: pinSource }
  if (pinValue === undefined) return undefined
  using pin = pinValue
  return pin.use((bytes) => Uint8Array.from(bytes))
}

function unusable(what: string): StrongroomError {
  return new StrongroomError('OPTION_INVALID', `The PKCS#11 URI cannot be used: ${what}.`, { option: 'uri' })
}
