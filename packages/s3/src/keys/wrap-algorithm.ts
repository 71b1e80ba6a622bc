import type { WrappingKey } from '@strongroom/core'

/** A way in which a data key is wrapped. Source: S3 Encryption Client specification, "Key Wrapping". */
export interface WrapAlgorithm {
  /** Its name in a V2 envelope. */
  readonly name: string
  /** Its code in a V3 envelope; undefined where V3 has none. */
  readonly code: '02' | '12' | '22' | undefined
  /** The kind of key that it takes. */
  readonly kind: WrappingKey['kind']
  /** Whether nothing binds the content algorithm to the data key: read where that is allowed, never written. */
  readonly legacy: boolean
}

function wrap(name: string, kind: WrapAlgorithm['kind'], code?: WrapAlgorithm['code']): WrapAlgorithm {
  return Object.freeze({ name, kind, code, legacy: code === undefined })
}

/** AES-GCM; the content algorithm is its additional data. */
export const aesGcm: WrapAlgorithm = wrap('AES/GCM', 'aead', '02')
/** KMS; the content algorithm is a pair of the encryption context. */
const kmsContext: WrapAlgorithm = wrap('kms+context', 'kms', '12')
/** RSA-OAEP with SHA-1; the content algorithm is wrapped together with the data key. */
export const rsaOaep: WrapAlgorithm = wrap('RSA-OAEP-SHA1', 'rsa', '22')
/** KMS with a context that says nothing of the content. What Amazon SES writes. */
const legacyKms: WrapAlgorithm = wrap('kms', 'kms')
/** AES Key Wrap, RFC 3394. */
export const legacyKeyWrap: WrapAlgorithm = wrap('AESWrap', 'aead')
/** AES-ECB. */
export const legacyEcb: WrapAlgorithm = wrap('AES', 'aead')
/** RSA PKCS#1 v1.5. */
export const legacyPkcs1: WrapAlgorithm = wrap('RSA', 'rsa')
/** RSA-OAEP with SHA-256, and SHA-1 in its masks. */
export const legacyOaep: WrapAlgorithm = wrap('RSA/ECB/OAEPWithSHA-256AndMGF1Padding', 'rsa')

const all = [aesGcm, kmsContext, rsaOaep, legacyKms, legacyKeyWrap, legacyEcb, legacyPkcs1, legacyOaep]
const byName: ReadonlyMap<string, WrapAlgorithm> = new Map(all.map((entry) => [entry.name, entry]))
const byCode: ReadonlyMap<string | undefined, WrapAlgorithm> = new Map(
  all.filter(({ code }) => code !== undefined).map((entry) => [entry.code, entry]),
)

/** What is readable is this list: a name that is not on it is nobody's. */
export function wrapByName(name: string): WrapAlgorithm | undefined {
  return byName.get(name)
}

/** The same for the codes of V3; those of its legacy siblings, which nobody writes, are not among them. */
export function wrapByCode(code: string): WrapAlgorithm | undefined {
  return byCode.get(code)
}

/** The wrap that a key of a kind writes. */
export function wrapOfKind(kind: WrappingKey['kind']): WrapAlgorithm {
  return kind === 'kms' ? kmsContext : kind === 'rsa' ? rsaOaep : aesGcm
}
