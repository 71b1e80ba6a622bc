import { CKA, CKK, CKO } from '../constants.ts'
import type { Template } from '../native/template.ts'

/** What a key is for. The last two move other keys between HSMs, and nothing else. */
export type HsmKeyKind = 'aes' | 'rsa' | 'hmac' | 'aes-wrapping' | 'rsa-wrapping'

/** All of them. */
export const keyKinds: readonly HsmKeyKind[] = ['aes', 'rsa', 'hmac', 'aes-wrapping', 'rsa-wrapping']

/** What a new key is to be. */
export interface KeySpec {
  readonly kind: HsmKeyKind
  readonly label: string
  readonly id: Uint8Array
  readonly bits: number
  /** May leave the HSM, wrapped by a trusted key. */
  readonly exportable: boolean
}

/** Attributes that allow something; every one is written into a template, since modules have other defaults for what is left out. */
export type Usage = 'encrypt' | 'decrypt' | 'wrap' | 'unwrap' | 'sign' | 'verify' | 'derive'

const USAGE_TYPES: Readonly<Record<Usage, number>> = {
  encrypt: CKA.ENCRYPT,
  decrypt: CKA.DECRYPT,
  wrap: CKA.WRAP,
  unwrap: CKA.UNWRAP,
  sign: CKA.SIGN,
  verify: CKA.VERIFY,
  derive: CKA.DERIVE,
}
const USAGES: Readonly<Record<HsmKeyKind, { readonly secret: readonly Usage[]; readonly public: readonly Usage[] }>> = {
  aes: { secret: ['encrypt', 'decrypt'], public: [] },
  hmac: { secret: ['sign', 'verify'], public: [] },
  rsa: { secret: ['decrypt'], public: ['encrypt'] },
  'aes-wrapping': { secret: ['wrap', 'unwrap'], public: [] },
  'rsa-wrapping': { secret: ['unwrap'], public: ['wrap'] },
}

/** What the secret or private part of a kind may do. */
export function usagesOf(kind: HsmKeyKind): readonly Usage[] {
  return USAGES[kind].secret
}

/** Whether a kind is a pair. */
export function isPair(kind: HsmKeyKind): boolean {
  return kind === 'rsa' || kind === 'rsa-wrapping'
}

/** A secret key: to generate it, or, without its length, to unwrap one. */
export function secretTemplate({ kind, label, id, bits, exportable }: KeySpec, withLength: boolean): Template {
  return [
    [CKA.CLASS, CKO.SECRET_KEY],
    [CKA.KEY_TYPE, kind === 'hmac' ? CKK.GENERIC_SECRET : CKK.AES],
    ...(withLength ? [[CKA.VALUE_LEN, bits / 8] as const] : []),
    ...named(label, id),
    ...kept(exportable),
    ...usages(['encrypt', 'decrypt', 'wrap', 'unwrap', 'sign', 'verify', 'derive'], USAGES[kind].secret),
    ...fixed(kind),
  ]
}

/** An AES key that lasts as long as its session. */
export function temporaryTemplate(granted: readonly Usage[]): Template {
  return [
    [CKA.CLASS, CKO.SECRET_KEY],
    [CKA.KEY_TYPE, CKK.AES],
    [CKA.VALUE_LEN, 32],
    [CKA.LABEL, 'strongroom temporary'],
    [CKA.TOKEN, false],
    [CKA.PRIVATE, true],
    [CKA.SENSITIVE, true],
    [CKA.EXTRACTABLE, false],
    ...usages(['encrypt', 'decrypt', 'wrap', 'unwrap', 'sign', 'verify', 'derive'], granted),
  ]
}

/** A private key. */
export function privateTemplate({ kind, label, id, exportable }: KeySpec): Template {
  return [
    [CKA.CLASS, CKO.PRIVATE_KEY],
    [CKA.KEY_TYPE, CKK.RSA],
    ...named(label, id),
    ...kept(exportable),
    ...usages(['decrypt', 'unwrap', 'sign', 'derive'], USAGES[kind].secret),
    ...fixed(kind),
  ]
}

/** The public half of a new pair. */
export function publicTemplate({ kind, label, id, bits }: KeySpec): Template {
  return [
    [CKA.CLASS, CKO.PUBLIC_KEY],
    [CKA.KEY_TYPE, CKK.RSA],
    [CKA.MODULUS_BITS, bits],
    [CKA.PUBLIC_EXPONENT, Uint8Array.of(1, 0, 1)],
    ...named(label, id),
    [CKA.TOKEN, true],
    ...usages(['encrypt', 'wrap', 'verify'], USAGES[kind].public),
  ]
}

/** A public key from elsewhere. */
export function foreignPublicTemplate(
  label: string,
  id: Uint8Array,
  { modulus, exponent }: PublicNumbers,
  granted: readonly Usage[],
): Template {
  return [
    [CKA.CLASS, CKO.PUBLIC_KEY],
    [CKA.KEY_TYPE, CKK.RSA],
    [CKA.MODULUS, modulus],
    [CKA.PUBLIC_EXPONENT, exponent],
    ...named(label, id),
    [CKA.TOKEN, true],
    ...usages(['encrypt', 'wrap', 'verify'], granted),
  ]
}

/** Numbers of an RSA public key, big-endian. */
export interface PublicNumbers {
  readonly modulus: Uint8Array
  readonly exponent: Uint8Array
}

function named(label: string, id: Uint8Array): Template {
  return [
    [CKA.LABEL, label],
    [CKA.ID, id],
  ]
}

function kept(exportable: boolean): Template {
  return [
    [CKA.TOKEN, true],
    [CKA.PRIVATE, true],
    [CKA.SENSITIVE, true],
    [CKA.EXTRACTABLE, exportable],
    ...(exportable ? [[CKA.WRAP_WITH_TRUSTED, true] as const] : []),
  ]
}

/**
 * Nobody with the PIN may give it another use. A wrapping key stays open for the security officer to mark it trusted. It comes last: SoftHSM2 sets no
 * attribute of an unwrapped key after it.
 */
function fixed(kind: HsmKeyKind): Template {
  return kind === 'aes-wrapping' ? [] : [[CKA.MODIFIABLE, false]]
}

function usages(all: readonly Usage[], granted: readonly Usage[]): Template {
  return all.map((usage) => [USAGE_TYPES[usage], granted.includes(usage)])
}
