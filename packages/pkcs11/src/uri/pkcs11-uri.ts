/**
 * PKCS#11 URIs (RFC 7512).
 *
 *     "pkcs11:" [attribute *(";" attribute)] ["?" query-attribute *("&" query-attribute)]
 *
 * An attribute is `name=value`, its value percent-encoded UTF-8; that of `id` is bytes, percent-encoded. None stands twice. What the RFC leaves
 * to the vendor is refused unless the caller names it: an attribute that is not understood would widen what the URI selects.
 */
import { SecretBytes, StrongroomError } from '@strongroom/core'

/** The classes of objects that a URI can ask for. */
export type Pkcs11UriType = 'public' | 'private' | 'cert' | 'secret-key' | 'data'

/** A PKCS#11 URI taken apart. Everything that is there must match; what is missing matches anything. */
export interface Pkcs11Uri {
  /** Label of the token. */
  readonly token?: string
  /** Manufacturer of the token. */
  readonly manufacturer?: string
  /** Serial number of the token. */
  readonly serial?: string
  /** Model of the token. */
  readonly model?: string
  /** Manufacturer of the library. */
  readonly libraryManufacturer?: string
  /** Description of the library. */
  readonly libraryDescription?: string
  /** Version of the library, `major` or `major.minor`. */
  readonly libraryVersion?: string
  /** Label of the object (CKA_LABEL). */
  readonly object?: string
  /** Class of the object. */
  readonly type?: Pkcs11UriType
  /** Id of the object (CKA_ID). */
  readonly id?: Uint8Array
  /** Manufacturer of the slot. */
  readonly slotManufacturer?: string
  /** Description of the slot. */
  readonly slotDescription?: string
  /** Id of the slot: 64 bits, some modules use more than a number holds. */
  readonly slotId?: bigint
  /** Absolute path of a file with the PIN; a `file:` URI was resolved. Programs to run (`|command`) are refused. */
  readonly pinSource?: string
  /** The PIN itself. Its receiver disposes it. A URI with a PIN in it is a secret: prefer `pin-source`. */
  readonly pinValue?: SecretBytes
  /** Name of the library, without path and suffix. */
  readonly moduleName?: string
  /** Path of the library. */
  readonly modulePath?: string
  /** Query attributes that the caller of {@link parsePkcs11Uri} named. */
  readonly vendor: ReadonlyMap<string, string>
}

const SCHEME = 'pkcs11:'
const MOST_CHARACTERS = 8192
const TYPES: readonly string[] = ['public', 'private', 'cert', 'secret-key', 'data'] satisfies Pkcs11UriType[]
// The characters that stand for themselves (RFC 7512, 2.3), or are percent-encoded.
const PATH_VALUE = /^(?:[\w.~:[\]@!$'()*+,=&-]|%[0-9a-fA-F]{2})*$/
const QUERY_VALUE = /^(?:[\w.~:[\]@!$'()*+,=/?|-]|%[0-9a-fA-F]{2})*$/

const PATH_NAMES = new Map<string, keyof Pkcs11Uri>([
  ['token', 'token'],
  ['manufacturer', 'manufacturer'],
  ['serial', 'serial'],
  ['model', 'model'],
  ['library-manufacturer', 'libraryManufacturer'],
  ['library-version', 'libraryVersion'],
  ['library-description', 'libraryDescription'],
  ['object', 'object'],
  ['type', 'type'],
  ['id', 'id'],
  ['slot-manufacturer', 'slotManufacturer'],
  ['slot-description', 'slotDescription'],
  ['slot-id', 'slotId'],
])
const QUERY_NAMES = new Map<string, keyof Pkcs11Uri>([
  ['pin-source', 'pinSource'],
  ['pin-value', 'pinValue'],
  ['module-name', 'moduleName'],
  ['module-path', 'modulePath'],
])

/**
 * Takes a PKCS#11 URI apart. Errors show no value of it: it may hold a PIN.
 *
 * @param uri - at most 8192 characters.
 * @param vendor - names of further query attributes to answer in `vendor`; each may stand once.
 * @throws `OPTION_INVALID`: not a PKCS#11 URI, an attribute twice or unknown, a value that cannot be, or a PIN source that is a program.
 * @example
 * ```ts
 * const { token, object } = parsePkcs11Uri('pkcs11:token=prod;object=orders;type=secret-key?pin-source=/run/secrets/hsm-pin')
 * ```
 */
export function parsePkcs11Uri(uri: string, vendor: readonly string[] = []): Pkcs11Uri {
  if (typeof uri !== 'string' || uri.length > MOST_CHARACTERS || uri.slice(0, SCHEME.length).toLowerCase() !== SCHEME) {
    throw invalid('does not start with pkcs11:, or is longer than 8192 characters')
  }
  const rest = uri.slice(SCHEME.length)
  const mark = rest.indexOf('?')
  const path = mark < 0 ? rest : rest.slice(0, mark)
  const query = mark < 0 ? '' : rest.slice(mark + 1)
  const parts: Record<string, unknown> = {}
  const others = new Map<string, string>()
  for (const [name, value] of attributesOf(path, ';', PATH_VALUE)) {
    const known = PATH_NAMES.get(name)
    if (known === undefined) throw unknown(name, PATH_NAMES.keys())
    parts[known] = pathValue(name, value)
  }
  for (const [name, value] of attributesOf(query, '&', QUERY_VALUE)) {
    const known = QUERY_NAMES.get(name)
    if (known !== undefined) parts[known] = queryValue(name, value)
    else if (vendor.includes(name)) others.set(name, text(name, value))
    else throw unknown(name, [...QUERY_NAMES.keys(), ...vendor])
  }
  return { ...parts, vendor: others }
}

/**
 * Writes a PKCS#11 URI in one canonical form: attributes in the order of the RFC, the least of escapes. The PIN is left out, whatever holds it;
 * so the answer may be logged.
 *
 * @throws `OPTION_INVALID` where a part cannot be written.
 */
export function formatPkcs11Uri(uri: Omit<Pkcs11Uri, 'vendor'> & Partial<Pick<Pkcs11Uri, 'vendor'>>): string {
  const path = [...PATH_NAMES].flatMap(([name, part]) => attribute(name, uri[part], PATH_VALUE))
  const query = [...QUERY_NAMES].flatMap(([name, part]) => (part.startsWith('pin') ? [] : attribute(name, uri[part], QUERY_VALUE)))
  for (const [name, value] of uri.vendor ?? []) query.push(...attribute(name, value, QUERY_VALUE))
  return `${SCHEME}${path.join(';')}${query.length === 0 ? '' : `?${query.join('&')}`}`
}

function* attributesOf(part: string, separator: string, allowed: RegExp): Generator<readonly [string, string]> {
  if (part === '') return
  const seen = new Set<string>()
  for (const pair of part.split(separator)) {
    const at = pair.indexOf('=')
    const name = pair.slice(0, Math.max(at, 0))
    const value = pair.slice(at + 1)
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) throw invalid('has an attribute that is not of the form name=value')
    if (!allowed.test(value)) throw invalid(`has a value of ${name} that is not percent-encoded as it should be`)
    if (seen.has(name)) throw invalid(`has the attribute ${name} twice`)
    seen.add(name)
    yield [name, value]
  }
}

function pathValue(name: string, value: string): unknown {
  if (name === 'id') return bytes(value)
  const decoded = text(name, value)
  if (name === 'type' && !TYPES.includes(decoded)) throw invalid(`has a type that is none of ${TYPES.join(', ')}`)
  if (name === 'library-version' && !/^\d{1,3}(?:\.\d{1,3})?$/.test(decoded)) throw invalid('has a library-version that is not like 3.1')
  if (name !== 'slot-id') return decoded
  if (!/^\d{1,20}$/.test(decoded) || BigInt(decoded) >= 2n ** 64n) throw invalid('has a slot-id that is not a decimal number of 64 bits')
  return BigInt(decoded)
}

function queryValue(name: string, value: string): unknown {
  if (name === 'pin-value') return SecretBytes.take(bytes(value))
  const decoded = text(name, value)
  if (name === 'pin-source') return pinFile(decoded)
  if (name === 'module-name' && decoded.includes('/')) throw invalid('has a module-name that is a path; give it as module-path')
  if (decoded === '') throw invalid(`has no value of ${name}`)
  return decoded
}

/** A PIN source is a file. A program would run with the rights of whoever reads a configuration that others may write. */
function pinFile(source: string): string {
  if (source.startsWith('|')) throw invalid('has a pin-source that is a program (|command); only files are read')
  if (/^file:/i.test(source)) {
    const url = /^file:\//i.test(source) ? URL.parse(source) : null
    if (url === null) throw invalid('has a pin-source that is not a file URI with an absolute path')
    if (url.host !== '' && url.host !== 'localhost') throw invalid('has a pin-source on another host')
    // new URL would make one path of two: the query is no part of a file's name.
    if (url.search !== '' || url.hash !== '') throw invalid('has a pin-source with a query or fragment')
    return pinFile(text('pin-source', url.pathname))
  }
  if (!source.startsWith('/') && !/^[A-Za-z]:[\\/]/.test(source))
    throw invalid('has a pin-source that is not an absolute path or a file: URI')
  return source
}

function bytes(value: string): Uint8Array {
  const raw = value.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Uint8Array.from(raw, (character) => character.charCodeAt(0))
}

function text(name: string, value: string): string {
  let decoded: string
  try {
    decoded = decodeURIComponent(value)
  } catch {
    throw invalid(`has a value of ${name} that is not UTF-8`)
  }
  if (decoded.includes('\0')) throw invalid(`has a value of ${name} with a zero byte`)
  return decoded
}

function attribute(name: string, value: unknown, allowed: RegExp): readonly string[] {
  if (value === undefined) return []
  if (value instanceof Uint8Array) return [`${name}=${Array.from(value, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')}`]
  const plain = String(value)
  if (!plain.isWellFormed()) throw invalid(`cannot be written: ${name} has no UTF-8 form`)
  // Characters that a URI takes as they are stay readable.
  const escaped = Array.from(plain, (character) => (character !== '%' && allowed.test(character) ? character : encode(character))).join('')
  return [`${name}=${escaped}`]
}

function encode(character: string): string {
  return Array.from(new TextEncoder().encode(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}

function unknown(name: string, known: Iterable<string>): StrongroomError {
  return invalid(`has the attribute ${name}, which is not known there. Known: ${[...known].join(', ')}`)
}

function invalid(what: string): StrongroomError {
  return new StrongroomError('OPTION_INVALID', `The PKCS#11 URI ${what}.`, { option: 'uri' })
}
