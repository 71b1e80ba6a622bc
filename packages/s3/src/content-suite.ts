/** A way in which the body of an object is encrypted. Source: S3 Encryption Client specification, "Algorithm Suites". */
export interface ContentSuite {
  /** The identifier as hex digits. */
  readonly id: '0070' | '0072' | '0073'
  /** What it is made of, for people. */
  readonly name: string
  /** The name by which it is bound to the wrapped data key, and stands in the envelope. */
  readonly algorithm: 'AES/CBC/PKCS5Padding' | 'AES/GCM/NoPadding' | '115'
  /** Whether an object opens under one data key only, whatever an attacker makes of it. */
  readonly commits: boolean
  /** Bytes of the IV that the envelope stores; none where it is constant. */
  readonly ivLength: 16 | 12 | 0
  /** Bytes that the body is longer than the plaintext; undefined where that depends on the plaintext. */
  readonly overhead: 16 | undefined
}

/** Not authenticated: read where that is allowed, never written. */
export const cbcSuite: ContentSuite = {
  id: '0070',
  name: 'AES-256-CBC',
  algorithm: 'AES/CBC/PKCS5Padding',
  commits: false,
  ivLength: 16,
  overhead: undefined,
}

/** What every client wrote from 2020 to 2025. */
export const gcmSuite: ContentSuite = {
  id: '0072',
  name: 'AES-256-GCM',
  algorithm: 'AES/GCM/NoPadding',
  commits: false,
  ivLength: 12,
  overhead: 16,
}

/** What is written unless something else is asked for. */
export const committingSuite: ContentSuite = {
  id: '0073',
  name: 'AES-256-GCM-HKDF-SHA512-COMMIT',
  algorithm: '115',
  commits: true,
  ivLength: 0,
  overhead: 16,
}
