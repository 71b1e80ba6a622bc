/** Numbers of PKCS#11 2.40 and of the vendors whose modules are known here. The native binding's own constants would need the binding to be there. */

/** Attribute types. */
export const CKA = {
  CLASS: 0x0,
  TOKEN: 0x1,
  PRIVATE: 0x2,
  LABEL: 0x3,
  VALUE: 0x11,
  TRUSTED: 0x86,
  CHECK_VALUE: 0x90,
  KEY_TYPE: 0x100,
  ID: 0x102,
  SENSITIVE: 0x103,
  ENCRYPT: 0x104,
  DECRYPT: 0x105,
  WRAP: 0x106,
  UNWRAP: 0x107,
  SIGN: 0x108,
  VERIFY: 0x10a,
  DERIVE: 0x10c,
  MODULUS: 0x120,
  MODULUS_BITS: 0x121,
  PUBLIC_EXPONENT: 0x122,
  VALUE_LEN: 0x161,
  EXTRACTABLE: 0x162,
  LOCAL: 0x163,
  NEVER_EXTRACTABLE: 0x164,
  ALWAYS_SENSITIVE: 0x165,
  KEY_GEN_MECHANISM: 0x166,
  MODIFIABLE: 0x170,
  DESTROYABLE: 0x172,
  WRAP_WITH_TRUSTED: 0x210,
} as const

/** Object classes. */
export const CKO = { PUBLIC_KEY: 2, PRIVATE_KEY: 3, SECRET_KEY: 4 } as const

/** Key types. */
export const CKK = { RSA: 0x0, GENERIC_SECRET: 0x10, AES: 0x1f, SHA256_HMAC: 0x2b } as const

/** Mechanisms. */
export const CKM = {
  RSA_PKCS_KEY_PAIR_GEN: 0x0,
  RSA_PKCS_OAEP: 0x9,
  SHA_1: 0x220,
  SHA256: 0x250,
  SHA256_HMAC: 0x251,
  SHA384: 0x260,
  SHA512: 0x270,
  GENERIC_SECRET_KEY_GEN: 0x350,
  AES_KEY_GEN: 0x1080,
  AES_ECB: 0x1081,
  AES_GCM: 0x1087,
  AES_KEY_WRAP: 0x2109,
  AES_KEY_WRAP_PAD: 0x210a,
  AES_KEY_WRAP_KWP: 0x210b,
  CLOUDHSM_AES_GCM: 0x80001087,
  CLOUDHSM_AES_KEY_WRAP_NO_PAD: 0x80002109,
  CLOUDHSM_AES_KEY_WRAP_ZERO_PAD: 0x8000216f,
} as const

/** Mask generation functions. */
export const CKG = { MGF1_SHA1: 1, MGF1_SHA256: 2, MGF1_SHA384: 3, MGF1_SHA512: 4 } as const

/** Flags. */
export const CKF = {
  /** C_Initialize: the library may use the locks of the operating system. */
  OS_LOCKING_OK: 0x2,
  /** C_OpenSession. */
  RW_SESSION: 0x2,
  /** C_OpenSession: always. */
  SERIAL_SESSION: 0x4,
  /** Token: a user has to log in. */
  LOGIN_REQUIRED: 0x4,
  /** Token: its user has a PIN. */
  USER_PIN_INITIALIZED: 0x8,
} as const

/** The user that logs in: not the security officer. */
export const CKU_USER = 1
