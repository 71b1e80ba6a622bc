import { StrongroomError } from './errors.ts'

/** Non-secret pairs that are authenticated with a message. Keys and values are well-formed strings; UTF-8 on the wire. */
export type EncryptionContext = Readonly<Record<string, string>>

/** Keys with this prefix belong to the Encryption SDKs. */
export const RESERVED_PREFIX = 'aws-crypto-'
/** The key under which a signing suite stores its public key. */
export const PUBLIC_KEY_FIELD = 'aws-crypto-public-key'
/** Longest serialised context: its length is two bytes on the wire. */
const MAX_CONTEXT_BYTES = 65_535
/** Above this, in total or for one entry, the official Java client refuses to read. */
export const PORTABLE_CONTEXT_BYTES = 32_767

const NO_BYTES = new Uint8Array(0)
const encoder = new TextEncoder()

/** Orders strings by their UTF-8 bytes, which is the order of code points; UTF-16 order differs above U+FFFF. */
export function compareUtf8(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length)
  for (let index = 0; index < shorter; index += 1) {
    const x = a.charCodeAt(index)
    const y = b.charCodeAt(index)
    if (x === y) continue
    const xHigh = x >= 0xd800 && x <= 0xdfff
    const yHigh = y >= 0xd800 && y <= 0xdfff
    return xHigh === yHigh ? x - y : xHigh ? 1 : -1
  }
  return a.length - b.length
}

/** Builds a frozen context without a prototype, so that a wire name like `__proto__` is a plain entry. */
export function contextFromEntries(entries: Iterable<readonly [string, string]>): EncryptionContext {
  const context = Object.create(null) as Record<string, string>
  for (const [key, value] of entries) context[key] = value
  return Object.freeze(context)
}

/** The context without pairs. */
export const emptyContext: EncryptionContext = contextFromEntries([])

/**
 * Copies and checks a context that a caller gave.
 *
 * @param use - `decrypt` accepts reserved keys: whoever passes on the context that `encrypt` answered passes the public key with it.
 * @throws `CONTEXT_INVALID` for anything but a plain object of well-formed strings, or for a reserved key.
 */
export function normaliseContext(input: unknown, use: 'encrypt' | 'decrypt' = 'encrypt'): EncryptionContext {
  if (input === undefined) return emptyContext
  const known = normalised.get(input as object)
  if (known !== undefined) return known
  // Anything else (a Map, URLSearchParams, an instance with getters) would lose its pairs without a word.
  if (typeof input !== 'object' || input === null || !isPlain(input)) {
    throw new StrongroomError('CONTEXT_INVALID', 'encryptionContext must be a plain object of strings.', { option: 'encryptionContext' })
  }
  const entries = Object.entries(input)
  if (entries.length === 0) return emptyContext
  let reserved = false
  for (const [key, value] of entries) {
    if (typeof value !== 'string') throw invalid(key, `has a value of type ${value === null ? 'null' : typeof value}; values are strings`)
    const isReserved = key.startsWith(RESERVED_PREFIX)
    if (isReserved && use === 'encrypt') throw invalid(key, `uses the reserved prefix "${RESERVED_PREFIX}"`)
    if (!key.isWellFormed() || !value.isWellFormed()) throw invalid(key, 'holds a lone surrogate, which has no UTF-8 form')
    reserved ||= isReserved
  }
  const context = contextFromEntries(entries as [string, string][])
  // A frozen object of strings cannot change: its copy serves every later call with it, and lets caches recognise it.
  if (!reserved && Object.isFrozen(input) && !hasGetters(input)) normalised.set(input, context)
  return context
}

const normalised = new WeakMap<object, EncryptionContext>()

function isPlain(input: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(input)
  // Not compared with Object.prototype: a plain object may come from another realm.
  return prototype === null || (!Array.isArray(input) && Object.getPrototypeOf(prototype) === null)
}

function hasGetters(input: object): boolean {
  return Object.values(Object.getOwnPropertyDescriptors(input)).some((property) => property.get !== undefined)
}

function invalid(key: string, what: string): StrongroomError {
  const shown = key.length > 64 ? `${key.slice(0, 64)}…` : key
  return new StrongroomError('CONTEXT_INVALID', `The encryption context key ${JSON.stringify(shown)} ${what}.`, {
    contextKey: key,
    option: 'encryptionContext',
  })
}

/**
 * Serialises a context in canonical order: count(2), then for each pair keyLength(2) key valueLength(2) value; nothing for no pairs.
 *
 * @throws `CONTEXT_INVALID` where a length does not fit its two bytes.
 */
export function serialiseContext(context: EncryptionContext): Uint8Array {
  if (context === serialised?.context) return serialised.bytes
  const keys = Object.keys(context)
  const bytes = serialiseKeys(context, keys.length > 1 ? keys.sort(compareUtf8) : keys)
  // What is frozen cannot become another context. One message serialises its context for keys and for itself.
  if (Object.isFrozen(context)) serialised = { context, bytes }
  return bytes
}

/** The context that was serialised last. */
let serialised: { readonly context: EncryptionContext; readonly bytes: Uint8Array } | undefined

let legacyOrder: Intl.Collator | undefined

/** The same in the order that the official JavaScript raw AES keyring used by default: locale-aware, upper case after lower. */
export function serialiseContextLegacyOrder(context: EncryptionContext): Uint8Array {
  // Made on first use: loading the collation data takes milliseconds.
  legacyOrder ??= new Intl.Collator('en-US')
  return serialiseKeys(context, Object.keys(context).sort(legacyOrder.compare))
}

/** More pairs than anybody gives a message on purpose. */
const MOST_LEGACY_PAIRS = 256

/**
 * The legacy order of a context whose canonical form is `aad`, to try where that does not open; undefined where the two are the same, and for a
 * long context: whoever forges a message chooses its length, and sorting by locale is slow.
 */
export function legacyContext(context: EncryptionContext, aad: Uint8Array): Uint8Array | undefined {
  if (Object.keys(context).length > MOST_LEGACY_PAIRS) return undefined
  const legacy = serialiseContextLegacyOrder(context)
  return Buffer.compare(legacy, aad) === 0 ? undefined : legacy
}

function serialiseKeys(context: EncryptionContext, keys: readonly string[]): Uint8Array {
  if (keys.length === 0) return NO_BYTES
  let capacity = 2
  for (const key of keys) capacity += 4 + 3 * (key.length + (context[key] as string).length)
  // A context that cannot fit is refused before its worst case is allocated.
  if (capacity > 3 * MAX_CONTEXT_BYTES + 2 + 4 * keys.length) throw tooLarge()
  const out = new Uint8Array(capacity)
  let at = writeLength(out, 0, keys.length)
  for (const key of keys) {
    at = writeString(out, at, key)
    at = writeString(out, at, context[key] as string)
  }
  if (at > MAX_CONTEXT_BYTES) throw tooLarge()
  return out.subarray(0, at)
}

function writeString(out: Uint8Array, at: number, text: string): number {
  const { written } = encoder.encodeInto(text, out.subarray(at + 2))
  writeLength(out, at, written)
  return at + 2 + written
}

function writeLength(out: Uint8Array, at: number, length: number): number {
  if (length > 0xffff) throw tooLarge()
  out[at] = length >>> 8
  out[at + 1] = length & 0xff
  return at + 2
}

function tooLarge(): StrongroomError {
  return new StrongroomError(
    'CONTEXT_INVALID',
    `The encryption context is longer than ${MAX_CONTEXT_BYTES} bytes once serialised. It is for a few short, non-secret facts.`,
    {
      option: 'encryptionContext',
    },
  )
}

/** Serialises the pairs that a message authenticates without storing them; nothing where there are none. */
export function serialiseRequired(materials: {
  readonly context: EncryptionContext
  readonly requiredKeys: readonly string[]
}): Uint8Array {
  const { context, requiredKeys } = materials
  if (requiredKeys.length === 0) return NO_BYTES
  return serialiseContext(contextFromEntries(requiredKeys.map((key) => [key, context[key] as string])))
}
