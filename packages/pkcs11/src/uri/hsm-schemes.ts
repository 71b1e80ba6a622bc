import { type Keyring, type KeyringTextScheme, StrongroomError } from '@strongroom/core'
import { isAnything, isFunction, isText, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { parseKeyName } from '../admin/key-info.ts'
import type { HsmKeyOptions } from '../keyrings/hsm-key-options.ts'
import { hsmKeyring } from '../keyrings/hsm-keyring.ts'
import { hsmRsaKeyring } from '../keyrings/hsm-rsa-keyring.ts'
import type { HsmRsaPadding } from '../keys/hsm-rsa-key.ts'
import { type HsmToken, type HsmTokenOptions, openHsmToken } from '../token/hsm-token.ts'
import { type Pkcs11Uri, parsePkcs11Uri } from './pkcs11-uri.ts'
import { type TokenAddress, tokenAddress } from './token-address.ts'

/** Options of {@link hsmSchemes}: how every token is opened, where its URI does not say. */
export interface HsmSchemesOptions extends Partial<Omit<HsmTokenOptions, 'slot'>> {
  /** Is given every token that is opened, to close it in the end. Default: tokens are open until the process ends. */
  readonly onOpen?: (token: HsmToken) => void
}

const FORM = 'pkcs11:token=LABEL;object=ALIAS?module-path=LIBRARY&pin-source=FILE&namespace=NAMESPACE'
const PARAMETERS = ['namespace', 'padding']

/**
 * HSM keyrings as text (RFC 7512), for `createKeyringRegistry` of the core. The token is named by `token`, `serial`, `manufacturer`, `model` or
 * `slot-id`, the library by `module-path` and the PIN by `pin-source`, a file. `object` is the alias, whose highest version is written with, or one version,
 * `alias/v0003`, with or without its `id`. `type=secret-key`, which is the default, makes an `hsmKeyring`; `type=private` an `hsmRsaKeyring` and
 * `type=public` one that only writes, both with the query attribute `padding`. The query attribute `namespace` is the keyring's.
 *
 * What is not compared with the HSM is refused, and so are programs as PIN sources (`|command`). URIs of one token share its sessions.
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * const registry = createKeyringRegistry({ schemes: hsmSchemes({ library: '/opt/cloudhsm/lib/libcloudhsm_pkcs11.so' }) })
 * const keyring = await registry.keyringFromUri('pkcs11:token=hsm1;object=orders?pin-source=/run/secrets/hsm-pin&namespace=example')
 * ```
 */
export function hsmSchemes(options: HsmSchemesOptions = {}): readonly KeyringTextScheme[] {
  validateOptions('hsmSchemes', options, { ...tokenChecks, onOpen: isFunction })
  const { onOpen, ...defaults } = options
  const tokens = new Map<string, HsmToken>()

  function tokenAt({ slot, library = defaults.library, pin }: TokenAddress): HsmToken {
    const source = pin ?? defaults.pin
    if (library === undefined) throw misshapen('it names no library, module-path is missing')
    if (source === undefined) throw misshapen('it does not say where the PIN is, pin-source is missing')
    // A PIN that stands in the URI makes a token of its own: it is no part of a name.
    const shared = pin instanceof Uint8Array ? undefined : JSON.stringify([library, pin ?? null, { ...slot, id: slot.id?.toString() }])
    const known = shared === undefined ? undefined : tokens.get(shared)
    if (known !== undefined) return known
    const token = openHsmToken({ ...defaults, library, slot, pin: source })
    if (shared !== undefined) tokens.set(shared, token)
    onOpen?.(token)
    return token
  }

  return [
    {
      scheme: 'pkcs11',
      form: FORM,
      openText(text) {
        const uri = parsePkcs11Uri(text, PARAMETERS)
        const make = keyOf(uri)
        const name = keyName(uri)
        const address = tokenAddress(uri)
        try {
          return make({ token: tokenAt(address), ...name })
        } finally {
          if (address.pin instanceof Uint8Array) address.pin.fill(0)
        }
      },
    },
  ]
}

type KeyName = Pick<HsmKeyOptions, 'namespace' | 'alias' | 'version' | 'id'>

/** What makes the keyring, judged before the token is opened. */
function keyOf({ type = 'secret-key', vendor }: Pkcs11Uri): (options: KeyName & { readonly token: HsmToken }) => Keyring {
  const padding = vendor.get('padding') as HsmRsaPadding | undefined
  if (type === 'secret-key') {
    if (padding !== undefined) throw misshapen('padding is for type=private and type=public')
    return hsmKeyring
  }
  if (type === 'cert' || type === 'data') throw misshapen(`nothing is wrapped by type=${type}; it is secret-key, private or public`)
  if (padding === undefined) throw misshapen(`type=${type} needs the query attribute padding`)
  return (options) => hsmRsaKeyring({ ...options, padding, publicOnly: type === 'public' })
}

function keyName({ object, id, vendor }: Pkcs11Uri): KeyName {
  const namespace = vendor.get('namespace')
  if (object === undefined || object === '') throw misshapen('it names no key, object is missing')
  if (namespace === undefined) throw misshapen('the query attribute namespace is missing')
  const named = parseKeyName(object)
  if (id !== undefined && named === undefined) throw misshapen('an id belongs to one version; object then ends with it, as in orders/v0001')
  return {
    namespace,
    alias: named?.alias ?? object,
    ...(named === undefined ? {} : { version: named.version }),
    ...(id === undefined ? {} : { id }),
  }
}

function misshapen(what: string): StrongroomError {
  return new StrongroomError('OPTION_INVALID', `The keyring URI is not of the form ${FORM}: ${what}.`, { option: 'uri' })
}

/** The values are checked when a token is opened. */
const tokenChecks: { readonly [K in keyof Omit<HsmTokenOptions, 'slot'>]-?: OptionCheck } = {
  library: isText,
  libraryParameters: isText,
  pin: isAnything,
  quirks: isAnything,
  maxSessions: isAnything,
  acquireTimeoutMs: isAnything,
  deadlineMs: isAnything,
  idleTimeoutMs: isAnything,
  backoffMs: isAnything,
  circuit: isAnything,
  random: isAnything,
  now: isAnything,
}
