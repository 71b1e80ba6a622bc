/** What a key is made of. */
export type KmsKeySpec =
  | 'SYMMETRIC_DEFAULT'
  | 'RSA_2048'
  | 'RSA_3072'
  | 'RSA_4096'
  | 'ECC_NIST_P256'
  | 'ECC_NIST_P384'
  | 'ECC_NIST_P521'
  | 'HMAC_224'
  | 'HMAC_256'
  | 'HMAC_384'
  | 'HMAC_512'

/** What a key is for. AWS also signs with RSA and ECC keys, which is not served here. */
export type KeyUsage = 'ENCRYPT_DECRYPT' | 'KEY_AGREEMENT' | 'GENERATE_VERIFY_MAC'

/** What AWS documents about keys of a spec. */
export interface KeySpecFacts {
  readonly usage: KeyUsage
  /** What a caller may name as EncryptionAlgorithm, KeyAgreementAlgorithm or MacAlgorithm. */
  readonly algorithms: readonly string[]
  /** Bits of an RSA modulus. */
  readonly modulusLength?: number
  /** The curve, as node:crypto knows it. */
  readonly namedCurve?: string
  /** Bytes of the secret: for HMAC keys those of the hash. */
  readonly secretLength?: number
}

const oaep = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256']
const rsa = (modulusLength: number): KeySpecFacts => ({ usage: 'ENCRYPT_DECRYPT', algorithms: oaep, modulusLength })
const ecc = (namedCurve: string): KeySpecFacts => ({ usage: 'KEY_AGREEMENT', algorithms: ['ECDH'], namedCurve })
const hmac = (bits: number): KeySpecFacts => ({
  usage: 'GENERATE_VERIFY_MAC',
  algorithms: [`HMAC_SHA_${bits}`],
  secretLength: bits / 8,
})

const table: Readonly<Record<KmsKeySpec, KeySpecFacts>> = {
  SYMMETRIC_DEFAULT: { usage: 'ENCRYPT_DECRYPT', algorithms: ['SYMMETRIC_DEFAULT'], secretLength: 32 },
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: ecc('P-256'),
  ECC_NIST_P384: ecc('P-384'),
  ECC_NIST_P521: ecc('P-521'),
  HMAC_224: hmac(224),
  HMAC_256: hmac(256),
  HMAC_384: hmac(384),
  HMAC_512: hmac(512),
}

/** The specs that are served. */
export const keySpecs: readonly KmsKeySpec[] = Object.freeze(Object.keys(table) as KmsKeySpec[])

/** The facts of a spec. */
export function factsOf(spec: KmsKeySpec): KeySpecFacts {
  return table[spec]
}
