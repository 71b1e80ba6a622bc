/**
 * Keyrings as text, for configuration files and command lines.
 *
 *     scheme "://" authority ["/" path] ["?" parameter "=" value *("&" parameter "=" value)]
 *
 * Parts are percent-encoded UTF-8; "+" is itself. There is no fragment, and no parameter twice.
 */
import { StrongroomError } from '../errors.ts'

/** A keyring URI taken apart; all of it decoded. */
export interface KeyringUri {
  /** What stands before `://`. */
  readonly scheme: string
  /** What stands between `://` and the first slash. */
  readonly authority: string
  /** The segments after it; none where the URI ends with the authority. */
  readonly path: readonly string[]
  /** The query, by name; each name stands once. */
  readonly parameters: ReadonlyMap<string, string>
}

const FORM = /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?<authority>[^/?#\s]+)(?<path>(?:\/[^/?#\s]+)*)(?:\?(?<query>[^#\s]+))?$/

/**
 * Takes a keyring URI apart. Errors show no value of it: somebody may have written a key into it by mistake.
 *
 * @throws `OPTION_INVALID`
 */
export function parseKeyringUri(uri: string): KeyringUri {
  const { scheme, authority, path, query } = (typeof uri === 'string' ? FORM.exec(uri)?.groups : undefined) ?? {}
  if (scheme === undefined || authority === undefined) throw invalid('is not of the form scheme://authority/path?parameter=value')
  const parameters = new Map<string, string>()
  for (const pair of query?.split('&') ?? []) {
    const [name = '', ...rest] = pair.split('=')
    const value = decode(rest.join('='))
    if (!/^[a-z][a-z0-9-]*$/.test(name) || value === '') throw invalid('has a parameter that is not of the form name=value')
    if (parameters.has(name)) throw invalid(`has the parameter ${name} twice`)
    parameters.set(name, value)
  }
  return { scheme, authority: decode(authority), path: (path ?? '').split('/').slice(1).map(decode), parameters }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid('is not percent-encoded as it should be')
  }
}

function invalid(what: string): StrongroomError {
  return new StrongroomError('OPTION_INVALID', `The keyring URI ${what}.`, { option: 'uri' })
}
