import type { CallOptions } from '@strongroom/core'
import { CKA, CKK, CKM, CKO } from '../constants.ts'
import { HsmError } from '../errors.ts'
import { ulongOf } from '../native/handle.ts'
import { Mechanism } from '../native/mechanism.ts'
import type { Template } from '../native/template.ts'
import type { CryptRequest, TokenCore } from '../token/token-core.ts'
import type { PublicNumbers } from './templates.ts'

/** An object of a token, as far as it tells. */
export interface KeyRecord {
  readonly handle: bigint
  /** The handle is good in this generation of the token's. */
  readonly generation: number
  readonly objectClass: number
  readonly keyType: number
  readonly label: string
  readonly id: Uint8Array
  /** Undefined where the module does not tell. */
  readonly bits: number | undefined
  /** Of an RSA key, where it tells them. */
  readonly modulus: Uint8Array | undefined
  readonly numbers: PublicNumbers | undefined
  /** Attributes that are true or false; one that the module does not know is missing. */
  readonly flags: ReadonlyMap<FlagName, boolean>
  /** Three bytes that only this key makes. */
  readonly checkValue: Uint8Array | undefined
}

/** Attributes that say what a key may be used for, and how well it is kept. */
export type FlagName =
  | 'token'
  | 'private'
  | 'sensitive'
  | 'alwaysSensitive'
  | 'extractable'
  | 'neverExtractable'
  | 'local'
  | 'modifiable'
  | 'encrypt'
  | 'decrypt'
  | 'wrap'
  | 'unwrap'
  | 'sign'
  | 'verify'
  | 'derive'
  | 'trusted'
  | 'wrapWithTrusted'

const FLAG_TYPES: Readonly<Record<FlagName, number>> = {
  token: CKA.TOKEN,
  private: CKA.PRIVATE,
  sensitive: CKA.SENSITIVE,
  alwaysSensitive: CKA.ALWAYS_SENSITIVE,
  extractable: CKA.EXTRACTABLE,
  neverExtractable: CKA.NEVER_EXTRACTABLE,
  local: CKA.LOCAL,
  modifiable: CKA.MODIFIABLE,
  encrypt: CKA.ENCRYPT,
  decrypt: CKA.DECRYPT,
  wrap: CKA.WRAP,
  unwrap: CKA.UNWRAP,
  sign: CKA.SIGN,
  verify: CKA.VERIFY,
  derive: CKA.DERIVE,
  trusted: CKA.TRUSTED,
  wrapWithTrusted: CKA.WRAP_WITH_TRUSTED,
}

const FEW = 256
/** More than any HSM holds. */
const MANY = 65_536
const NOTHING = new Uint8Array(0)
/** What an HMAC key is recognised by. */
const CHECKED = new TextEncoder().encode('strongroom: check value of an HMAC key')
const OTHER_TYPES = [CKA.CLASS, CKA.KEY_TYPE, CKA.LABEL, CKA.ID, CKA.VALUE_LEN, CKA.MODULUS, CKA.PUBLIC_EXPONENT, CKA.CHECK_VALUE] as const

/** All handles of objects that have some classes, and a label and an id where they are given. */
export async function findObjects(
  core: TokenCore,
  classes: readonly number[],
  { label, id }: { readonly label?: string | undefined; readonly id?: Uint8Array | undefined },
  options: CallOptions,
): Promise<readonly bigint[]> {
  const found: bigint[] = []
  for (const value of classes) {
    const template: Template = [
      [CKA.CLASS, value],
      ...(label === undefined ? [] : [[CKA.LABEL, label] as const]),
      ...(id === undefined ? [] : [[CKA.ID, id] as const]),
    ]
    const some = await core.find(template, options, FEW)
    found.push(...(some.length < FEW ? some : await core.find(template, options, MANY)))
  }
  return found
}

/** Label of an object, without the blanks that some modules pad with. */
export async function readLabel(core: TokenCore, handle: bigint, options: CallOptions): Promise<string> {
  return labelOf(await core.read(handle, [CKA.LABEL], options))
}

/** Everything that an object tells of itself. */
export async function readKey(core: TokenCore, handle: bigint, options: CallOptions): Promise<KeyRecord> {
  const { generation } = core
  const values = await core.read(handle, [...OTHER_TYPES, ...Object.values(FLAG_TYPES)], options)
  const flags = new Map<FlagName, boolean>()
  for (const [name, type] of Object.entries(FLAG_TYPES) as [FlagName, number][]) {
    const value = values.get(type)?.[0]
    if (value !== undefined) flags.set(name, value === 1)
  }
  const [modulus, exponent] = [values.get(CKA.MODULUS), values.get(CKA.PUBLIC_EXPONENT)]
  const key = {
    handle,
    generation,
    objectClass: ulongOf(values.get(CKA.CLASS) ?? NOTHING),
    keyType: ulongOf(values.get(CKA.KEY_TYPE) ?? NOTHING),
    label: labelOf(values),
    id: values.get(CKA.ID) ?? new Uint8Array(),
    bits: bitsOf(values),
    modulus,
    numbers: modulus === undefined || exponent === undefined ? undefined : { modulus, exponent },
    flags,
  }
  return { ...key, checkValue: await checkValueOf(core, key, values.get(CKA.CHECK_VALUE), options) }
}

function labelOf(values: ReadonlyMap<number, Uint8Array>): string {
  return Buffer.from(values.get(CKA.LABEL) ?? [])
    .toString('utf8')
    .trimEnd()
}

function bitsOf(values: ReadonlyMap<number, Uint8Array>): number | undefined {
  const modulus = values.get(CKA.MODULUS)
  if (modulus !== undefined) {
    const first = modulus.findIndex((byte) => byte !== 0)
    return first < 0 ? undefined : (modulus.length - first) * 8 - (Math.clz32(modulus[first] as number) - 24)
  }
  // SoftHSM2 says 0 of a key that was unwrapped.
  const bytes = values.get(CKA.VALUE_LEN)
  return bytes === undefined || ulongOf(bytes) === 0 ? undefined : ulongOf(bytes) * 8
}

/**
 * Three bytes that only this key makes. Of an AES key, where the module does not tell them, by their definition: the first bytes of a block of zeros,
 * encrypted. Only these leave this function: the whole block is what AES-GCM authenticates with. Of an HMAC key, whose definition needs its value, of
 * a text that nothing else signs.
 */
async function checkValueOf(
  core: TokenCore,
  { handle, objectClass, keyType, flags }: Omit<KeyRecord, 'checkValue'>,
  told: Uint8Array | undefined,
  options: CallOptions,
): Promise<Uint8Array | undefined> {
  if (objectClass !== CKO.SECRET_KEY) return told
  if (keyType === CKK.GENERIC_SECRET && flags.get('sign') === true) {
    return start(
      core,
      { operation: 'sign', mechanism: Mechanism.plain(CKM.SHA256_HMAC), key: handle, input: CHECKED, outputBytes: 32 },
      options,
    )
  }
  if (told !== undefined || keyType !== CKK.AES || flags.get('encrypt') !== true) return told
  const mechanism = Mechanism.plain(CKM.AES_ECB)
  return start(core, { operation: 'encrypt', mechanism, key: handle, input: new Uint8Array(16), outputBytes: 32 }, options)
}

async function start(core: TokenCore, request: CryptRequest, options: CallOptions): Promise<Uint8Array | undefined> {
  try {
    const output = await core.crypt(request, options)
    const first = output.slice(0, 3)
    output.fill(0)
    return first
  } catch (error) {
    // A module without the mechanism, or a key that is being destroyed: NSS then says that it has not the right.
    if (error instanceof HsmError && (error.reason === 'MODULE_REFUSED' || error.reason === 'KEY_UNFIT')) return undefined
    throw error
  }
}
