import { StrongroomError } from '../errors.ts'
import type { Keyring } from '../keyring.ts'
import { multiKeyring } from '../keyrings/multi-keyring.ts'
import { hasMethods, isFunction, type OptionCheck, validateOptions } from '../options.ts'
import { type FileReader, readKeyFile } from './key-file.ts'
import { type KeyringUri, parseKeyringUri } from './keyring-uri.ts'
import { rawSchemes } from './raw-schemes.ts'

/** What a scheme makes its keyring with. */
export interface KeyringSchemeTools {
  /** Reads the whole of a key file; the receiver wipes what it answers. */
  readonly readFile: FileReader
}

/** A kind of keyring that configuration can name. Packages export theirs, and applications give them to {@link createKeyringRegistry}. */
export interface KeyringScheme {
  /** What the URI starts with, before `://`. */
  readonly scheme: string
  /** The shape of its URIs, for errors and help texts. */
  readonly form: string
  /** The query parameters that it knows; any other is refused before `open` is called. */
  readonly parameters: readonly string[]
  /** Makes the keyring. What it throws reaches who gave the URI: it must show no value of it. */
  open(uri: KeyringUri, tools: KeyringSchemeTools): Keyring | Promise<Keyring>
}

/** A kind of keyring whose URIs have a syntax of their own, such as `pkcs11:` (RFC 7512). */
export interface KeyringTextScheme {
  /** What the URI starts with, before the colon. */
  readonly scheme: string
  /** The shape of its URIs, for errors and help texts. */
  readonly form: string
  /** Makes the keyring of the whole URI, and refuses what it does not know in it. What it throws must show no value of it. */
  openText(text: string, tools: KeyringSchemeTools): Keyring | Promise<Keyring>
}

/** The schemes of keyrings that configuration may name. */
export interface KeyringRegistry {
  /** Its schemes, in order of their registration. */
  readonly schemes: readonly (KeyringScheme | KeyringTextScheme)[]
  /**
   * Adds a scheme.
   *
   * @throws `OPTION_INVALID` where it has the name of another.
   */
  register(scheme: KeyringScheme | KeyringTextScheme): void
  /**
   * Makes the keyring that a URI describes; of several, one that writes for all of them, the first making the data keys, and reads with any.
   *
   * @throws `OPTION_INVALID`, `KEY_INVALID`, or what a scheme throws. No error holds a value from the URI but paths of files.
   */
  keyringFromUri(uri: string | readonly string[]): Promise<Keyring>
}

/** Options of {@link createKeyringRegistry}. */
export interface KeyringRegistryOptions {
  /** Added to `raw-aes`, `raw-rsa` and `raw-ecdh`. */
  readonly schemes?: readonly (KeyringScheme | KeyringTextScheme)[]
  /** Reads key files. Default: from disk, at most 64 KiB. */
  readonly readFile?: FileReader
}

/**
 * Makes a registry of keyring schemes. It starts with those of keys in files:
 *
 * - `raw-aes://NAMESPACE/NAME?file=PATH`, with `encoding` `raw`, `hex`, `base64` or `jwk` where the file is not the key itself or a JWK
 * - `raw-rsa://NAMESPACE/NAME?padding=OAEP_SHA256`, with `public-key-file`, `private-key-file` and its `passphrase-file` (PEM, DER, JWK)
 * - `raw-ecdh://CURVE/SCHEMA`, with `private-key-file`, `passphrase-file` and `recipient-file`
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * const registry = createKeyringRegistry()
 * const keyring = await registry.keyringFromUri('raw-aes://example/kek-2026?file=/run/secrets/kek')
 * ```
 */
export function createKeyringRegistry(options: KeyringRegistryOptions = {}): KeyringRegistry {
  validateOptions('createKeyringRegistry', options, { schemes: isSchemes, readFile: isFunction })
  const { readFile = readKeyFile } = options
  const schemes = new Map<string, KeyringScheme | KeyringTextScheme>()

  function register(scheme: KeyringScheme | KeyringTextScheme): void {
    const wrong = isScheme(scheme)
    if (wrong !== undefined) throw new StrongroomError('OPTION_INVALID', `A keyring scheme must ${wrong}.`, { option: 'schemes' })
    if (schemes.has(scheme.scheme)) {
      throw new StrongroomError('OPTION_INVALID', `The keyring scheme ${scheme.scheme} is registered already.`, { option: 'schemes' })
    }
    schemes.set(scheme.scheme, scheme)
  }

  async function open(text: string): Promise<Keyring> {
    const own = typeof text === 'string' ? schemes.get(/^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase() ?? '') : undefined
    if (own !== undefined && 'openText' in own) return await own.openText(text, { readFile })
    const uri = parseKeyringUri(text)
    const scheme = schemes.get(uri.scheme)
    if (scheme === undefined || 'openText' in scheme) {
      throw new StrongroomError(
        'OPTION_INVALID',
        `No keyring scheme ${JSON.stringify(uri.scheme.slice(0, 32))} is registered. Known: ${[...schemes.keys()].join(', ')}. Others come with createKeyringRegistry({ schemes }).`,
        { option: 'uri' },
      )
    }
    for (const name of uri.parameters.keys()) {
      if (scheme.parameters.includes(name)) continue
      throw new StrongroomError(
        'OPTION_INVALID',
        `The keyring scheme ${uri.scheme} does not know the parameter ${name.slice(0, 32)}. Known: ${scheme.parameters.join(', ')}.`,
        { option: 'uri' },
      )
    }
    return await scheme.open(uri, { readFile })
  }

  for (const scheme of [...rawSchemes, ...(options.schemes ?? [])]) register(scheme)
  return {
    get schemes() {
      return [...schemes.values()]
    },
    register,
    async keyringFromUri(uri) {
      const [first, ...rest] = await Promise.all((typeof uri === 'string' ? [uri] : uri).map(open))
      if (first === undefined) throw new StrongroomError('OPTION_INVALID', 'keyringFromUri needs at least one URI.', { option: 'uri' })
      return rest.length === 0 ? first : multiKeyring({ generator: first, children: rest })
    },
  }
}

/**
 * Makes the keyring that a URI describes, or one of several; see {@link createKeyringRegistry} for the forms. Give a registry of your own for
 * the schemes of other packages.
 *
 * @throws `OPTION_INVALID`, `KEY_INVALID`. No error holds a value from the URI but paths of files.
 * @example
 * ```ts
 * const keyring = await keyringFromUri('raw-rsa://example/archive?padding=OAEP_SHA256&public-key-file=archive.pem')
 * ```
 */
export function keyringFromUri(uri: string | readonly string[], registry: KeyringRegistry = createKeyringRegistry()): Promise<Keyring> {
  return registry.keyringFromUri(uri)
}

const isScheme: OptionCheck = (value) => {
  const ofText = hasMethods('openText')(value) === undefined
  const wrong = ofText ? undefined : hasMethods('open')(value)
  if (wrong !== undefined) return wrong
  const { scheme, form, parameters } = value as Partial<KeyringScheme>
  if (typeof scheme !== 'string' || !/^[a-z][a-z0-9+.-]*$/.test(scheme))
    return 'have a scheme of lower-case letters, digits, "+", "-" and "."'
  return typeof form === 'string' && (ofText || Array.isArray(parameters)) ? undefined : 'have a form and parameters'
}

function isSchemes(value: unknown): string | undefined {
  return Array.isArray(value) ? undefined : 'be an array of keyring schemes'
}
