import { hasMethods, isBoolean, isInteger, isOneOf, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { CKM } from './constants.ts'
import type { OaepHash } from './native/mechanism.ts'

/** The modules whose ways are known. */
export type QuirksName = 'softhsm2' | 'nss' | 'kryoptic' | 'cloudhsm5' | 'luna' | 'nshield' | 'generic'

/**
 * Who makes the IV of AES-GCM, and where it is afterwards: the caller; the module, in place of the caller's zeros; the module, in front of the
 * ciphertext, by a mechanism of AWS CloudHSM's own; the module, behind the tag.
 */
export type GcmIv = 'caller' | 'zero-in-place' | 'vendor-prefixed' | 'appended'

/** In what a module departs from the standard, or from other modules. */
export interface Quirks {
  /** Whose ways they are. */
  readonly name: QuirksName
  /** Who makes the IV of AES-GCM. */
  readonly gcmIv: GcmIv
  /** Whether sessions are opened for reading and writing. AWS CloudHSM has no others; a write-protected token has none of them. */
  readonly readWriteSessions: boolean
  /** Most bytes that one call of AES-GCM takes. */
  readonly mostBytes: number
  /** Most bytes of associated data. */
  readonly mostAad: number
  /** Hashes that RSA-OAEP works with. */
  readonly oaepHashes: readonly OaepHash[]
  /** Mechanism of AES key wrap (RFC 3394), where the module has one. */
  readonly keyWrap: number | undefined
  /** Mechanism of AES key wrap with padding (RFC 5649), where the module has one. */
  readonly keyWrapPad: number | undefined
  /** Whether attributes of a key can be changed, its label above all. */
  readonly setsAttributes: boolean
  /** Attribute types that may stand in no template. */
  readonly unsupportedAttributes: ReadonlySet<number>
  /** Return values of C_Decrypt that may mean a wrong ciphertext and may mean a failing HSM. */
  readonly ambiguousOnDecrypt: ReadonlySet<number>
}

const GENERAL_ERROR = 0x5
const FUNCTION_FAILED = 0x6
const DEVICE_ERROR = 0x30
const ARGUMENTS_BAD = 0x07
const everyHash: readonly OaepHash[] = ['SHA1', 'SHA256', 'SHA384', 'SHA512']
const MOST = 2 ** 16

const generic: Quirks = {
  name: 'generic',
  gcmIv: 'caller',
  readWriteSessions: true,
  mostBytes: MOST,
  mostAad: MOST,
  oaepHashes: everyHash,
  keyWrap: CKM.AES_KEY_WRAP,
  keyWrapPad: CKM.AES_KEY_WRAP_KWP,
  setsAttributes: true,
  unsupportedAttributes: new Set(),
  ambiguousOnDecrypt: new Set([GENERAL_ERROR, FUNCTION_FAILED, DEVICE_ERROR]),
}

const table: ReadonlyMap<QuirksName, Quirks> = new Map([
  ['generic', generic],
  [
    'softhsm2',
    {
      ...generic,
      name: 'softhsm2',
      oaepHashes: ['SHA1'],
      keyWrapPad: CKM.AES_KEY_WRAP_PAD,
      ambiguousOnDecrypt: new Set([GENERAL_ERROR]),
    },
  ],
  // OAEP under NSS has this for some forged ciphertexts.
  ['nss', { ...generic, name: 'nss', ambiguousOnDecrypt: new Set([ARGUMENTS_BAD]) }],
  ['kryoptic', { ...generic, name: 'kryoptic', ambiguousOnDecrypt: new Set([DEVICE_ERROR]) }],
  [
    'cloudhsm5',
    {
      ...generic,
      name: 'cloudhsm5',
      gcmIv: 'vendor-prefixed',
      mostBytes: 16_224,
      // Whether the limit of one call counts them is not documented.
      mostAad: 8_192,
      keyWrap: CKM.CLOUDHSM_AES_KEY_WRAP_NO_PAD,
      keyWrapPad: CKM.CLOUDHSM_AES_KEY_WRAP_ZERO_PAD,
      setsAttributes: false,
      // ALWAYS_SENSITIVE, NEVER_EXTRACTABLE, LOCAL, SIGN_RECOVER, VERIFY_RECOVER, START_DATE, END_DATE, ALLOWED_MECHANISMS, UNIQUE_ID
      unsupportedAttributes: new Set([0x165, 0x164, 0x163, 0x109, 0x10b, 0x110, 0x111, 0x40000600, 0x4]),
    },
  ],
  ['luna', { ...generic, name: 'luna', gcmIv: 'appended' }],
  ['nshield', { ...generic, name: 'nshield', gcmIv: 'zero-in-place', ambiguousOnDecrypt: new Set([FUNCTION_FAILED]) }],
])

/** The quirks of a known module. */
function quirksOf(name: QuirksName): Quirks {
  return table.get(name) ?? generic
}

const makers: readonly (readonly [RegExp, QuirksName])[] = [
  [/softhsm/i, 'softhsm2'],
  [/\bNSS\b|mozilla/i, 'nss'],
  [/kryoptic/i, 'kryoptic'],
  [/luna|safenet/i, 'luna'],
  [/nshield|ncipher|entrust/i, 'nshield'],
]

/** Tells a module by its mechanisms and by what it says of itself. */
export function detectQuirks(manufacturer: string, description: string, mechanisms: ReadonlySet<number>): Quirks {
  if (mechanisms.has(CKM.CLOUDHSM_AES_GCM)) return quirksOf('cloudhsm5')
  const words = `${manufacturer} ${description}`
  return quirksOf(makers.find(([pattern]) => pattern.test(words))?.[1] ?? 'generic')
}

/** Quirks that the caller knows better: a module's name, or some quirks over those of the module that is found. */
export type QuirksOption = QuirksName | Partial<Quirks>

/** Puts what the caller says over what was detected. */
export function withOverrides(detected: Quirks, option: QuirksOption | undefined): Quirks {
  if (option === undefined) return detected
  if (typeof option === 'string') return quirksOf(option)
  const given = Object.fromEntries(Object.entries(option).filter(([, value]) => value !== undefined)) as Partial<Quirks>
  return { ...(given.name === undefined ? detected : quirksOf(given.name)), ...given }
}

const isSet = hasMethods('has', 'keys')
const isMechanism = isInteger(0, 2 ** 32 - 1)
const isHashes: OptionCheck = (value) =>
  Array.isArray(value) && value.every((hash) => (everyHash as readonly unknown[]).includes(hash))
    ? undefined
    : `be a list of ${everyHash.join(', ')}`

/** Checks the quirks that a caller gives. */
export function validateQuirks(where: string, option: QuirksOption): void {
  const isName = isOneOf([...table.keys()])
  const quirks = typeof option === 'string' ? { name: option } : option
  validateOptions<Partial<Quirks>>(
    where,
    quirks,
    {
      name: isName,
      gcmIv: isOneOf(['caller', 'zero-in-place', 'vendor-prefixed', 'appended']),
      readWriteSessions: isBoolean,
      mostBytes: isInteger(64, 2 ** 20),
      mostAad: isInteger(0, 2 ** 20),
      oaepHashes: isHashes,
      keyWrap: isMechanism,
      keyWrapPad: isMechanism,
      setsAttributes: isBoolean,
      unsupportedAttributes: isSet,
      ambiguousOnDecrypt: isSet,
    },
    [],
    'quirks.',
  )
}
